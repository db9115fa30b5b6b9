"""`afterword source watch`, `raw`, `replay` and `health`, over a door and a worker."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import timedelta
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from services.intake.cli import app
from services.intake.deliveries.watch import line, watched
from shared import topology
from shared.clock import FixedClock, SystemClock
from shared.errors import AfterwordError, NotFound
from tests.integration.intake.stage import BUS_KEY, READ_AGAIN, SOURCE_KEYS, Platform, Stage, decline, until
from tests.integration.intake.test_kinds import REJECTED, send
from tests.integration.intake.working import VAULT_KEYS, kept, open_worker

FACTS = topology.POLICY_FACTS.name


@pytest.fixture
def clock() -> FixedClock:
    """The true time, held: the database itself ends what is older than it is kept."""
    return FixedClock(SystemClock().now())


@pytest.fixture(autouse=True)
async def worker(
    amqp_url: str, mongo_url: str, clock: FixedClock, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[None]:
    """A worker beside the door, and what the commands read."""
    given = {
        "AMQP_URL": amqp_url,
        "MONGO_URL": mongo_url,
        "BUS_KEY": BUS_KEY,
        "VAULT_KEYS": VAULT_KEYS,
        "SOURCE_KEYS": SOURCE_KEYS,
    }
    for name, value in given.items():
        monkeypatch.setenv(f"AFTERWORD_{name}", value)
    async with open_worker(amqp_url, mongo_url, clock):
        yield


@pytest.fixture
async def platform(stage: Stage) -> Platform:
    """A platform that may send."""
    return await stage.platform()


async def call(*arguments: str) -> Result:
    """The command as it is typed."""
    return await asyncio.to_thread(CliRunner().invoke, app, ["source", *arguments])


async def lines(*arguments: str) -> list[Any]:
    """What the command prints, as JSON a line."""
    result = await call(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return [json.loads(one) for one in result.stdout.splitlines()]


async def test_the_last_ones_come_first_and_then_each_new_one(stage: Stage, platform: Platform) -> None:
    """What each was read as, or why it was refused; nothing of the person."""
    for n in range(3):
        stage.clock.advance(timedelta(milliseconds=1))
        await platform.send(decline(f"d{n}"))
    stored = await kept(stage, 3)
    async with aclosing(watched(stage.database["deliveries"], "ats", 2)) as seen:
        first = [await anext(seen), await anext(seen)]
        assert [one["_id"] for one in first] == [one["_id"] for one in stored[1:]]
        assert line(first[0]).endswith(f"decline.received {first[0]['events'][0]['id']} who=candidate")
        other = await stage.platform("other")
        await other.send(decline("d1"))
        stage.clock.advance(timedelta(milliseconds=1))
        await platform.send(decline(""))
        new = await anext(seen)
    assert (new["source"], new["problem"]) == ("ats", "invalid")
    assert "  refused   dlv_" in line(new)
    assert line(new).endswith("invalid; /id: 1 to 200 characters are expected, without space around them")
    assert not {"sealed", "keys", "data_key"} & {name for one in (*first, new) for name in one}


async def test_watching_ends_with_ctrl_c(stage: Stage, platform: Platform) -> None:
    """In order, and without a traceback."""
    await platform.send(decline("d1"))
    await kept(stage, 1)
    watching = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.console.main", "source", "watch", "ats", "--json"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert watching.stdout is not None
    shown = json.loads(await watching.stdout.readline())
    watching.send_signal(signal.SIGINT)
    _, said = await watching.communicate()
    assert (watching.returncode, said) == (0, b"")
    assert (shown["source"], shown["outcome"]) == ("ats", "accepted")


async def test_a_raw_delivery_is_shown_to_whoever_says_why(stage: Stage, platform: Platform) -> None:
    """It is written down before it is shown."""
    await platform.send(decline("d1"))
    (stored,) = await kept(stage, 1)
    result = await call("raw", stored["_id"], "--by", "Robin", "--reason", "a wrong reading", "--json")
    assert json.loads(json.loads(result.stdout)["body"]) == decline("d1")
    (entry,) = await stage.database["audit"].find().to_list(None)
    assert (entry["what"], entry["of"]) == ("source raw", stored["_id"])
    assert (entry["by"], entry["why"]) == ("Robin", "a wrong reading")
    for refused in (
        ("dlv_none", "--by", "x", "--reason", "y"),
        (stored["_id"], "--by", "x", "--reason", " "),
    ):
        error = (await call("raw", *refused)).exception
        assert isinstance(error, AfterwordError)
    assert await stage.database["audit"].count_documents({}) == 1


async def test_a_replay_publishes_the_same_events_by_todays_mapping(stage: Stage) -> None:
    """What was ignored may be an event today; the ids are the same, and a refusal stays one."""
    await stage.source("gh", "greenhouse", reasons={"Withdrew": "ignore"})
    await send(stage, "gh", REJECTED)
    await send(stage, "gh", REJECTED, secret="another")
    stored = {one["outcome"]: one for one in await kept(stage, 2)}
    assert set(stored) == {"ignored", "refused"}
    await stage.database["sources"].update_one({"_id": "gh"}, {"$set": {"config": {}}})
    since = ("replay", "gh", "--since", "2026-01-01T00:00:00Z")
    *tried, counts = await lines(*since, "--dry-run")
    assert counts == {"deliveries": 2, "events": 1, "ignored": 0, "skipped": 1, "published": False}
    assert {one["id"]: one["skipped"] for one in tried} == {
        stored["ignored"]["_id"]: None,
        stored["refused"]["_id"]: "it was refused: wrong-signature",
    }
    assert not await stage.messages(FACTS)
    *_, counts = await lines(*since)
    assert (counts["events"], counts["published"]) == (1, True)
    (replayed,) = await stage.events(FACTS)
    stage.clock.advance(READ_AGAIN)
    answer = await send(stage, "gh", REJECTED)
    (sent,) = await stage.events(FACTS)
    assert answer.json()["accepted"][0]["event_id"] == replayed.id
    assert (replayed.id, replayed.digest, replayed.data) == (sent.id, sent.digest, sent.data)
    assert replayed.receivedat == stored["ignored"]["at"]


async def test_a_replayed_decline_is_looked_up_as_one_that_comes_now(stage: Stage) -> None:
    """Else it would be judged without what only the platform can tell."""
    await stage.source("gh", "greenhouse", reasons={"Withdrew": "ignore"})
    await send(stage, "gh", REJECTED)
    await kept(stage, 1)
    able = {"config": {}, "credentials": b"of another key ring"}
    await stage.database["sources"].update_one({"_id": "gh"}, {"$set": able})
    await call("replay", "gh", "--since", "2026-01-01T00:00:00Z")
    facts = await stage.events(FACTS)
    assert [one.lookup for one in facts if one.kind == "decline.received"] == [True]


async def test_one_delivery_is_replayed_alone(stage: Stage, platform: Platform) -> None:
    """By its id; a question that says neither which nor since when is refused."""
    await platform.send([decline(f"d{n}") for n in range(3)])
    await platform.send(decline("d9"))
    stored = {len(one["events"]): one["_id"] for one in await kept(stage, 2)}
    first = await stage.events(FACTS)
    result = await call("replay", "ats", "--id", stored[3])
    assert result.stdout.splitlines()[-1] == (
        "1 deliveries: 3 events published, 0 ignored, 0 deliveries skipped"
    )
    again = await stage.events(FACTS)
    assert [event.id for event in again] == [event.id for event in first[:3]]
    assert isinstance((await call("replay", "ats")).exception, AfterwordError)
    nowhere = await call("replay", "ats", "--id", "dlv_nope")
    assert isinstance(nowhere.exception, NotFound)
    assert "there is no delivery 'dlv_nope' of ats" in str(nowhere.exception)


async def test_health_exits_with_1_where_a_source_fails(stage: Stage, platform: Platform) -> None:
    """By the counts that the worker made, of whole hours that are over."""
    hours = stage.database["delivery_hours"]
    await stage.platform("well")
    await asyncio.gather(*(platform.send(decline("")) for _ in range(8)))

    async def counted() -> bool:
        return await hours.count_documents({"source": "ats", "refused": 8}) == 1

    await until(counted)
    this_hour = SystemClock().now().replace(minute=0, second=0, microsecond=0)
    await hours.update_many({}, {"$set": {"hour": this_hour + timedelta(hours=1)}})
    assert await verdicts(0) == {"ats": ["few"], "well": ["few"]}
    await hours.update_many({}, {"$set": {"hour": this_hour - timedelta(hours=2)}})
    assert await verdicts(1) == {"ats": ["failing"], "well": ["few"]}


async def verdicts(exit_code: int) -> dict[str, list[str]]:
    """What is said of each source."""
    result = await call("health", "--json")
    assert result.exit_code == exit_code, result.output
    return {one["source"]: one["verdicts"] for one in json.loads(result.stdout)}
