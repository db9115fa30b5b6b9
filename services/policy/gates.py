"""Gates: who had a follow-up in the last day, taken under a limit that no race of replicas can pass.

One small document for each recruiter, tenant and source. Whoever wants to permit a follow-up takes a place at
all three first, by compare-and-set on the document that it counted in; a permit without its places is never
claimed. So a crash between two steps leaves a place unused, and never a permit too many.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pymongo import UpdateOne

from services.policy.limits import Limit
from shared.store.client import Collection, Database, Document, upsert

#: The newest places that are kept one by one. Older ones are counted by the minute, so that a document stays
#: small whatever the limit; a minute counts until all of it is out of the window, so never too few count.
ROOM = 500
#: A place is kept a little longer than the longest window, for clocks that differ.
KEPT = timedelta(hours=25)
#: Each lost try means that another replica got on.
TRIES = 25


@dataclass(slots=True)
class Gate:
    """The places of one subject, oldest first: by case, and the older ones by the end of their minute."""

    subject: str
    rev: int = 0
    taken: dict[str, datetime] = field(default_factory=dict)
    folded: dict[datetime, int] = field(default_factory=dict)
    changed: bool = False

    def count(self, now: datetime, within: timedelta, besides: str) -> int:
        """The places of other cases in the window that ends now; one at its very start is inside."""
        since = now - within
        recent = sum(1 for case, at in self.taken.items() if at >= since and case != besides)
        return recent + sum(number for until, number in self.folded.items() if until >= since)

    def allows(self, case: str, limits: Iterable[Limit], now: datetime) -> bool:
        """Whether one more fits."""
        return all(self.count(now, limit.within, case) < limit.most for limit in limits)

    def take(self, case: str, now: datetime) -> None:
        """Gives the case its place; one that it had before moves to now, since the follow-up comes now."""
        self.changed = True
        self.taken.pop(case, None)
        self.taken[case] = now
        for old in [old for old, at in self.taken.items() if at < now - KEPT]:
            del self.taken[old]
        for gone in [until for until in self.folded if until < now - KEPT]:
            del self.folded[gone]
        while len(self.taken) > ROOM:
            at = self.taken.pop(min(self.taken, key=self.taken.__getitem__))
            until = at.replace(second=0, microsecond=0) + timedelta(minutes=1)
            self.folded[until] = self.folded.get(until, 0) + 1


@dataclass(frozen=True, slots=True)
class Wish:
    """A case that wants a follow-up, with the limits at each gate. `forced`: a person decided, so it is
    counted and not limited.
    """

    case: str
    limits: Mapping[str, Sequence[Limit]]
    forced: bool = False


def admit(gates: Mapping[str, Gate], wishes: Iterable[Wish], now: datetime) -> set[str]:
    """Gives places, in this order, to the cases that fit through all their gates; changes the gates."""
    admitted = set()
    for wish in wishes:
        # a place of this very moment is this try's own, half of which another replica came in between
        missing = [name for name in wish.limits if gates[name].taken.get(wish.case) != now]
        if wish.forced or all(gates[name].allows(wish.case, wish.limits[name], now) for name in missing):
            for name in missing:
                gates[name].take(wish.case, now)
            admitted.add(wish.case)
    return admitted


class Gates:
    """The gates collection. All methods work on sets."""

    def __init__(self, database: Database) -> None:
        self.collection: Collection = database["gates"]

    async def of(self, subjects: Iterable[str]) -> dict[str, Gate]:
        """The gates of all these subjects; one that nobody went through yet is empty."""
        gates = {subject: Gate(subject) for subject in subjects}
        async for found in self.collection.find({"_id": {"$in": list(gates)}}):
            gates[found["_id"]] = Gate(
                found["_id"],
                found["rev"],
                {place["case"]: place["at"] for place in found["taken"]},
                {minute["until"]: minute["n"] for minute in found["folded"]},
            )
        return gates

    async def enter(self, wishes: Sequence[Wish], now: datetime) -> set[str]:
        """Takes places for these cases; returns those that have one at each of their gates."""
        left = list(wishes)
        for _ in range(TRIES):
            gates = await self.of({name for wish in left for name in wish.limits})
            admitted = admit(gates, left, now)
            if await self._store([gate for gate in gates.values() if gate.changed]):
                return admitted
            left = [wish for wish in left if wish.case in admitted]
        return set()

    async def _store(self, changed: Sequence[Gate]) -> bool:
        """Whether all of them could be stored as they were counted; the ones that could are."""
        if not changed:
            return True
        made = await upsert(self.collection, [_stored(gate) for gate in changed])
        return made is not None and made.matched_count + made.upserted_count == len(changed)


def _stored(gate: Gate) -> UpdateOne:
    places: Document = {
        "rev": gate.rev + 1,
        "taken": [{"case": case, "at": at} for case, at in gate.taken.items()],
        "folded": [{"until": until, "n": number} for until, number in sorted(gate.folded.items())],
    }
    # where there is none yet the upsert makes it, and the second of two that make it is refused
    return UpdateOne({"_id": gate.subject, "rev": gate.rev}, {"$set": places}, upsert=gate.rev == 0)
