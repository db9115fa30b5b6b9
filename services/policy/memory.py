"""What happened to a person lately: one bounded document for each of their keys, so that reading it never
grows with time.

An event is written under every key that it names, and found again by any alias.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from pymongo import UpdateOne

from services.policy.context import HISTORY_LIMIT
from shared.store.client import Collection, Database, Document, upsert

#: Wishes are what the candidate set on the page, preferences what a source reports: in a part of its own a
#: wish is neither outdone nor pushed out by any number of reports. Merges say when two candidates were found
#: to be this one person.
Part = Literal["messages", "declines", "preferences", "wishes", "merges"]


class Memory:
    """The memory collection. All methods work on sets."""

    def __init__(self, database: Database) -> None:
        self.collection: Collection = database["memory"]

    async def remember(self, entries: Sequence[tuple[Part, Iterable[str], Document]]) -> None:
        """Adds entries (each with an ``id`` and ``at``) under their keys, the newest staying; a repeat
        changes nothing.
        """
        wanted = [(part, key, entry) for part, keys, entry in entries for key in keys]
        if not wanted:
            return
        made = await upsert(self.collection, [_remembering(*one, upsert=True) for one in wanted])
        if made is None:
            # an upsert that finds its entry there cannot make a second document; nor can one of another entry
            # whose document another replica made at the same moment, but now there is one to change
            await self.collection.bulk_write(
                [_remembering(*one, upsert=False) for one in wanted], ordered=False
            )

    async def recall(self, keys: Iterable[str]) -> Mapping[str, Document]:
        """The documents of these keys that exist, by key."""
        return {
            found["_id"]: found async for found in self.collection.find({"_id": {"$in": list(set(keys))}})
        }

    async def forget(self, keys: Iterable[str]) -> None:
        """Erases what is remembered under these keys."""
        await self.collection.delete_many({"_id": {"$in": list(keys)}})


def _remembering(part: Part, key: str, entry: Document, *, upsert: bool) -> UpdateOne:
    newest = {"$each": [entry], "$sort": {"at": 1}, "$slice": -HISTORY_LIMIT}
    absent = {"_id": key, f"{part}.id": {"$ne": entry["id"]}}
    return UpdateOne(absent, {"$push": {part: newest}}, upsert=upsert)
