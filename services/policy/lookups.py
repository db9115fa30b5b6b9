"""What came of asking the platforms about a decline: by case, whichever came first, word or case."""

from collections.abc import Iterable, Sequence

from pymongo import UpdateOne

from services.policy.facts import Lookup
from shared import events
from shared.events import Event
from shared.store.client import Collection, Database, Document, upsert


class Lookups:
    """The lookups collection. All methods work on sets."""

    def __init__(self, database: Database) -> None:
        self.collection: Collection = database["lookups"]

    async def add(self, arrived: Sequence[Event]) -> dict[str, str]:
        """Keeps what ended. Returns the cases that were asked for, with the event behind each.

        What was found stays found, in whatever order a failure before it is told.
        """
        ended = {event.id: event.data for event in arrived if isinstance(event.data, events.LookupEnded)}
        updates = [
            UpdateOne(
                {"_id": data.case},
                {"$set" if data.found else "$setOnInsert": _stored(event, data)},
                upsert=True,
            )
            for event in arrived
            if (data := ended.get(event.id)) is not None
        ]
        if updates and await upsert(self.collection, updates) is None:
            # somebody was faster with one of them; it is there now, and an update finds it
            await self.collection.bulk_write(updates, ordered=False)
        return {data.case: event_id for event_id, data in ended.items()}

    async def of(self, cases: Iterable[str]) -> dict[str, Document]:
        """What came of the lookups for these cases, by case."""
        return {found["_id"]: found async for found in self.collection.find({"_id": {"$in": list(cases)}})}


def lookup_of(case: Document, ended: Document | None) -> Lookup | None:
    """Where the lookup for a case stands; None where nobody was asked."""
    if ended is not None and ended["tenant"] == case["tenant"]:
        return Lookup(state="found" if ended["found"] else "failed", why=ended["why"])
    return Lookup(state="pending") if case.get("lookup") else None


def _stored(event: Event, data: events.LookupEnded) -> Document:
    return {
        "tenant": event.tenant,
        "found": data.found,
        "why": data.why,
        "at": event.time,
        "event_id": event.id,
    }
