"""How much a recruiter, a tenant and a source have sent lately: counted from what is stored, in one read
each.
"""

from collections import Counter
from collections.abc import Collection as Group
from datetime import datetime, timedelta

from services.policy.context import Volume
from shared.store.client import Collection, Database

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MONTH = timedelta(days=30)


class Counts:
    """Counts at one moment, to which a set's own approvals are added as they are made."""

    def __init__(self) -> None:
        self._recruiter_day: Counter[str] = Counter()
        self._recruiter_hour: Counter[str] = Counter()
        self._tenant_day: Counter[str] = Counter()
        self._source_day: Counter[str] = Counter()
        self._declines: Counter[str] = Counter()
        self._outreach: Counter[str] = Counter()

    def of(self, tenant: str, source: str, recruiter: str | None) -> Volume:
        """The counts that bear on a case of this recruiter, tenant and source."""
        who = recruiter or ""
        return Volume(
            recruiter_day=self._recruiter_day[who],
            recruiter_hour=self._recruiter_hour[who],
            tenant_day=self._tenant_day[tenant],
            source_day=self._source_day[source],
            recruiter_declines_30d=self._declines[who],
            recruiter_outreach_30d=self._outreach[who],
        )

    def permitted(
        self, tenant: str, source: str, recruiter: str | None, count: int = 1, *, lately: int | None = None
    ) -> None:
        """Counts follow-ups as permitted in the last day, ``lately`` of them (by default all) in the last
        hour.
        """
        self._tenant_day[tenant] += count
        self._source_day[source] += count
        if recruiter:
            self._recruiter_day[recruiter] += count
            self._recruiter_hour[recruiter] += count if lately is None else lately

    def recorded(self, recruiter: str, *, declines: int = 0, outreach: int = 0) -> None:
        """Counts what a recruiter's conversations brought in the last month."""
        self._declines[recruiter] += declines
        self._outreach[recruiter] += outreach


class Volumes:
    """Reads the counts from the permits and the events."""

    def __init__(self, database: Database) -> None:
        self._permits: Collection = database["permits"]
        self._events: Collection = database["events"]

    async def counts(self, tenants: Group[str], recruiters: Group[str], now: datetime) -> Counts:
        """The counts for all these tenants and recruiters."""
        counts = Counts()
        lately = {"$sum": {"$cond": [{"$gte": ["$at", now - HOUR]}, 1, 0]}}
        day = [
            {"$match": {"tenant": {"$in": list(tenants)}, "at": {"$gte": now - DAY}}},
            {
                "$group": {
                    "_id": {"t": "$tenant", "s": "$source", "r": "$recruiter"},
                    "n": {"$sum": 1},
                    "h": lately,
                }
            },
        ]
        async for row in self._permits.aggregate(day):
            of = row["_id"]
            counts.permitted(of["t"], of["s"], of.get("r"), row["n"], lately=row["h"])
        if recruiters:
            await self._month(counts, recruiters, now)
        return counts

    async def _month(self, counts: Counts, recruiters: Group[str], now: datetime) -> None:
        month = [
            {"$match": {"recruiter": {"$in": list(recruiters)}, "at": {"$gte": now - MONTH}}},
            {"$group": {"_id": {"r": "$recruiter", "k": "$counts_as"}, "n": {"$sum": 1}}},
        ]
        async for row in self._events.aggregate(month):
            of = row["_id"]
            if of.get("k") == "decline":
                counts.recorded(of["r"], declines=row["n"])
            elif of.get("k") == "outreach":
                counts.recorded(of["r"], outreach=row["n"])
