"""A decline after outreach from a file is judged as one after outreach that was delivered."""

from pathlib import Path
from typing import Any

from services.intake.envelope import Sender
from services.intake.importing.feed import Feed
from services.intake.importing.files import records
from services.intake.importing.journal import Journal
from shared.states import State
from tests.integration.policy.stage import TENANT, Stage, decline, grace, outreach

PAST = """timestamp,direction,person.email,person.name,recruiter.email
2026-06-02T12:00:00Z,outreach,imported@example.org,Grace Hopper,rey@acme.example
"""


async def judged(stage: Stage, who: str) -> tuple[str, list[dict[str, Any]]]:
    """What became of this person's decline, and the findings."""
    declined = decline(grace(who), f"decline of {who}")
    await stage.publish(declined)
    case = await stage.becomes(declined, State.APPROVED, State.DENIED, State.HELD)
    return case["state"], (case.get("recheck") or case["decision"])["findings"]


async def test_imported_outreach_counts_as_delivered_outreach_does(stage: Stage, tmp_path: Path) -> None:
    """The same verdict and findings; without either the decline would not be believed."""
    path = tmp_path / "past.csv"
    path.write_text(PAST)
    async with stage.policy():
        with Journal(path, "ats") as journal:
            feed = Feed(stage.bus, Sender("ats", "standard", TENANT), clock=stage.clock, tell=lambda *_: None)
            await feed.take_in(records(path), journal)
        await stage.publish(outreach(grace("delivered"), "outreach of delivered"))
        imported, delivered = await judged(stage, "imported"), await judged(stage, "delivered")
    assert imported == delivered == (State.APPROVED, [])
