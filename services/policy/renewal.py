"""Brings the cards of people up to date with what sources know of them by now."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.policy.changes import Words, changed, lacking, said_in
from shared.cards import open_details, seal_details
from shared.errors import Transient
from shared.store.client import Database, Document
from shared.store.people import People
from shared.vault import Vault

#: Rounds of looking again; each that is lost means that somebody else got on.
MAX_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Changed:
    """The keys that an event names its person by, and what it says is otherwise by now: nothing, where it
    only brought a new card, which may lack what others have said.
    """

    keys: frozenset[str]
    words: Words


class Renewal:
    """Rewrites cards by sets, each by compare-and-set on what it held."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._people = People(database)
        self._vault = vault

    async def renew(self, people: Sequence[Changed]) -> None:
        """Gives the cards of these keys what is newer than they are; doing it again changes nothing.

        Raises Transient where the cards kept changing.
        """
        if not people:
            return
        keys = frozenset[str]().union(*(one.keys for one in people))
        for _ in range(MAX_ROUNDS):
            rewritten = self._rewritten(await self._people.whole(keys), people)
            if not rewritten:
                return
            # looked at again: a card that somebody added meanwhile did not see these words
            await self._people.rewrite(rewritten)
        raise Transient("the cards of a person kept changing")

    def _rewritten(
        self, cards: Sequence[Document], people: Sequence[Changed]
    ) -> list[tuple[Document, bytes, Document]]:
        told = [one.words for one in people]
        told += [said_in(card, open_details(card, self._vault)) for card in cards if card.get("changed")]
        rewritten: list[tuple[Document, bytes, Document]] = []
        for card in cards:
            words = lacking(card, told)
            if words:
                details = open_details(card, self._vault) | {name: word.value for name, word in words.items()}
                rewritten.append((card, seal_details(details, card, self._vault), changed(card, words)))
        return rewritten
