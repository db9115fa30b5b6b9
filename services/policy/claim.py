"""The permit: one document whose keys no other permit may share. The database refuses whoever comes
second.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from services.policy.facts import Claim
from shared.store.client import Collection, Database, Document, insert_missing
from shared.store.suppressions import fingerprint_of


def permit(  # noqa: PLR0913 - a permit has these parts
    case: str,
    keys: Iterable[str],
    *,
    tenant: str,
    source: str,
    recruiter: str | None,
    team: str | None = None,
    at: datetime,
    latest: datetime,
    cooldown: timedelta,
) -> Document:
    """The permit that a case asks for.

    Its mail may go out as late as ``latest``, and the person counts the cool-down from the mail.
    """
    owned = sorted(keys)
    return {
        "_id": case,
        "keys": owned,
        "fps": sorted({fingerprint_of(key) for key in owned}),
        "tenant": tenant,
        "source": source,
        "recruiter": recruiter,
        "team": team,
        "at": at,
        "latest": latest,
        "until": latest + cooldown,
    }


def claims(case: str, keys: frozenset[str], permits: Iterable[Document]) -> tuple[Claim, ...]:
    """What the permits of other cases claim of this person."""
    return tuple(
        Claim(
            case=permit["_id"],
            at=permit["at"],
            until=permit["until"],
            recruiter=permit["recruiter"],
            latest=permit.get("latest"),
        )
        for permit in permits
        if permit["_id"] != case and not keys.isdisjoint(permit["keys"])
    )


class Permits:
    """The permits collection. All methods work on sets."""

    def __init__(self, database: Database) -> None:
        self.collection: Collection = database["permits"]
        self._archive: Collection = database["permits_archive"]

    async def claim(self, permits: Sequence[Document], now: datetime) -> set[str]:
        """Claims all at once; returns the ids of the cases that hold their permit now, be it from an earlier
        try.

        Of several for one person exactly one is held, whoever asks, by whichever alias, on whichever replica.
        """
        if not permits:
            return set()
        await self._retire({key for permit in permits for key in permit["keys"]}, now)
        await insert_missing(self.collection, permits)
        cases = [permit["_id"] for permit in permits]
        return {held["_id"] async for held in self.collection.find({"_id": {"$in": cases}}, {"_id": 1})}

    async def covering(self, keys: Iterable[str]) -> list[Document]:
        """The permits that any of these keys is part of."""
        return [found async for found in self.collection.find({"keys": {"$in": list(set(keys))}})]

    async def anywhere(self, fingerprints: Iterable[str], since: datetime) -> list[Document]:
        """The permits of these people at any tenant, since then."""
        query = {"fps": {"$in": list(set(fingerprints))}, "at": {"$gte": since}}
        return [found async for found in self.collection.find(query, {"tenant": 1, "fps": 1, "at": 1})]

    async def _retire(self, keys: Iterable[str], now: datetime) -> None:
        expired = [
            found
            async for found in self.collection.find({"keys": {"$in": list(keys)}, "until": {"$lte": now}})
        ]
        if not expired:
            return
        await insert_missing(self._archive, expired)
        await self.collection.delete_many(
            {"_id": {"$in": [old["_id"] for old in expired]}, "until": {"$lte": now}}
        )
