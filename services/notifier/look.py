"""The last look before a send: everything that is known of the claimed rows, in one read a collection."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.store.client import Collection, Database, Document
from shared.store.people import Identity, People
from shared.store.suppressions import EVERYONE, Suppressions, fingerprint_of


@dataclass(frozen=True, slots=True)
class Seen:
    """A claimed row and what stands for or against its mail. `stops`: kinds of "never again" that hold;
    `permits`: all that any alias of the person has at this tenant.
    """

    case: Document
    tenant: Document | None
    card: Document | None
    stops: tuple[str, ...]
    tangled: bool
    permits: tuple[Document, ...]


class Look:
    """Reads what a set of rows needs."""

    def __init__(self, database: Database) -> None:
        self._people = People(database)
        self._suppressions = Suppressions(database)
        self._tenants: Collection = database["tenants"]
        self._permits: Collection = database["permits"]

    async def at(self, cases: Sequence[Document]) -> list[Seen]:
        """What is known of each, in order.

        The cases must have been read before: whoever learns something new about a person writes it first and
        raises the case's `rev` then, so a case that still has its `rev` at the send has missed nothing.
        """
        people = await self._people.identities({case["_id"]: frozenset(case["keys"]) for case in cases})
        cards = await self._people.by_ids(case["card"] for case in cases if case.get("card"))
        wanted = {case["tenant"] for case in cases}
        tenants = {t["_id"]: t async for t in self._tenants.find({"_id": {"$in": list(wanted)}})}
        keys = frozenset[str]().union(*(person.keys for person in people.values()))
        against = await self._suppressions.of(wanted, keys)
        permits = [permit async for permit in self._permits.find({"keys": {"$in": list(keys)}})]
        return [
            Seen(
                case,
                tenants.get(case["tenant"]),
                cards.get(case.get("card", "")),
                _stops(case["tenant"], people[case["_id"]], against),
                people[case["_id"]].tangled,
                _permits(people[case["_id"]], permits),
            )
            for case in cases
        ]


def _stops(tenant: str, person: Identity, against: Sequence[Document]) -> tuple[str, ...]:
    fingerprints = {fingerprint_of(key) for key in person.keys}
    kinds = {s["kind"] for s in against if s["fp"] in fingerprints and s["scope"] in {tenant, EVERYONE}}
    return tuple(sorted(kinds))


def _permits(person: Identity, permits: Sequence[Document]) -> tuple[Document, ...]:
    return tuple(permit for permit in permits if not person.keys.isdisjoint(permit["keys"]))
