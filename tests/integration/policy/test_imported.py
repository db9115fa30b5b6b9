"""Outreach from a file counts as outreach that was delivered, and holds up nothing that happens now."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from services.intake.envelope import Sender
from services.intake.importing.feed import Feed
from services.intake.importing.files import records
from services.intake.importing.journal import Journal
from shared import topology
from shared.events import Event
from shared.states import State
from tests.integration.policy.stage import TENANT, Stage, decline, eventually, grace, outreach

#: People of long ago: many times what policy works on as one set.
MANY = 3000


def past(path: Path, people: Sequence[str]) -> Path:
    """A file of one message to each of them."""
    header = "timestamp,direction,person.email,person.name,recruiter.email\n"
    rows = (
        f"2026-06-02T12:00:00Z,outreach,{who}@example.org,Grace Hopper,rey@acme.example\n" for who in people
    )
    path.write_text(header + "".join(rows))
    return path


async def take_in(stage: Stage, path: Path) -> None:
    """The file's messages, brought to the bus."""
    with Journal(path, "ats") as journal:
        feed = Feed(stage.bus, Sender("ats", "standard", TENANT), clock=stage.clock, tell=lambda *_: None)
        await feed.take_in(records(path), journal)


async def judged(stage: Stage, declined: Event) -> tuple[str, list[dict[str, Any]]]:
    """What became of a decline, and the findings."""
    case = await stage.becomes(declined, State.APPROVED, State.DENIED, State.HELD)
    return case["state"], (case.get("recheck") or case["decision"])["findings"]


def strangers() -> list[str]:
    """Enough of them to be busy with for a while."""
    return [f"stranger.{number}" for number in range(MANY)]


async def recorded(stage: Stage) -> int:
    """Events that policy has taken in."""
    return await stage.database["events"].count_documents({})


async def test_imported_outreach_counts_as_delivered_outreach_does(stage: Stage, tmp_path: Path) -> None:
    """The same verdict and findings; without either the decline would not be believed."""
    declines = [decline(grace(who), f"decline of {who}") for who in ("imported", "delivered")]
    async with stage.policy():
        await take_in(stage, past(tmp_path / "past.csv", ["imported"]))
        await stage.publish(outreach(grace("delivered"), "outreach of delivered"))
        await stage.publish(*declines)
        imported, delivered = [await judged(stage, declined) for declined in declines]
    assert imported == delivered == (State.APPROVED, [])


async def test_what_happens_now_does_not_wait_behind_an_import(stage: Stage, tmp_path: Path) -> None:
    """A decline is decided while most of the history that came before it is still to be read."""
    declined = decline(grace())
    await take_in(stage, past(tmp_path / "past.csv", strangers()))
    await stage.bus.publish([outreach(grace()), declined])
    async with stage.policy():
        await stage.becomes(declined, State.APPROVED)
        assert await recorded(stage) < MANY / 2


async def test_a_decline_waits_for_what_an_import_may_still_bring(stage: Stage, tmp_path: Path) -> None:
    """Its outreach is the last that is read, long after its grace; by then it is not denied, but approved."""
    declined = decline(grace("last"))
    async with stage.policy():
        await stage.publish(declined)
        await stage.next(topology.wait_exchange(120).name)
    await take_in(stage, past(tmp_path / "past.csv", [*strangers(), "last"]))
    await stage.bus.publish([declined])
    stage.clock.advance(timedelta(minutes=10))
    async with stage.policy():
        await stage.next(topology.wait_exchange(30).name)
        assert await recorded(stage) < MANY / 2
        assert await judged(stage, declined) == (State.APPROVED, [])
        await eventually(lambda: _all(stage), "the rest is read")


async def _all(stage: Stage) -> bool:
    return await recorded(stage) == MANY + 2
