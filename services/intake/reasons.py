"""The reasons of a source as an operator sees them: which came with its declines, and how each is read."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from services.intake.sources import configured
from shared.clock import Clock
from shared.errors import Conflict, Invalid
from shared.events import Event, ReasonMapped, content_digest, event_id, path_of, type_of
from shared.reasons import Side, Who, fold
from shared.states import State
from shared.store.cases import Cases
from shared.store.client import Database, Document

#: Stands for the source in the envelope of what an operator says.
CONSOLE = "/console"
#: Of reasons that came, how many are named beside one that did not.
NEAREST = 3
ReadAs = Literal["candidate", "company", "ignore", "unmapped", "ambiguous"]
_TOKEN_BYTES = 16


@dataclass(frozen=True, slots=True)
class SeenReason:
    """A reason that came with declines: its names, how often, and how it is read now, by whose word.

    ``held`` are the cases of it that wait for a person, for this or for another cause.
    """

    names: tuple[str, ...]
    told: Who
    seen: int
    held: int
    read_as: ReadAs
    by: Literal["platform", "map", "nobody"]


class Reasons:
    """What came, read from the cases; and the map, kept in the source's configuration."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._sources = database["sources"]
        self._cases = Cases(database)
        self._clock = clock

    async def seen(self, source: Document) -> list[SeenReason]:
        """The reasons of a source's declines, the most frequent first; one row for each word on whose no
        it is that the platform has given with it.
        """
        config = configured(source["kind"], source.get("config"))
        held = {"$cond": [{"$eq": ["$state", State.HELD.value]}, 1, 0]}
        pipeline: list[Document] = [
            # only names of reasons are strings there: so the index serves, and nothing else is looked at
            {"$match": {"source": path_of(source["_id"]), "reading.reasons.key": {"$type": "string"}}},
            {
                "$group": {
                    "_id": {"keys": "$reading.reasons.key", "told": "$reading.told"},
                    "names": {"$first": "$reading.reasons.name"},
                    "seen": {"$sum": 1},
                    "held": {"$sum": held},
                }
            },
            {"$sort": {"seen": -1, "_id": 1}},
        ]
        found: list[SeenReason] = []
        async for row in self._cases.collection.aggregate(pipeline):
            told, names = row["_id"]["told"], tuple(row["names"])
            reading = config.reading(told, *names)
            mapped = any(reason.side for reason in reading.reasons)
            found.append(
                SeenReason(
                    names,
                    told,
                    row["seen"],
                    row["held"],
                    _read_as(reading.who, mapped=mapped),
                    "map" if mapped else "nobody" if told == "unknown" else "platform",
                )
            )
        return found

    async def map(self, source: Document, reason: str, side: Side, by: str) -> Event:
        """Maps a reason in the source's configuration; the event that tells policy of it.

        Raises Invalid, or Conflict where somebody else changed the configuration at the same moment.
        """
        key, config = fold(reason), source.get("config") or {}
        if not key or not by.strip():
            raise Invalid.at("", "a reason, and in --by who maps it, are expected")
        others = {name: known for name, known in config.get("reasons", {}).items() if fold(name) != key}
        changed = {**config, "reasons": {**others, reason.strip(): side}}
        configured(source["kind"], changed)
        before = {"config": {"$eq": config}} if "config" in source else {"config": {"$exists": False}}
        done = await self._sources.update_one({"_id": source["_id"], **before}, {"$set": {"config": changed}})
        if not done.matched_count:
            raise Conflict(f"somebody else changed {source['_id']!r} at the same moment; look, and map again")
        return self._event(source, ReasonMapped(source=source["_id"], reason=reason, side=side, by=by))

    async def settled(self, event: Event) -> dict[str, int]:
        """How many cases this word has moved, by the state that they are in now."""
        counts: dict[str, int] = {}
        for case in await self._cases.moved_by([event.id]):
            counts[case["state"]] = counts.get(case["state"], 0) + 1
        return counts

    def _event(self, source: Document, data: ReasonMapped) -> Event:
        now = self._clock.now()
        return Event(
            id=event_id(source["tenant"], CONSOLE, f"mapping:{self._clock.token(_TOKEN_BYTES)}"),
            type=type_of(ReasonMapped),
            source=CONSOLE,
            time=now,
            tenant=source["tenant"],
            receivedat=now,
            digest=content_digest(data.kind, now, data),
            data=data,
        )


def held_for_reading(rows: Sequence[SeenReason]) -> int:
    """How many cases wait although a word on their reason could settle them."""
    return sum(row.held for row in rows if row.read_as in {"unmapped", "ambiguous"})


def has_come(reason: str, rows: Sequence[SeenReason]) -> bool:
    """Whether a decline has named this reason."""
    return fold(reason) in {fold(name) for row in rows for name in row.names}


def nearest(reason: str, rows: Sequence[SeenReason]) -> list[str]:
    """The reasons that came and are written most like this one, the nearest first."""
    names = {fold(name): name for row in rows for name in row.names}
    return [names[key] for key in get_close_matches(fold(reason), names, NEAREST, cutoff=0)]


def _read_as(who: Who | None, *, mapped: bool) -> ReadAs:
    if who is None:
        return "ignore"
    if who == "unknown":
        return "ambiguous" if mapped else "unmapped"
    return who
