"""Cases: opened once, moved by compare-and-set on what they were, each move a line of the hash-chained
timeline.
"""

from collections.abc import Collection as Group
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bson import ObjectId
from pymongo import UpdateOne

from shared.states import OPEN, TERMINAL, Entry, State, entry
from shared.store.client import Collection, Database, Document, insert_missing


@dataclass(frozen=True, slots=True)
class Move:
    """A wish to move one case: from what was read (``case``) to another state.

    ``set`` are further fields to store in the same write. It fails, without harm, if the case moved
    meanwhile, or if a fact touched it (see ``Cases.touch``): only the end of a send that has begun is
    recorded whatever was learnt meanwhile.
    """

    case: Document
    to: State
    at: datetime
    by: str
    why: str
    event_id: str | None = None
    set: Mapping[str, Any] = field(default_factory=dict)
    #: The driver's own unique id, as it would give to a document: of two replicas that wish the very same at
    #: the same moment only one may believe that the move was its own.
    nonce: str = field(default_factory=lambda: str(ObjectId()))

    def line(self) -> Entry:
        """The line that the move adds to the timeline, always the same for this wish."""
        return entry(
            self.case["_id"],
            self.case["head"],
            self.at,
            State(self.case["state"]),
            self.to,
            by=self.by,
            why=self.why,
            event_id=self.event_id,
            nonce=self.nonce,
        )


def opened(case: str, at: datetime, *, by: str, event_id: str, fields: Mapping[str, Any]) -> Document:
    """The document of a new case, with the first line of its timeline."""
    first = entry(case, "", at, None, State.RECEIVED, by=by, why="decline received", event_id=event_id)
    return {
        "_id": case,
        **fields,
        "event_id": event_id,
        "state": State.RECEIVED.value,
        "rev": 0,
        "received_at": at,
        "head": first.hash,
        "timeline": [first.stored()],
    }


class Cases:
    """The cases collection. All methods work on sets."""

    def __init__(self, database: Database) -> None:
        self.collection: Collection = database["cases"]

    async def open(self, documents: Sequence[Document]) -> None:
        """Inserts the cases that are not there yet."""
        await insert_missing(self.collection, documents)

    async def by_ids(self, ids: Iterable[str]) -> dict[str, Document]:
        """The cases of these ids that exist."""
        wanted = list(set(ids))
        if not wanted:
            return {}
        return {case["_id"]: case async for case in self.collection.find({"_id": {"$in": wanted}})}

    async def moved_by(self, event_ids: Iterable[str]) -> list[Document]:
        """The cases in whose timeline one of these events stands."""
        wanted = list(event_ids)
        if not wanted:
            return []
        return [case async for case in self.collection.find({"timeline.event_id": {"$in": wanted}})]

    async def open_tenants(self) -> list[str]:
        """The tenants that have open cases."""
        tenants: list[str] = await self.collection.distinct(
            "tenant", {"state": {"$in": [state.value for state in OPEN]}}
        )
        return tenants

    async def touch(self, keys: Group[str], ids: Group[str] = ()) -> list[Document]:
        """Marks the open cases of the people behind these keys, and those of these ids; returns them.

        Whoever decides on what it read before this mark will fail its compare-and-set and look again. So a
        fact and a decision that race can never miss each other: the fact is written before the mark, the
        decision reads after it.
        """
        if not keys and not ids:
            return []
        query = {
            "$or": [{"keys": {"$in": list(keys)}}, {"_id": {"$in": list(ids)}}],
            "state": {"$in": [state.value for state in OPEN]},
        }
        await self.collection.update_many(query, {"$inc": {"rev": 1}})
        return [case async for case in self.collection.find(query)]

    async def seen(self, ids: Group[str], at: datetime) -> None:
        """Notes when these cases were first looked at; of what was noted before nothing changes."""
        if ids:
            query = {"_id": {"$in": list(ids)}, "seen_at": {"$exists": False}}
            await self.collection.update_many(query, {"$set": {"seen_at": at}})

    async def move(self, moves: Sequence[Move]) -> set[str]:
        """Makes the moves that can still be made; returns the ids of the cases that were moved by this
        call.
        """
        if not moves:
            return set()
        updates, heads = [], {}
        for move in moves:
            update, heads[move.case["_id"]] = _update(move)
            updates.append(update)
        result = await self.collection.bulk_write(updates, ordered=False)
        if result.matched_count == len(moves):
            return set(heads)
        made = {"_id": {"$in": list(heads)}, "timeline.hash": {"$in": list(heads.values())}}
        return {case["_id"] async for case in self.collection.find(made, {"_id": 1})}


def _update(move: Move) -> tuple[UpdateOne, str]:
    case, line = move.case, move.line()
    before = State(case["state"])
    expected: Document = {"_id": case["_id"], "state": before.value, "head": case["head"]}
    # once a send began, no new fact may keep its outcome from being recorded; but nothing goes back to be
    # sent again that policy has not seen since the fact
    if before is not State.SENDING or move.to not in TERMINAL:
        expected["rev"] = case["rev"]
    change = {
        "$set": {**move.set, "state": move.to.value, "head": line.hash},
        "$push": {"timeline": line.stored()},
    }
    return UpdateOne(expected, change), line.hash
