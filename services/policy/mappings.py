"""What operators map reasons to: the newest word on each reason of a source, over what came with the no.

Like every fact it is written before the open cases are marked, and read after a case: of a word and a
decision that race, at least one sees the other.
"""

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter

from pymongo import UpdateOne

from services.policy.facts import Reading, Reason
from shared.events import DeclineReceived, Event, ReasonMapped, path_of
from shared.reasons import fold
from shared.states import OPEN
from shared.store.client import Collection, Database, Document, upsert


class Mappings:
    """The mappings collection. All methods work on sets."""

    def __init__(self, database: Database) -> None:
        self.collection: Collection = database["mappings"]
        self._cases: Collection = database["cases"]

    async def add(self, words: Sequence[Document]) -> None:
        """Keeps these words where nothing newer was said of their reason; a repeat changes nothing."""
        if await upsert(self.collection, [_newer(word, upsert=True) for word in words]) is None:
            # what is there already cannot be made again, but an older word of it can be changed
            await self.collection.bulk_write([_newer(word, upsert=False) for word in words], ordered=False)

    async def of(self, cases: Iterable[Document]) -> dict[str, Document]:
        """The words on the reasons of these cases, and of what is remembered as theirs, by their ids."""
        wanted = {name for case in cases for name in _names(case)}
        if not wanted:
            return {}
        return {found["_id"]: found async for found in self.collection.find({"_id": {"$in": list(wanted)}})}

    async def waiting(self, words: Sequence[Document]) -> dict[str, str]:
        """The open cases that name one of these reasons, each with the event of the word."""
        by_id = {word["_id"]: word["event_id"] for word in sorted(words, key=itemgetter("at"))}
        # the index holds the cases that name a reason, and is used where the question tells its type
        of = [
            {"source": word["source"], "reading.reasons.key": {"$eq": word["key"], "$type": "string"}}
            for word in words
        ]
        query = {"$or": of, "state": {"$in": [state.value for state in OPEN]}}
        found: dict[str, str] = {}
        async for case in self._cases.find(query, {"tenant": 1, "source": 1, "reading": 1}):
            for name in set(_names(case)) & set(by_id):
                found[case["_id"]] = by_id[name]
        return found


def word_of(event: Event, data: ReasonMapped) -> Document:
    """An operator's word as it is kept."""
    source, key = path_of(data.source), fold(data.reason)
    return {
        "_id": _id(event.tenant, source, key),
        "source": source,
        "key": key,
        "side": data.side,
        "by": data.by,
        "at": event.time,
        "event_id": event.id,
    }


def kept(decline: DeclineReceived) -> Document | None:
    """What the `who` of a decline was read from, as its case keeps it."""
    if decline.reading is None:
        return None
    reasons = decline.reading.reasons
    return {
        "told": decline.reading.told,
        "reasons": [{"name": one.name, "key": fold(one.name), "side": one.side} for one in reasons],
    }


def reading_of(case: Document, words: Mapping[str, Document]) -> Reading | None:
    """How the reason of a case is read by now."""
    found = case.get("reading")
    if found is None:
        return None
    said = (words.get(name, reason) for name, reason in zip(_names(case), found["reasons"], strict=True))
    reasons = tuple(
        Reason(
            name=reason["name"],
            side=word["side"],
            by=word.get("by"),
            at=word.get("at"),
            event_id=word.get("event_id"),
        )
        for reason, word in zip(found["reasons"], said, strict=True)
    )
    return Reading(told=found["told"], reasons=reasons)


def _names(case: Document) -> list[str]:
    reasons = (case.get("reading") or {"reasons": ()})["reasons"]
    return [_id(case["tenant"], case["source"], reason["key"]) for reason in reasons]


def _id(tenant: str, source: str, key: str) -> str:
    return f"{tenant}|{source}|{key}"


def _newer(word: Document, *, upsert: bool) -> UpdateOne:
    before = [{"at": {"$lt": word["at"]}}, {"at": word["at"], "event_id": {"$lt": word["event_id"]}}]
    told = {name: value for name, value in word.items() if name != "_id"}
    return UpdateOne({"_id": word["_id"], "$or": before}, {"$set": told}, upsert=upsert)
