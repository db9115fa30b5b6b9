"""Who must not be written to, by fingerprint alone: this outlives the erasure of everything else."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

from shared.store.client import Collection, Database, Document, insert_missing

Kind = Literal["opt_out", "complaint", "erasure", "bounce"]
#: The scope of a "never again" that holds for every tenant of this installation.
EVERYONE = "*"


def fingerprint_of(key: str) -> str:
    """The installation-wide fingerprint in a tenant-scoped key (``tenant/fingerprint``)."""
    return key.rpartition("/")[2]


def suppression(scope: str, fingerprint: str, kind: Kind, at: datetime, event_id: str) -> Document:
    """The document that keeps one fingerprint from being written to by one tenant, or by everyone."""
    return {
        "_id": f"{scope}|{fingerprint}|{kind}",
        "scope": scope,
        "fp": fingerprint,
        "kind": kind,
        "at": at,
        "event_id": event_id,
    }


class Suppressions:
    """The suppressions collection. All methods work on sets."""

    def __init__(self, database: Database) -> None:
        self.collection: Collection = database["suppressions"]

    async def add(self, documents: Sequence[Document]) -> None:
        """Adds those that are not there yet; the first one stays, for it says since when."""
        await insert_missing(self.collection, documents)

    async def of(self, tenants: Iterable[str], keys: Iterable[str]) -> list[Document]:
        """All suppressions of these keys' fingerprints that hold for one of these tenants, or for
        everyone.
        """
        fingerprints = list({fingerprint_of(key) for key in keys})
        if not fingerprints:
            return []
        query = {"fp": {"$in": fingerprints}, "scope": {"$in": [*set(tenants), EVERYONE]}}
        return [document async for document in self.collection.find(query)]
