"""`afterword import interactions` on real servers: confirmed, resumed, repeated, held up by a full queue."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel
from typer.testing import CliRunner, Result

from deploy.local.process import Process
from deploy.local.servers import Servers
from services.intake.cli import app
from services.intake.importing.feed import WINDOW
from services.intake.registry import Sources
from shared import topology
from shared.batch import MAX_EVENTS, decode
from shared.clock import FixedClock
from shared.errors import Conflict, NotFound
from shared.events import Event, event_id
from shared.store.client import Database
from tests.integration.intake.stage import BUS_KEY, KEYRING, RATE, SEALER, until

HISTORY = topology.POLICY_HISTORY.name


@pytest.fixture(autouse=True)
async def source(
    database: Database, clock: FixedClock, amqp_url: str, mongo_url: str, monkeypatch: pytest.MonkeyPatch
) -> Sources:
    """A source, and what the command reads."""
    monkeypatch.setenv("AFTERWORD_AMQP_URL", amqp_url)
    monkeypatch.setenv("AFTERWORD_MONGO_URL", mongo_url)
    monkeypatch.setenv("AFTERWORD_BUS_KEY", BUS_KEY)
    sources = Sources(database, clock)
    await sources.add("ats", "acme", "standard", RATE, KEYRING)
    return sources


@pytest.fixture
async def channel(amqp_url: str) -> AsyncIterator[AbstractChannel]:
    """To look at the queue."""
    async with await aio_pika.connect(amqp_url) as connection:
        yield await connection.channel()


def past(path: Path, count: int, *, bad_every: int = 0) -> Path:
    """A file of so many messages."""
    with path.open("w") as file:
        for number in range(count):
            email = "nobody" if bad_every and number % bad_every == 0 else f"ada.{number}@example.org"
            line = {
                "id": f"m-{number}",
                "timestamp": "2026-01-30T09:00:00Z",
                "direction": "outreach",
                "person": {"email": email},
            }
            file.write(json.dumps(line) + "\n")
    return path


async def call(path: Path, source: str = "ats") -> Result:
    """The command as it is typed."""
    arguments = ["import", "interactions", str(path), "--source", source]
    return await asyncio.to_thread(CliRunner().invoke, app, arguments)


async def taken(channel: AbstractChannel) -> list[Event]:
    """The events that lie in the queue; taken out of it."""
    found: list[Event] = []
    queue = await channel.get_queue(HISTORY, ensure=False)
    while message := await queue.get(no_ack=True, fail=False):
        found += [event for event in decode(message.body, SEALER) if isinstance(event, Event)]
    return found


async def test_what_is_right_is_published_and_what_is_wrong_reported(
    tmp_path: Path, channel: AbstractChannel
) -> None:
    """Under the ids that a webhook would give; the report holds no address, and the exit says that it is."""
    path = past(tmp_path / "past.jsonl", 1200, bad_every=100)
    result = await call(path)
    assert result.exit_code == 1
    assert result.stdout.strip() == "1188 taken in, 12 refused"
    events = await taken(channel)
    good = [number for number in range(1200) if number % 100]
    assert [event.id for event in events] == [event_id("acme", "ats", f"m-{number}") for number in good]
    report = [json.loads(line) for line in (tmp_path / "past.jsonl.refused.jsonl").read_text().splitlines()]
    assert [line["line"] for line in report] == [number + 1 for number in range(0, 1200, 100)]
    assert report[0]["errors"] == [{"field": "/person/email", "expected": "an e-mail address is expected"}]


async def test_a_second_run_publishes_nothing_and_a_fresh_one_the_same_events(
    tmp_path: Path, channel: AbstractChannel
) -> None:
    """Which are found to be done already by whoever reads them."""
    path = past(tmp_path / "past.jsonl", 600)
    assert (await call(path)).exit_code == 0
    first = await taken(channel)
    again = await call(path)
    assert (again.exit_code, again.stdout.strip()) == (0, "600 taken in, 0 refused")
    assert await taken(channel) == []
    (tmp_path / "past.jsonl.import.json").unlink()
    await call(path)
    repeated = await taken(channel)
    assert [(one.id, one.digest) for one in repeated] == [(one.id, one.digest) for one in first]


async def room_for(servers: Servers, vhost: str, messages: int) -> None:
    """So many messages and a few more are let into the queue."""
    policy = {"name": "room", "pattern": r"^afterword\.policy\.history$", "apply-to": "queues", "priority": 9}
    limited = policy | {"definition": {"max-length": messages}}
    await asyncio.to_thread(servers.rabbitmq.set_policies, [limited], vhost)


@pytest.mark.timeout(300)
async def test_after_an_interrupt_it_goes_on_where_the_confirmed_part_ended(
    servers: Servers, vhost: str, tmp_path: Path, channel: AbstractChannel
) -> None:
    """Everything is there in the end, and what was confirmed before the interrupt is there only once."""
    path, state = past(tmp_path / "past.jsonl", 3 * WINDOW), tmp_path / "past.jsonl.import.json"
    await room_for(servers, vhost, WINDOW // MAX_EVENTS + 5)
    environment = {name: value for name, value in os.environ.items() if name.startswith("AFTERWORD_")}
    # whoever runs in the background of a shell has this signal ignored, and so have all that it starts
    listening = ["env", "--default-signal=INT"]
    command = [*listening, sys.executable, "-m", "services.console.main", "import", "interactions", str(path)]
    with Process([*command, "--source", "ats"], log=tmp_path / "log", env=environment) as process:
        await until(lambda: state.exists() or not process.running)
        os.kill(process.pid, signal.SIGINT)
        await until(lambda: not process.running)
    assert json.loads(state.read_text())["records"] == WINDOW
    await room_for(servers, vhost, 1000)
    assert (await call(path)).exit_code == 0
    ids = [event.id for event in await taken(channel)]
    expected = [event_id("acme", "ats", f"m-{number}") for number in range(3 * WINDOW)]
    assert set(ids) == set(expected)
    assert [ids.count(one) for one in expected[:WINDOW:100]] == [1] * (WINDOW // 100)


async def test_it_waits_while_the_queue_is_full(
    servers: Servers, vhost: str, tmp_path: Path, channel: AbstractChannel
) -> None:
    """And goes on once there is room; nothing is lost."""
    await room_for(servers, vhost, 12)
    path = past(tmp_path / "past.jsonl", WINDOW)
    running = asyncio.create_task(call(path))
    found: set[str] = set()

    async def all_there() -> bool:
        found.update(event.id for event in await taken(channel))
        return running.done()

    await until(all_there)
    found.update(event.id for event in await taken(channel))
    assert (await running).exit_code == 0
    assert found == {event_id("acme", "ats", f"m-{number}") for number in range(WINDOW)}


async def test_a_source_that_takes_nothing_takes_no_file(tmp_path: Path, source: Sources) -> None:
    """One that is not there, and one that is disabled."""
    path = past(tmp_path / "past.jsonl", 1)
    assert isinstance((await call(path, "nobody")).exception, NotFound)
    await source.enable("ats", enabled=False)
    assert isinstance((await call(path)).exception, Conflict)
