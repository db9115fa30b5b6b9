"""The servers themselves: fresh for each test, found by each way, and gone with their owner."""

import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import aio_pika
import pytest
from pymongo import MongoClient

from deploy.local.servers import Servers
from deploy.local.waiting import wait_until
from shared import topology

_COMMAND = [sys.executable, "-m", "deploy.local.servers"]


def _native(tmp_path: Path, **more: str) -> dict[str, str]:
    """An environment that leads to native servers, whose throw-away folders lie in `tmp_path`."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("AFTERWORD_")}
    return {**plain, "AFTERWORD_SERVERS": "native", "TMPDIR": str(tmp_path), **more}


def _exports(printed: str) -> dict[str, str]:
    return dict(re.findall(r"export (\w+)='?([^'\n]+)", printed))


def _start(tmp_path: Path) -> tuple[subprocess.Popen[str], dict[str, str]]:
    owner = subprocess.Popen(
        _COMMAND, env=_native(tmp_path), stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert owner.stdout is not None
    with owner.stdout:
        return owner, _exports("".join(owner.stdout.readline() for _ in range(3)))


def _python(code: str, env: dict[str, str]) -> list[str]:
    """The words that a Python program prints."""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True, timeout=50)
    return done.stdout.split()


def _processes(folder: Path) -> list[str]:
    """Command lines of living processes that mention a folder, or have it as their home."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            said = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:
            continue  # It ended meanwhile, or is not ours to look at.
        if f"{folder}/afterword-servers-".encode() in said:
            found.append(said[:80].replace(b"\0", b" ").decode(errors="replace"))
    return found


