"""To how many people the same words belong, counted by the fingerprints that are stored with the events."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from services.policy.facts import Sameness
from shared.store.client import Collection, Database, Document

#: How far back the same words count.
LATELY = timedelta(days=31)


@dataclass(slots=True)
class Sharers:
    """How many people said or got the same words lately, and how many on each day (UTC midnight)."""

    people: int = 0
    days: dict[datetime, int] = field(default_factory=dict)


#: Who shares them, by the words.
People = Mapping[str, Sharers]


def words_of(case: Document, remembered: Sequence[Document]) -> frozenset[str]:
    """The fingerprints that bear on a case: of its no, and of the message before it."""
    before = _last_outreach(case, remembered)
    said = (case.get("words"), before.get("words") if before else None)
    return frozenset(words for words in said if words)


def sameness(case: Document, remembered: Sequence[Document], people: People) -> Sameness:
    """How many others said no in the same words lately, and got the same message on the same day (UTC)."""
    declined = people.get(case.get("words") or "", Sharers()).people
    written = 0
    if (before := _last_outreach(case, remembered)) is not None:
        day = before["at"].astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        written = people.get(before.get("words") or "", Sharers()).days.get(day, 0)
    return Sameness(decline=max(0, declined - 1), outreach=max(0, written - 1))


def _last_outreach(case: Document, remembered: Sequence[Document]) -> Document | None:
    sent = [
        message
        for memory in remembered
        for message in memory.get("messages", ())
        if message["direction"] == "outreach" and message["at"] < case["declined_at"]
    ]
    return max(sent, key=lambda message: (message["at"], message["id"]), default=None)


class Wordings:
    """Reads from the events who said and got the same."""

    def __init__(self, database: Database) -> None:
        self._events: Collection = database["events"]

    async def of(self, words: Iterable[str], now: datetime) -> People:
        """The people of these words, each counted once, and once for each of their days."""
        wanted = sorted(set(words))
        people = {one: Sharers() for one in wanted}
        if not wanted:
            return people
        day = {"$dateTrunc": {"date": "$at", "unit": "day"}}
        pipeline: list[Document] = [
            # the index holds texts alone, and is used where the question names their type
            {"$match": {"words": {"$in": wanted, "$type": "string"}, "at": {"$gte": now - LATELY}}},
            {"$group": {"_id": {"words": "$words", "card": "$card"}, "days": {"$addToSet": day}}},
            # none stands for all of a person's days together
            {"$set": {"days": {"$concatArrays": ["$days", [None]]}}},
            {"$unwind": "$days"},
            {"$group": {"_id": {"words": "$_id.words", "day": "$days"}, "n": {"$sum": 1}}},
        ]
        async for row in self._events.aggregate(pipeline):
            of, shared = row["_id"], people[row["_id"]["words"]]
            if of["day"] is None:
                shared.people = row["n"]
            else:
                shared.days[of["day"]] = row["n"]
        return people
