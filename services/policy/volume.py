"""How much a recruiter, a tenant and a source have sent lately, and what came of it: counted from what is
stored, in one read each.
"""

from collections import Counter
from collections.abc import Collection as Group
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from services.policy import noes, subjects
from services.policy.facts import Volume
from services.policy.gates import Gate, Gates
from services.policy.limits import DAY, HOUR
from shared.store.client import Collection, Database, Document

MONTH = timedelta(days=30)


class Counts:
    """Counts at one moment, to which a set's own approvals are added as they are made."""

    def __init__(self, gates: Mapping[str, Gate], now: datetime) -> None:
        self._gates = gates
        self._now = now
        self._declines: Counter[str] = Counter()
        self._outreach: Counter[str] = Counter()

    def of(self, case: Document) -> Volume:
        """The counts that bear on a case; its own follow-up is none of them."""
        tenant, recruiter = case["tenant"], case["recruiter"]
        who = subjects.of_recruiter(tenant, recruiter)
        return Volume(
            recruiter_day=self._count(who, DAY, case) if recruiter else 0,
            recruiter_hour=self._count(who, HOUR, case) if recruiter else 0,
            tenant_day=self._count(subjects.of_tenant(tenant), DAY, case),
            source_day=self._count(subjects.of_source(tenant, case["source"]), DAY, case),
            recruiter_declines_30d=self._declines[recruiter or ""],
            recruiter_outreach_30d=self._outreach[recruiter or ""],
        )

    def permits_day(self, case: Document) -> int:
        """The other follow-ups of the recruiter within a day, also of all who are not named."""
        return self._count(subjects.of_recruiter(case["tenant"], case["recruiter"]), DAY, case)

    def permitted(self, case: Document) -> None:
        """Counts a case's follow-up as permitted now."""
        for name in names(case):
            self._gates[name].take(case["_id"], self._now)

    def recorded(self, recruiter: str, *, declines: int = 0, outreach: int = 0) -> None:
        """Counts what a recruiter's conversations brought in the last month."""
        self._declines[recruiter] += declines
        self._outreach[recruiter] += outreach

    def _count(self, name: str, within: timedelta, case: Document) -> int:
        return self._gates[name].count(self._now, within, case["_id"])


def names(case: Document) -> tuple[str, str, str]:
    """The recruiter, the tenant and the source of a case, as they are counted."""
    tenant = case["tenant"]
    return (
        subjects.of_recruiter(tenant, case["recruiter"]),
        subjects.of_tenant(tenant),
        subjects.of_source(tenant, case["source"]),
    )


class Volumes:
    """Reads the counts from the gates and the events."""

    def __init__(self, database: Database) -> None:
        self._gates = Gates(database)
        self._events: Collection = database["events"]
        self._cases: Collection = database["cases"]

    async def counts(self, cases: Iterable[Document], now: datetime) -> Counts:
        """The counts for all these cases."""
        cases = list(cases)
        counts = Counts(await self._gates.of({name for case in cases for name in names(case)}), now)
        if recruiters := {case["recruiter"] for case in cases if case["recruiter"]}:
            await self._month(counts, recruiters, now)
        return counts

    async def _month(self, counts: Counts, recruiters: Group[str], now: datetime) -> None:
        of: Document = {"recruiter": {"$in": list(recruiters)}}
        number: Document = {"$group": {"_id": "$recruiter", "n": {"$sum": 1}}}
        sent = {**of, "counts_as": "outreach", "at": {"$gte": now - MONTH}}
        async for row in self._events.aggregate([{"$match": sent}, number]):
            counts.recorded(row["_id"], outreach=row["n"])
        declined = {**of, "declined_at": {"$gte": now - MONTH}, **noes.COUNTED}
        async for row in self._cases.aggregate([{"$match": declined}, number]):
            counts.recorded(row["_id"], declines=row["n"])
