"""Held cases that nobody reviewed in time expire. Any number of replicas may sweep: the compare-and-set lets
one win.
"""

from services.policy.announce import announcements
from shared.bus import Bus
from shared.clock import Clock
from shared.states import State
from shared.store.cases import Cases, Move
from shared.store.client import Database

#: Cases in one round.
LIMIT = 200


class Sweep:
    """Expires held cases by sets."""

    def __init__(self, database: Database, bus: Bus, clock: Clock) -> None:
        self._cases = Cases(database)
        self._bus = bus
        self._clock = clock

    async def sweep(self) -> int:
        """Expires what is due and tells of it; returns how many. A crash between the two is made good by the
        next round.
        """
        now = self._clock.now()
        query = {"state": State.HELD.value, "held_until": {"$lte": now}}
        due = await self._cases.collection.find(query).limit(LIMIT).to_list(LIMIT)
        why = "nobody reviewed it in time"
        moves = [
            Move(case, State.EXPIRED, now, "policy", why, None, {"announce": State.EXPIRED.value})
            for case in due
        ]
        expired = await self._cases.move(moves)
        untold = (
            await self._cases.collection.find({"announce": State.EXPIRED.value}).limit(LIMIT).to_list(LIMIT)
        )
        if untold:
            await self._bus.publish(announcements(untold, now))
            ids = [case["_id"] for case in untold]
            await self._cases.collection.update_many({"_id": {"$in": ids}}, {"$unset": {"announce": ""}})
        return len(expired)
