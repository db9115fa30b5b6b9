"""Declines that were taken back, and follow-ups that a person stopped: by case, whichever came first, word
or case.
"""

from collections.abc import Iterable, Sequence

from shared.store.client import Collection, Database, Document, insert_missing


class Withdrawals:
    """The withdrawals collection. All methods work on sets."""

    def __init__(self, database: Database) -> None:
        self.collection: Collection = database["withdrawals"]

    async def add(self, documents: Sequence[Document]) -> None:
        """Adds ``{_id: case, at, event_id}``; the first word on a case stays."""
        await insert_missing(self.collection, documents)

    async def of(self, cases: Iterable[str]) -> dict[str, Document]:
        """The withdrawals of these cases, by case."""
        return {found["_id"]: found async for found in self.collection.find({"_id": {"$in": list(cases)}})}
