"""What came of asking the platforms about a decline: by case, whichever came first, word or case."""

from collections.abc import Iterable, Sequence
from typing import Literal

from pymongo import UpdateOne

from services.policy.facts import Known, Lookup
from shared import events
from shared.events import Event
from shared.store.client import Collection, Database, Document, upsert


class Lookups:
    """The lookups collection. All methods work on sets."""

    def __init__(self, database: Database) -> None:
        self.collection: Collection = database["lookups"]

    async def add(self, arrived: Sequence[Event]) -> dict[str, str]:
        """Keeps what ended. Returns the cases that were asked for, with the event behind each.

        What was found stays found, in whatever order a failure before it is told; of what was found at
        different times the newest stands.
        """
        ended = {event.id: event.data for event in arrived if isinstance(event.data, events.LookupEnded)}
        told = [(event, data) for event in arrived if (data := ended.get(event.id)) is not None]
        updates = [_newer(event, data, upsert=True) for event, data in told]
        if updates and await upsert(self.collection, updates) is None:
            # what is there already cannot be made again, but what is older can be changed
            updates = [_newer(event, data, upsert=False) for event, data in told]
            await self.collection.bulk_write(updates, ordered=False)
        return {data.case: event_id for event_id, data in ended.items()}

    async def of(self, cases: Iterable[str]) -> dict[str, Document]:
        """What came of the lookups for these cases, by case."""
        return {found["_id"]: found async for found in self.collection.find({"_id": {"$in": list(cases)}})}


def lookup_of(case: Document, ended: Document | None) -> Lookup | None:
    """Where the lookup for a case stands; None where nobody was asked."""
    if ended is not None and ended["tenant"] == case["tenant"]:
        state: Literal["found", "failed"] = "found" if ended["found"] else "failed"
        return Lookup(state=state, why=ended["why"], known=known_of(case, ended))
    return Lookup(state="pending") if case.get("lookup") else None


def known_of(case: Document, ended: Document | None) -> Known | None:
    """A case's no as its platform knows it; None where what was sent stands."""
    if ended is None or ended["tenant"] != case["tenant"] or not ended.get("known"):
        return None
    return Known.model_validate(ended["known"])


def _newer(event: Event, data: events.LookupEnded, *, upsert: bool) -> UpdateOne:
    stored = {
        "tenant": event.tenant,
        "found": data.found,
        "why": data.why,
        "known": data.known.model_dump() if data.known else None,
        "at": event.time,
        "event_id": event.id,
    }
    if not data.found:
        return UpdateOne({"_id": data.case}, {"$setOnInsert": stored}, upsert=upsert)
    older = [{"found": False}, {"at": {"$lt": event.time}}]
    return UpdateOne({"_id": data.case, "$or": older}, {"$set": stored}, upsert=upsert)
