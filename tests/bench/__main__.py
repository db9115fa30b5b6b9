"""`make bench`: declines decided a second by one policy process, beside a plain FastStream consumer in the
same run.

Each round queues the declines first, starts the process, and counts from the first decision that is seen to
the last, so that start-up does not count. Quote the ratio: both ran on the same machine in the same minutes.
"""

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from secrets import token_hex
from typing import Any

import aio_pika
from pydantic import SecretStr
from pymongo import MongoClient

from deploy.local.process import Process, Service
from deploy.local.servers import Servers, servers
from services.console.secrets import write_secrets
from shared import bus
from shared.clock import SystemClock
from shared.events import DeclineReceived
from shared.migrate import migrate
from shared.store import client
from shared.store.client import Database
from shared.vault import Sealer
from tests.bench import peer, workload

HERE = Path(__file__).parent
TIMEOUT_S = 240


class Round:
    """One run on a vhost and a database of its own."""

    def __init__(self, found: Servers, count: int) -> None:
        name = f"bench-{token_hex(4)}"
        found.rabbitmq.add_vhost(name)
        self.count = count
        self.amqp_url, self.mongo_url = found.rabbitmq.url(name), found.mongodb.url(name)
        server: MongoClient[dict[str, Any]] = MongoClient(self.mongo_url)
        self._cases = server.get_default_database()["cases"]

    def decided(self) -> int:
        """Cases that are decided."""
        return self._cases.count_documents({"state": {"$nin": ["received"]}})

    def measure(self, process: Process) -> float:
        """Events a second, from the first decisions that are seen to the last."""
        with process:
            first = self._when(lambda done: done > 0, process)
            last = self._when(lambda done: done >= self.count, process)
        return (last[1] - first[1]) / (last[0] - first[0])

    def _when(self, enough: Callable[[int], bool], process: Process) -> tuple[float, int]:
        deadline = time.monotonic() + TIMEOUT_S
        while not enough(done := self.decided()):
            if time.monotonic() > deadline or not process.running:
                raise RuntimeError(
                    f"{done} of {self.count} decided; the log ends with:\n{process.log_tail()}"
                )
            time.sleep(0.01)
        return time.monotonic(), done


async def _queue_for_policy(one: Round, sealer: Sealer) -> None:
    clock = SystemClock()
    await migrate(SecretStr(one.mongo_url), SecretStr(one.amqp_url))
    broker = bus.connect(SecretStr(one.amqp_url), "bench", stop_timeout_s=5)
    await broker.start()
    try:
        await bus.Bus(broker, sealer=sealer, clock=clock, timeout_s=60).publish(
            workload.declines(one.count, clock.now())
        )
    finally:
        await broker.stop()


async def _outreach_first(one: Round, environment: dict[str, str], folder: Path, sealer: Sealer) -> None:
    """Outreach is on record before the declines are queued: it is not part of what is measured."""
    clock = SystemClock()
    await migrate(SecretStr(one.mongo_url), SecretStr(one.amqp_url))
    broker = bus.connect(SecretStr(one.amqp_url), "bench", stop_timeout_s=5)
    await broker.start()
    mongo, database = client.connect(SecretStr(one.mongo_url), app="bench")
    service = Service("policy", environment, logs=folder)
    try:
        await service.until_ready()
        await bus.Bus(broker, sealer=sealer, clock=clock, timeout_s=60).publish(
            workload.outreach(one.count, clock.now())
        )
        await _until_remembered(database, 2 * one.count)
    finally:
        service.terminate()
        await broker.stop()
        mongo.close()


async def _until_remembered(database: Database, documents: int) -> None:
    async with asyncio.timeout(TIMEOUT_S):
        while await database["memory"].estimated_document_count() < documents:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.05)


def afterword(found: Servers, count: int, folder: Path) -> float:
    """Declines decided a second by one policy process."""
    one = Round(found, count)
    write_secrets(folder / "secrets", SystemClock())
    names = ("bus_key", "vault_keys", "pepper", "signing_key")
    environment = {f"AFTERWORD_{name.upper()}_FILE": str(folder / "secrets" / name) for name in names}
    environment |= {
        "AFTERWORD_AMQP_URL": one.amqp_url,
        "AFTERWORD_MONGO_URL": one.mongo_url,
        "AFTERWORD_POLICY_FILE": str(HERE / "policy.yaml"),
        "AFTERWORD_LOG_LEVEL": "WARNING",
    }
    sealer = Sealer((folder / "secrets" / "bus_key").read_text().strip())
    asyncio.run(_outreach_first(one, environment, folder, sealer))
    asyncio.run(_queue_for_policy(one, sealer))
    return one.measure(Service("policy", environment, logs=folder))


async def _queue_for_peer(one: Round) -> None:
    async with await aio_pika.connect(one.amqp_url) as connection:
        channel = await connection.channel()
        for name in (peer.QUEUE, peer.OUT):
            await channel.declare_queue(name, durable=True)
        for event in workload.declines(one.count, SystemClock().now()):
            data = DeclineReceived.model_validate(event.data.model_dump())
            message = peer.Decline(id=event.id, case=event.subject or "", data=data)
            body = aio_pika.Message(
                message.model_dump_json().encode(),
                content_type="application/json",
                delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            )
            await channel.default_exchange.publish(body, routing_key=peer.QUEUE)


def plain(found: Servers, count: int, folder: Path) -> float:
    """Declines decided a second by the peer."""
    one = Round(found, count)
    asyncio.run(_queue_for_peer(one))
    environment = {**os.environ, "PEER_AMQP_URL": one.amqp_url, "PEER_MONGO_URL": one.mongo_url}
    argv = [sys.executable, "-m", "tests.bench.peer"]
    return one.measure(Process(argv, log=folder / "peer.log", env=environment))


def main() -> None:
    """Measure in pairs, the order turned each time, and print the medians and each pair's ratio."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--events", type=int, default=2000)
    parser.add_argument("--pairs", type=int, default=3)
    options = parser.parse_args()
    runners = {"afterword": afterword, "plain FastStream, prefetch 100": plain}
    rates: dict[str, list[float]] = {name: [] for name in runners}
    with servers(say=print) as found, tempfile.TemporaryDirectory() as folder:
        for number in range(options.pairs):
            order = list(runners) if number % 2 == 0 else list(reversed(runners))
            for name in order:
                rate = runners[name](found, options.events, Path(folder) / f"{number}")
                rates[name].append(rate)
                print(f"pair {number + 1}: {name}: {rate:.0f} declines/s", flush=True)
    for name, measured in rates.items():
        low, high = min(measured), max(measured)
        print(f"{name}: median {statistics.median(measured):.0f} declines/s [{low:.0f}..{high:.0f}]")
    ratios = [ours / theirs for ours, theirs in zip(*rates.values(), strict=True)]
    print("ratio, pair by pair: " + ", ".join(f"{ratio:.1f}" for ratio in ratios))


if __name__ == "__main__":
    main()