async def test_a_test_has_its_own_vhost_and_policies(servers: Servers, amqp_url: str, vhost: str) -> None:
    """A queue declared in the fresh vhost is the only one there, and the broker's policy applies to it."""
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        await channel.declare_queue(topology.DEAD_QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
    (queue,) = servers.rabbitmq.queues(vhost)
    assert queue["name"] == topology.DEAD_QUEUE

    def policy_applies() -> bool:
        return servers.rabbitmq.queues(vhost)[0].get("policy") == "afterword-dead"

    wait_until(policy_applies, timeout_s=10, what="the policy applies")


def test_a_test_has_its_own_database_on_a_replica_set(mongo_url: str) -> None:
    """The fresh database is empty, and writes with majority concern are taken."""
    with MongoClient[dict[str, object]](mongo_url) as client:
        database = client.get_default_database()
        assert database.list_collection_names() == []
        database["things"].insert_one({"_id": 1})
        assert client.admin.command("hello")["setName"]


def test_what_was_written_outlives_a_kill_of_the_database(own_servers: Servers, mongo_url: str) -> None:
    """After kill -9 and a start, an acknowledged document is there."""
    with MongoClient[dict[str, object]](mongo_url) as client:
        client.get_default_database()["things"].insert_one({"_id": 1})
        own_servers.mongodb.kill()
        assert not own_servers.mongodb.answers()
        own_servers.mongodb.start()
        assert client.get_default_database()["things"].count_documents({}) == 1


async def test_a_confirmed_message_outlives_a_kill_of_the_broker(own_servers: Servers, amqp_url: str) -> None:
    """After kill -9 and a start, a confirmed message is in its quorum queue, under the same address."""
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        await channel.declare_queue("kept", durable=True, arguments={"x-queue-type": "quorum"})
        message = aio_pika.Message(b"kept", delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
        await channel.default_exchange.publish(message, "kept")
        own_servers.rabbitmq.settle()
        own_servers.rabbitmq.kill()
    own_servers.rabbitmq.start()
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        queue = await channel.get_queue("kept")
        incoming = await queue.get(timeout=10)
        assert incoming is not None
        assert incoming.body == b"kept"
        await incoming.ack()


async def test_the_broker_can_cut_a_vhosts_connections(servers: Servers, amqp_url: str, vhost: str) -> None:
    """A client of the vhost loses its connection, as when an operator closes it."""
    connection = await aio_pika.connect(amqp_url)
    cut = asyncio.Event()
    connection.close_callbacks.add(lambda *_: cut.set())
    await asyncio.to_thread(
        wait_until,
        lambda: servers.rabbitmq.close_connections(vhost) > 0,
        timeout_s=10,
        what="the connection is listed",
    )
    await asyncio.wait_for(cut.wait(), 10)


@pytest.mark.timeout(120)
def test_two_checkouts_run_servers_side_by_side_and_a_killed_owner_leaves_nothing(tmp_path: Path) -> None:
    """Two owners get servers on different ports; kill -9 of one ends its servers and folder, and not the
    other's.
    """
    first_folder, second_folder = tmp_path / "first", tmp_path / "second"
    first_folder.mkdir()
    second_folder.mkdir()
    first, first_urls = _start(first_folder)
    second, second_urls = _start(second_folder)
    try:
        assert len(first_urls) == 3
        assert not set(first_urls.values()) & set(second_urls.values())
        first.kill()
        first.wait()
        wait_until(
            lambda: not _processes(first_folder), timeout_s=20, what="the killed owner's processes end"
        )
        wait_until(lambda: not list(first_folder.iterdir()), timeout_s=20, what="its folder is gone")
        with MongoClient[dict[str, object]](second_urls["AFTERWORD_TEST_MONGO_URL"]) as client:
            assert client.admin.command("ping")["ok"]
        second.send_signal(signal.SIGINT)
        assert second.wait(90) == 0
        assert not _processes(second_folder)
        assert not list(second_folder.iterdir())
    finally:
        first.kill()
        second.kill()
        first.wait()
        second.wait()


def test_servers_named_by_the_environment_are_used_and_left_alone(servers: Servers, tmp_path: Path) -> None:
    """With URLs set, those servers are used, nothing is started, and they still answer when their user has
    ended.
    """
    named = {
        "AFTERWORD_SERVERS": "environment",
        "AFTERWORD_TEST_AMQP_URL": servers.amqp_url,
        "AFTERWORD_TEST_MONGO_URL": servers.mongo_url,
    }
    code = (
        "from deploy.local.servers import servers\n"
        "with servers() as found: print(found.how, found.amqp_url, found.mongo_url, found.detach())"
    )
    assert _python(code, _native(tmp_path, **named)) == [
        "environment",
        servers.amqp_url,
        servers.mongo_url,
        "None",
    ]
    assert servers.rabbitmq.answers()
    assert servers.mongodb.answers()


def test_detached_servers_outlive_their_owner_and_end_on_a_signal(tmp_path: Path) -> None:
    """After `detach` the owner may end; SIGTERM to the process it names ends the servers and removes their
    folder.
    """
    code = (
        "from deploy.local.servers import servers\n"
        "with servers(('mongodb',)) as found: print(found.mongo_url, found.detach())"
    )
    url, keeper = _python(code, _native(tmp_path))
    try:
        with MongoClient[dict[str, object]](url) as client:
            assert client.admin.command("ping")["ok"]
    finally:
        os.kill(int(keeper), signal.SIGTERM)
    wait_until(lambda: not _processes(tmp_path), timeout_s=20, what="the detached servers end")
    wait_until(lambda: not list(tmp_path.iterdir()), timeout_s=20, what="their folder is gone")


def test_a_port_mapper_that_starts_slowly_is_waited_for(tmp_path: Path) -> None:
    """Or the node would start one itself, which outlives everything: seen where a machine had much to do."""
    slow, folder = tmp_path / "bin" / "epmd", tmp_path / "servers"
    slow.parent.mkdir()
    folder.mkdir()
    slow.write_text(f'#!/bin/sh\nsleep 5\nexec "{shutil.which("epmd")}" "$@"\n')
    slow.chmod(0o755)
    code = "from deploy.local.servers import servers\nwith servers(('rabbitmq',)) as found: print(found.how)"
    slowly = _native(folder, PATH=f"{slow.parent}{os.pathsep}{os.environ['PATH']}")
    assert _python(code, slowly) == ["native"]
    assert _processes(folder) == []
