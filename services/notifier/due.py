"""Due rows, claimed by compare-and-set with a lease, so that any number of replicas share the work.

A lease saves work and guards nothing: what keeps a mail single is the move to `sending`, made by one alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pymongo import ASCENDING, UpdateOne

from shared.clock import Clock
from shared.states import State
from shared.store.cases import Cases, Move
from shared.store.client import Document

_TOKEN_BYTES = 12


@dataclass(frozen=True, slots=True)
class PutOff:
    """A claimed row that is not sent now: when to look again, after how many tries, and why."""

    case: Document
    due_at: datetime
    attempts: int
    why: str


class Due:
    """The rows whose time has come."""

    def __init__(self, cases: Cases, clock: Clock, *, lease_s: float, limit: int) -> None:
        self._cases = cases
        self._clock = clock
        self._lease = timedelta(seconds=lease_s)
        self._limit = limit

    async def claim(self) -> list[Document]:
        """Cases that are this caller's until their lease ends, the longest due first; empty where none are.

        They are read once claimed: what is read of people afterwards is never older than their `rev`.
        """
        collection = self._cases.collection
        while True:
            now = self._clock.now()
            free = {"state": State.SCHEDULED.value, "send.due_at": {"$lte": now}, **_lease_over(now)}
            found = collection.find(free, {"_id": 1}).sort("send.due_at", ASCENDING).limit(self._limit)
            ids = [case["_id"] async for case in found]
            if not ids:
                return []
            token = self._clock.token(_TOKEN_BYTES)
            lease = {"send.lease_until": now + self._lease, "send.lease_by": token}
            claimed = await collection.update_many({"_id": {"$in": ids}, **free}, {"$set": lease})
            if claimed.modified_count:
                mine = {"_id": {"$in": ids}, "state": State.SCHEDULED.value, "send.lease_by": token}
                return [case async for case in collection.find(mine).sort("send.due_at", ASCENDING)]
            # another replica was faster with every one of them: there may be more

    async def count(self) -> int:
        """How many rows are due, claimed or not."""
        due = {"state": State.SCHEDULED.value, "send.due_at": {"$lte": self._clock.now()}}
        return await self._cases.collection.count_documents(due)

    async def put_off(self, rows: Sequence[PutOff]) -> None:
        """Frees rows for a later time. A row that is no longer the caller's is left as it is."""
        updates = [
            UpdateOne(
                _mine(row.case),
                {
                    "$set": {
                        "send.due_at": row.due_at,
                        "send.attempts": row.attempts,
                        "send.last": row.why,
                        "send.lease_until": None,
                        "send.lease_by": None,
                    }
                },
            )
            for row in rows
        ]
        if updates:
            await self._cases.collection.bulk_write(updates, ordered=False)

    async def free(self, cases: Sequence[Document]) -> None:
        """Gives rows back untouched, to be claimed again at once."""
        updates = [
            UpdateOne(_mine(case), {"$set": {"send.lease_until": None, "send.lease_by": None}})
            for case in cases
        ]
        if updates:
            await self._cases.collection.bulk_write(updates, ordered=False)

    async def abandoned(self) -> set[str]:
        """Sends that somebody began and never recorded become `uncertain`, and are not repeated."""
        now = self._clock.now()
        query = {"state": State.SENDING.value, **_lease_over(now)}
        left = [case async for case in self._cases.collection.find(query).limit(self._limit)]
        why = "the send began, and nobody recorded what became of it"
        moves = [
            Move(case, State.UNCERTAIN, now, by="notifier", why=why, set={"announce": True}) for case in left
        ]
        return await self._cases.move(moves)


def _lease_over(now: datetime) -> Document:
    return {"$or": [{"send.lease_until": None}, {"send.lease_until": {"$lte": now}}]}


def _mine(case: Document) -> Document:
    return {"_id": case["_id"], "state": State.SCHEDULED.value, "send.lease_by": case["send"]["lease_by"]}
