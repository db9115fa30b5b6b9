"""The collections of raw deliveries: the copies, who was forgotten meanwhile, and counts by the hour.

Two orders meet so that no copy outlives an erasure: whoever stores copies looks afterwards for erasures, and
whoever erases makes it known before it deletes. Of two that happen at once, one sees the other.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from pymongo import DeleteMany, UpdateOne

from shared.store.client import Collection, Database, Document, insert_new


class Deliveries:
    """Copies and erasures. All methods work on sets."""

    def __init__(self, database: Database) -> None:
        self.collection: Collection = database["deliveries"]
        self._erasures: Collection = database["delivery_erasures"]

    async def add(self, documents: Sequence[Document]) -> list[Document]:
        """Stores those that are not there yet and returns them; none stays whose person was forgotten."""
        new = await insert_new(self.collection, documents)
        keys = {key for document in documents for key in document["keys"]}
        if keys:
            await self._delete(await self._erasures.find({"keys": {"$in": list(keys)}}).to_list(None))
        return new

    async def forget(self, erasures: Sequence[Document]) -> None:
        """Deletes what came until each erasure and names its person, and whatever of it is stored later."""
        if not erasures:
            return
        known = [
            UpdateOne(
                {"_id": erasure["_id"]},
                {
                    "$addToSet": {"keys": {"$each": erasure["keys"]}},
                    "$max": {"at": erasure["at"], "expires_at": erasure["expires_at"]},
                },
                upsert=True,
            )
            for erasure in erasures
        ]
        await self._erasures.bulk_write(known, ordered=False)
        await self._delete(erasures)

    async def _delete(self, erasures: Iterable[Document]) -> None:
        deletes = [
            DeleteMany({"keys": {"$in": erasure["keys"]}, "at": {"$lte": erasure["at"]}})
            for erasure in erasures
        ]
        if deletes:
            await self.collection.bulk_write(deletes, ordered=False)


class Hours:
    """How many deliveries of each source came to which end, by the hour."""

    def __init__(self, database: Database) -> None:
        self._hours: Collection = database["delivery_hours"]

    async def count(self, deliveries: Iterable[Document]) -> None:
        """Counts these, each of which must be new: nothing here tells one from another."""
        counted = Counter(
            (one["source"], one["at"].replace(minute=0, second=0, microsecond=0), one["outcome"])
            for one in deliveries
        )
        if counted:
            await self._hours.bulk_write(
                [
                    UpdateOne(
                        {"_id": f"{source}|{hour:%Y-%m-%dT%H}"},
                        {"$setOnInsert": {"source": source, "hour": hour}, "$inc": {outcome: count}},
                        upsert=True,
                    )
                    for (source, hour, outcome), count in counted.items()
                ],
                ordered=False,
            )

    async def since(self, hour: datetime, span: timedelta) -> list[Document]:
        """The counts of this hour and those before it, as far as the span goes."""
        found = self._hours.find({"hour": {"$lte": hour, "$gt": hour - span}})
        return [document async for document in found]
