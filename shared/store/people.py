"""People as cards: each card says that these identifiers were seen together on one person. Cards are only
ever added; what is sealed in one is rewritten where its person changed.

A person is whatever is connected by shared keys, worked out when it is read. So nothing has to be merged, no
write races with another, and an alias that is linked late is still found.
"""

import base64
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pymongo import UpdateOne

from shared.store.client import Collection, Database, Document, upsert

#: More keys than any one person has: a shared address, or somebody who ties strangers together. Such a case
#: is held.
MAX_KEYS = 40
#: More cards than are read for one person. Few keys that come in ever new mixtures would make many.
MAX_CARDS = 200
#: Steps from key to card to key. A chain longer than this is treated as tangled.
MAX_STEPS = 4


@dataclass(frozen=True, slots=True)
class Identity:
    """All keys of one person, as far as the cards tell.

    ``tangled``: too many, or too far apart, to be one person, whoever else is asked about in the same set.
    ``changed``: newer details of the person lie in some card. ``erased_at``: of the last erasure.
    """

    keys: frozenset[str]
    tangled: bool
    changed: bool = False
    erased_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Link:
    """What one card says of who is who."""

    keys: frozenset[str]
    changed: bool
    erased_at: datetime | None


def card_id(tenant: str, keys: Iterable[str]) -> str:
    """The id of the card of exactly these keys."""
    text = "\x00".join([tenant, *sorted(keys)])
    return "card_" + base64.b32encode(hashlib.sha256(text.encode()).digest()[:20]).decode().lower()


class People:
    """The people collection. All methods work on sets."""

    def __init__(self, database: Database) -> None:
        self.collection: Collection = database["people"]

    async def add(self, cards: Sequence[Document]) -> dict[str, Document]:
        """Adds the cards that are not there yet; returns all of them as they are stored, by id."""
        if not cards:
            return {}
        updates = [
            UpdateOne(
                {"_id": card["_id"]},
                {"$setOnInsert": {k: v for k, v in card.items() if k != "_id"}},
                upsert=True,
            )
            for card in {card["_id"]: card for card in cards}.values()
        ]
        await upsert(self.collection, updates)
        return await self.by_ids(card["_id"] for card in cards)

    async def by_ids(self, ids: Iterable[str]) -> dict[str, Document]:
        """The cards of these ids that exist."""
        return {card["_id"]: card async for card in self.collection.find({"_id": {"$in": list(set(ids))}})}

    async def date_back(self, dates: Mapping[str, datetime]) -> None:
        """Dates cards back to the oldest word that named exactly their identifiers."""
        if dates:
            await self.collection.bulk_write(
                [UpdateOne({"_id": card}, {"$min": {"at": at}}) for card, at in dates.items()], ordered=False
            )

    async def whole(self, keys: Iterable[str]) -> list[Document]:
        """The cards with any of these keys that were not erased."""
        return [card async for card in self.collection.find({"keys": {"$in": list(keys)}, "erased_at": None})]

    async def rewrite(self, cards: Sequence[tuple[Document, bytes, Document]]) -> None:
        """Puts new details into cards, with what was changed and when; not into one that was rewritten or
        erased since it was read.
        """
        updates = [
            UpdateOne(
                {"_id": card["_id"], "sealed": card["sealed"]},
                {"$set": {"sealed": sealed, "changed": changed}},
            )
            for card, sealed, changed in cards
        ]
        await self.collection.bulk_write(updates, ordered=False)

    async def identities(self, starts: Mapping[str, frozenset[str]]) -> dict[str, Identity]:
        """For each start (any name, with the keys it knows) the whole person."""
        everything = frozenset().union(*starts.values())
        cards, complete = await self._reach(everything, max(MAX_CARDS, MAX_KEYS * len(starts)))
        if complete or len(starts) == 1:
            links = _links(cards)
            return {name: _identity(keys, links, complete=complete) for name, keys in starts.items()}
        # one tangled person must not hide the aliases of the others: look at each alone
        alone: dict[str, Identity] = {}
        for name, keys in starts.items():
            alone |= await self.identities({name: keys})
        return alone

    async def destroy(self, keys: Iterable[str], at: datetime) -> int:
        """Erases: the data keys and what they sealed are gone for good. Returns how many cards that were."""
        return await self._destroy({"keys": {"$in": list(keys)}}, at)

    async def destroy_cards(self, cards: Iterable[str], at: datetime) -> int:
        """Erases these cards alone."""
        wanted = list(cards)
        return await self._destroy({"_id": {"$in": wanted}}, at) if wanted else 0

    async def _destroy(self, query: Document, at: datetime) -> int:
        result = await self.collection.update_many(
            {**query, "erased_at": None}, {"$set": {"erased_at": at, "data_key": None, "sealed": None}}
        )
        return result.modified_count

    async def _reach(self, keys: frozenset[str], limit: int) -> tuple[list[_Link], bool]:
        """All cards within reach, and whether that is all there is."""
        cards: dict[str, _Link] = {}
        known, frontier = set(keys), set(keys)
        for _ in range(MAX_STEPS):
            if not frontier:
                return list(cards.values()), True
            query = {"keys": {"$in": list(frontier)}}
            wanted = self.collection.find(query, {"keys": 1, "changed": 1, "erased_at": 1})
            found = await wanted.limit(limit + 1).to_list(limit + 1)
            cards |= {card["_id"]: _link(card) for card in found}
            if len(found) > limit:
                return list(cards.values()), False
            frontier = set().union(*(card["keys"] for card in found)) - known
            known |= frontier
        return list(cards.values()), not frontier


def _link(card: Document) -> _Link:
    return _Link(frozenset(card["keys"]), bool(card.get("changed")), card.get("erased_at"))


def _links(cards: Sequence[_Link]) -> Mapping[str, Sequence[_Link]]:
    """The cards of each key."""
    links: dict[str, list[_Link]] = defaultdict(list)
    for card in cards:
        for key in card.keys:
            links[key].append(card)
    return links


def _identity(start: frozenset[str], links: Mapping[str, Sequence[_Link]], *, complete: bool) -> Identity:
    seen, frontier, own = set(start), set(start), set[_Link]()
    for _ in range(MAX_STEPS):  # as far as for this one alone: the set may have been read further
        near = {card for known in frontier for card in links.get(known, ())} - own
        own |= near
        frontier = {key for card in near for key in card.keys} - seen
        seen |= frontier
    return Identity(
        frozenset(seen),
        tangled=not complete or bool(frontier) or len(seen) > MAX_KEYS or len(own) > MAX_CARDS,
        changed=any(card.changed for card in own),
        erased_at=max((card.erased_at for card in own if card.erased_at), default=None),
    )
