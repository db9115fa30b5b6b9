"""To how many people the same words belong, counted by the fingerprints that are stored with the events."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from services.policy.facts import Sameness
from shared.store.client import Collection, Database, Document

#: How far back the same words count.
LATELY = timedelta(days=31)

#: People by the words that they said or got, and by the day (UTC midnight) on which.
People = Mapping[str, Mapping[datetime, int]]


def words_of(case: Document, remembered: Sequence[Document]) -> frozenset[str]:
    """The fingerprints that bear on a case: of its no, and of the message before it."""
    before = _last_outreach(case, remembered)
    said = (case.get("words"), before.get("words") if before else None)
    return frozenset(words for words in said if words)


def sameness(case: Document, remembered: Sequence[Document], people: People) -> Sameness:
    """How many others said no in the same words lately, and got the same message on the same day (UTC)."""
    declined = sum(people.get(case.get("words") or "", {}).values())
    written = 0
    if (before := _last_outreach(case, remembered)) is not None:
        day = before["at"].astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        written = people.get(before.get("words") or "", {}).get(day, 0)
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
        """The people of these words, by words and day."""
        wanted = sorted(set(words))
        people: dict[str, dict[datetime, int]] = {one: {} for one in wanted}
        if not wanted:
            return people
        day = {"$dateTrunc": {"date": "$at", "unit": "day"}}
        pipeline: list[Document] = [
            # the index holds texts alone, and is used where the question names their type
            {"$match": {"words": {"$in": wanted, "$type": "string"}, "at": {"$gte": now - LATELY}}},
            {"$group": {"_id": {"words": "$words", "day": day, "card": "$card"}}},
            {"$group": {"_id": {"words": "$_id.words", "day": "$_id.day"}, "n": {"$sum": 1}}},
        ]
        async for row in self._events.aggregate(pipeline):
            people[row["_id"]["words"]][row["_id"]["day"]] = row["n"]
        return people
