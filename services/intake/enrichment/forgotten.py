"""Whoever asked to be forgotten is not brought back by a lookup that was under way."""

from services.intake.sources import Mapped
from shared.events import Event, people_of
from shared.identity import Fingerprints
from shared.store.client import Database
from shared.store.suppressions import Suppressions


class Forgotten:
    """Asks the record of erasures, by fingerprint."""

    def __init__(self, database: Database, fingerprints: Fingerprints) -> None:
        self._suppressions = Suppressions(database)
        self._fingerprints = fingerprints

    async def knows(self, declined: Event, found: Mapped) -> bool:
        """Whether the person of a decline, by any name that was found, asked this tenant to be forgotten."""
        prints = frozenset(
            print_
            for told in (declined.data, *(sent.data for sent in found.events))
            for person in people_of(told)
            for print_ in self._fingerprints.of(person, declined.source)
        )
        against = await self._suppressions.of([declined.tenant], prints)
        return any(one["kind"] == "erasure" for one in against)
