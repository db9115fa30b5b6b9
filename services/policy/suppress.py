"""The list of people who must not be written to, as an operator keeps it: added to, asked, written out."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared import events
from shared.cards import open_details
from shared.identity import scoped
from shared.store.cases import Cases
from shared.store.client import Database, Document
from shared.store.people import People
from shared.store.suppressions import EVERYONE, Kind, Suppressions, fingerprint_of, suppression
from shared.vault import Vault

#: Stands in ids for the source, which an operator's word has not.
CONSOLE = "console"


@dataclass(frozen=True, slots=True)
class Entry:
    """A person by fingerprint, why they are on the list, and since when."""

    fingerprints: frozenset[str]
    kind: Kind
    at: datetime


class SuppressionList:
    """All methods work on sets. Nothing here takes anybody off the list."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._people = People(database)
        self._cases = Cases(database)
        self._suppressions = Suppressions(database)

    async def add(self, entries: Sequence[Entry], scope: str) -> int:
        """Puts these people on the list of a tenant, or of everyone, as an opt-out event of theirs would.

        By all identifiers that are known to be theirs. Returns how many open cases are looked at anew.
        """
        tenants = await self.tenants() if scope == EVERYONE else [scope]
        reach = await self._reach([entry.fingerprints for entry in entries], tenants)
        documents = [
            suppression(scope, print_, entry.kind, entry.at, events.event_id(scope, CONSOLE, print_))
            for place, entry in enumerate(entries)
            for print_ in sorted({fingerprint_of(key) for key in reach[place]} | entry.fingerprints)
        ]
        # written before the mark: a decision that did not see it fails, and looks again
        await self._suppressions.add(documents)
        touched = await self._cases.touch(frozenset[str]().union(*reach))
        return len(touched)

    async def of(self, fingerprints: frozenset[str], tenants: Sequence[str]) -> list[Document]:
        """What keeps this person from being written to by these tenants. Stores nothing."""
        reach = {tenant: (await self._reach([fingerprints], [tenant]))[0] for tenant in tenants}
        keys = frozenset[str]().union(*reach.values(), {scoped(EVERYONE, one) for one in fingerprints})
        held = {tenant: {fingerprint_of(key) for key in reached} for tenant, reached in reach.items()}
        held[EVERYONE] = {fingerprint_of(key) for key in keys}
        found = await self._suppressions.of(tenants, keys)
        return sorted((one for one in found if one["fp"] in held[one["scope"]]), key=lambda one: one["at"])

    async def all(self, scope: str | None) -> AsyncIterator[Document]:
        """Everybody on the list, or on that of one scope, by fingerprint alone."""
        async for found in self._suppressions.collection.find({"scope": scope} if scope else {}).sort("_id"):
            yield found

    async def addresses(
        self, fingerprints: Sequence[str], tenants: Sequence[str], vault: Vault
    ) -> dict[str, str]:
        """The e-mail address behind each fingerprint, where a card still tells it; of the erased none."""
        keys = {scoped(tenant, one): one for tenant in tenants for one in fingerprints}
        found: dict[str, str] = {}
        for card in await self._people.whole(keys):
            email = open_details(card, vault).get("email")
            if email:
                found |= {keys[key]: email for key in card["keys"] if key in keys}
        return found

    async def tenants(self) -> list[str]:
        """The names of all tenants."""
        return [found["_id"] async for found in self._database["tenants"].find({}, {"_id": 1})]

    async def _reach(self, people: Sequence[frozenset[str]], tenants: Iterable[str]) -> list[frozenset[str]]:
        """The keys of each person at these tenants, those that are known to be theirs too."""
        starts = {
            f"{place}\0{tenant}": frozenset(scoped(tenant, one) for one in fingerprints)
            for tenant in tenants
            for place, fingerprints in enumerate(people)
        }
        found = await self._people.identities(starts) if starts else {}
        reach = [frozenset[str]() for _ in people]
        for name, identity in found.items():
            reach[int(name.partition("\0")[0])] |= identity.keys
        return reach
