"""Declines that were taken back, and follow-ups that a person stopped: by case, whichever came first, word
or case.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from services.policy.facts import Cancel
from shared.events import Event, ReviewDecided
from shared.store.client import Collection, Database, Document, insert_missing


class Withdrawals:
    """The withdrawals collection. All methods work on sets."""

    def __init__(self, database: Database) -> None:
        self.collection: Collection = database["withdrawals"]

    async def add(self, words: Sequence[Document]) -> None:
        """Adds these words, each once; what was said of a case before stays beside them."""
        await insert_missing(self.collection, words)

    async def of(self, cases: Iterable[str]) -> dict[str, list[Document]]:
        """The words on these cases, by case."""
        wanted = list(cases)
        # a word was once kept under its case, the first one alone
        query = {"$or": [{"case": {"$in": wanted}}, {"_id": {"$in": wanted}}]}
        found: dict[str, list[Document]] = {}
        async for word in self.collection.find(query):
            found.setdefault(word.get("case", word["_id"]), []).append(word)
        return found


def withdrawn(case: str, event: Event) -> Document:
    """The word of a source that a decline was taken back: it holds for what was declined until then."""
    return {**_word(case, event), "until": event.time}


def corrected(case: str, event: Event) -> Document:
    """The word of a source that the no was the company's: it holds for good, for the case keeps its id."""
    return _word(case, event)


def cancelled(data: ReviewDecided, event: Event) -> Document:
    """The word of a person that nothing is to be sent: it holds whenever it was declined."""
    return {**_word(data.case, event), "by": data.by, "reason": data.reason}


def _word(case: str, event: Event) -> Document:
    return {"_id": f"{case}|{event.id}", "case": case, "at": event.time, "event_id": event.id}


def cancel_of(words: Iterable[Document]) -> Cancel | None:
    """The first wish of a person, whose name is known, that nothing is sent; None where there is none."""
    wishes = sorted((word for word in words if "by" in word), key=lambda word: (word["at"], word["_id"]))
    return Cancel(**{name: wishes[0][name] for name in Cancel.model_fields}) if wishes else None


def taken_back_at(declined_at: datetime, words: Iterable[Document]) -> datetime | None:
    """Since when a no of this time is taken back; None where it stands.

    A word that is older than the no took back another one, which went by the same id before; one that tells
    nothing of when holds whenever it was. A person's wish with a name is no word of the candidate's (see
    `cancel_of`); without one, it was once kept as if it were.
    """
    return min(
        (
            word["at"]
            for word in words
            if "by" not in word and ("until" not in word or declined_at <= word["until"])
        ),
        default=None,
    )
