"""Which events are new, which are repeats, and which say otherwise under an id that was used before."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from shared.events import Event
from shared.store.client import Collection, Database, Document, insert_missing


class Inbox:
    """The events collection: one document for each event that was ever taken in. All methods work on sets."""

    def __init__(self, database: Database) -> None:
        self.collection: Collection = database["events"]
        self._conflicts: Collection = database["conflicts"]

    async def known(self, ids: Iterable[str]) -> dict[str, str | None]:
        """The digests of the events of these ids that were taken in before."""
        found = self.collection.find({"_id": {"$in": list(ids)}}, {"digest": 1})
        return {document["_id"]: document["digest"] async for document in found}

    async def take_in(self, documents: Sequence[Document]) -> Mapping[str, str | None]:
        """Stores what is not there yet; returns the digest that is stored now for each id, which may be
        another's.
        """
        if await insert_missing(self.collection, documents):
            return {document["_id"]: document["digest"] for document in documents}
        return await self.known(document["_id"] for document in documents)

    async def conflict(self, conflicts: Sequence[tuple[Event, str | None]], now: datetime) -> None:
        """Records events (each with the digest that was first) that say otherwise under an id used before."""
        documents = [
            {
                "_id": f"{event.id}:{event.digest}",
                "event_id": event.id,
                "tenant": event.tenant,
                "source": event.source,
                "type": event.type,
                "first_digest": first,
                "digest": event.digest,
                "at": now,
            }
            for event, first in conflicts
        ]
        await insert_missing(self._conflicts, documents)
