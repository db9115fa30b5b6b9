"""Whoever asked to be forgotten is not brought back by a lookup that was under way."""

from collections.abc import Iterable, Iterator

from services.intake.sources import Mapped
from shared.events import Data, Event, Person
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
        people = _people([declined.data, *(sent.data for sent in found.events)])
        prints = frozenset(
            print_ for person in people for print_ in self._fingerprints.of(person, declined.source)
        )
        against = await self._suppressions.of([declined.tenant], prints)
        return any(one["kind"] == "erasure" for one in against)


def _people(told: Iterable[Data]) -> Iterator[Person]:
    for data in told:
        if isinstance(person := getattr(data, "person", None), Person):
            yield person
        yield from (Person(external_id=former) for former in getattr(data, "formerly", ()))
