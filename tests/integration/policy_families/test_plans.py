"""What is asked of the database is found by an index: no question goes through all that lies there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from bson.codec_options import CodecOptions, DatetimeConversion
from pymongo import IndexModel

from services.desk.keys import EVERY_TENANT, Caller
from services.desk.views import Filters, Views
from services.notifier.due import Due
from services.notifier.look import Look
from services.policy.facts import Review
from services.policy.mappings import Mappings, word_of
from shared import events
from shared.reasons import NamedReason, Reading
from shared.states import State
from shared.store.cases import Cases
from shared.store.client import Database, Document
from shared.store.indexes import INDEXES
from tests.integration.policy_families.conftest import OpenHouse
from tests.integration.policy_families.house import DAY, HOUR, House, person

LONG = "Thank you so much for thinking of me, but I have decided to stay where I am for the years to come."
PITCH = "We are looking for somebody who knows compilers and would love to work from anywhere at all."
#: A plan's bounds may be dates that no calendar has.
PLANS: CodecOptions[Document] = CodecOptions(datetime_conversion=DatetimeConversion.DATETIME_AUTO)
#: Room for all that is written down here: the profile drops its oldest lines otherwise.
PROFILE_BYTES = 64 * 1024 * 1024


@dataclass
class Plans:
    """How what was asked was found."""

    scans: set[str] = field(default_factory=set)
    told: set[str] = field(default_factory=set)

    def by(self, collection: str, index: IndexModel) -> bool:
        """Whether anything was found by this index."""
        keys = ", ".join(f"{name}: {order}" for name, order in index.document["key"].items())
        told = (f"{{ {keys} }}", f"'indexName': '{index.document['name']}'")
        lines = (line for line in self.told if line.startswith(f"{collection} "))
        return any(said in line for line in lines for said in told)


@asynccontextmanager
async def _watched(database: Database) -> AsyncIterator[Plans]:
    """Fills in how every operation meanwhile went about it."""
    plans = Plans()
    await database.create_collection("system.profile", capped=True, size=PROFILE_BYTES)
    await database.command("profile", 2)
    try:
        yield plans
    finally:
        await database.command("profile", 0)
    # the texts of all policies are few, and are read by the house's own verifying
    wanted = {"ns": {"$ne": f"{database.name}.policies"}}
    async for line in database["system.profile"].find(wanted, {"ns": 1, "planSummary": 1, "command": 1}):
        name, command = line["ns"].partition(".")[2], line.get("command", {})
        plan = line.get("planSummary", "")
        if "pipeline" in command:  # of the collections of an aggregation the line tells of the first alone
            asked = {part: command[part] for part in ("aggregate", "pipeline", "cursor")}
            plan = str(await database.command("explain", asked, codec_options=PLANS))
        plans.told.add(f"{name} {plan}")
        if "COLLSCAN" in plan:
            said = next(
                (command[part] for part in ("filter", "q", "query", "pipeline") if part in command), ""
            )
            plans.scans.add(f"{name} {said}")


async def _policy(house: House) -> None:
    unclear = Reading(told="unknown", reasons=(NamedReason(name="Timing"),))
    other = events.DeclineReceived(
        person=person("p9"), who="unknown", stage="outreach", text=LONG, reading=unclear
    )
    declines = [
        *(house.decline(f"p{number}", text=LONG) for number in range(9)),
        house.event(other, "decline p9", house.clock.now() - HOUR),
    ]
    await house.record(*(house.outreach(f"p{number}", text=PITCH) for number in range(10)))
    await house.decide(*declines)
    await house.record(*declines)
    await house.record(
        house.stop("p0", "complaint"),
        house.event(events.ErasureRequested(person=person("p1")), "erased"),
        house.event(events.DeclineWithdrawn(decline="decline p2"), "back"),
        house.event(events.OptOutReceived(person=person("p3"), scope="installation"), "never", source="desk"),
    )
    mapped = events.ReasonMapped(source="ats", reason="Timing", side="candidate", by="Rita")
    words = [word_of(house.event(mapped, "mapped"), mapped)]
    await Mappings(house.database).add(words)
    cases = await Mappings(house.database).waiting(words)
    assert len(cases) == 1
    await house.settle(list(cases))
    await Cases(house.database).moved_by({declines[0].id})
    house.clock.advance(5 * DAY)
    review = Review(by="key", decision="approve", reason="seen", at=house.clock.now())
    await house.settle(list(cases), replica=1, reviews=dict.fromkeys(cases, review))


async def _notifier(house: House) -> None:
    due = Due(Cases(house.database), house.clock, lease_s=60, limit=10)
    await due.claim()
    await due.count()
    await due.abandoned()
    await Look(house.database).at(await house.database["cases"].find({"_id": {"$gt": ""}}).to_list(10))
    await house.database["cases"].find({"announce": True}).to_list(10)


async def _desk(house: House) -> None:
    views, now = Views(house.database), house.clock.now()
    everybody, one = Caller("k", "reviewer", EVERY_TENANT), Caller("k", "reviewer", house.tenant)
    for caller in (everybody, one):
        await views.conflicts(caller, None, 10)
        for filters in (Filters(), Filters(state=State.HELD), Filters(since=now - timedelta(days=1))):
            await views.cases(caller, filters, None, 10)


async def test_no_question_goes_through_a_whole_collection(open_house: OpenHouse) -> None:
    """Policy with facts of every kind, the notifier's rounds, and the desk's lists.

    An index of a part of the documents serves whoever names that part, so of these each must have served.
    """
    house = open_house()
    async with _watched(house.database) as plans:
        await _policy(house)
        await _notifier(house)
        await _desk(house)
    assert plans.scans == set()
    partial = [
        (collection, index)
        for collection, indexes in INDEXES.items()
        for index in indexes
        if index.document.keys() & {"partialFilterExpression", "sparse"} and "unique" not in index.document
    ]
    assert [index.document["name"] for name, index in partial if not plans.by(name, index)] == []
