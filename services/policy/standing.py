"""How conversations with a recruiter, a team, a tenant and a source ended over 90 days, as daily tallies.

The tallies of days that are over are kept by subject; the last days are counted from what is stored. Both
come from rows that exist once whatever is delivered twice (cases, outcomes), so the counts are exact. A
tenant's days are put away when the tenant is first judged after they ended, by whoever comes first: two that
do it at once write the same.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import get_args

from pymongo import UpdateOne

from services.policy import noes, subjects
from services.policy.facts import AGES, TALLY_DAYS, Tally
from services.policy.tallies import Kind
from shared.states import State
from shared.store.client import Collection, Database, Document

DAY = timedelta(days=1)
#: Days that are over and still counted: what arrives so late, after an outage for instance, is counted too.
OPEN_DAYS = 2
_KINDS: tuple[Kind, ...] = get_args(Kind)

_SENT: Document = {"state": State.SENT.value}
#: The lease under which a letter was handed over is what a case keeps of when that was: it ended soon after.
_SENT_AT = "send.lease_until"

#: Subject, day and kind.
Counts = Counter[tuple[str, datetime, Kind]]


def tally(subject: str, counts: Iterable[tuple[datetime, Kind, int]], today: datetime) -> Tally:
    """The tally of one subject out of its daily counts; what is older than a tally goes back is left out."""
    columns = {kind: [0] * len(AGES) for kind in _KINDS}
    for day, kind, number in counts:
        age = max(0, (today - day).days)  # another replica's clock may be in the next day already
        if age < TALLY_DAYS:
            columns[kind][max(at for at, since in enumerate(AGES) if since <= age)] += number
    return Tally.model_validate(
        {"subject": subject} | {kind: tuple(column) for kind, column in columns.items() if any(column)}
    )


class Standings:
    """The standings collection, and what it is made of."""

    def __init__(self, database: Database) -> None:
        self.collection: Collection = database["standings"]
        self._cases: Collection = database["cases"]
        #: Until when (a midnight) days are put away, by tenant. May be behind what is stored, never ahead.
        self._through: dict[str, datetime] = {}

    async def of(self, tenants: Mapping[str, frozenset[str]], now: datetime) -> dict[str, Tally]:
        """The tallies of these subjects of each tenant, as of now."""
        today = _midnight(now)
        await self._put_away(set(tenants), today - OPEN_DAYS * DAY)
        wanted = {subject: tenant for tenant, names in tenants.items() for subject in names}
        counts = {subject: list[tuple[datetime, Kind, int]]() for subject in wanted}
        async for found in self.collection.find({"_id": {"$in": list(wanted)}}):
            until = self._through[wanted[found["_id"]]]
            for day, kinds in found["days"].items():
                at = _day(day)
                if at < until:  # what was put away since is counted below
                    counts[found["_id"]] += [(at, kind, number) for kind, number in kinds.items()]
        for (subject, day, kind), number in (await self._counted(tenants)).items():
            if subject in counts:
                counts[subject].append((day, kind, number))
        return {subject: tally(subject, counted, today) for subject, counted in counts.items()}

    async def _put_away(self, tenants: set[str], until: datetime) -> None:
        behind = {tenant for tenant in tenants if self._through.get(tenant, until - DAY) < until}
        if not behind:
            return
        horizon = until - TALLY_DAYS * DAY
        self._through |= {tenant: max(horizon, self._through.get(tenant, horizon)) for tenant in behind}
        names = {subjects.of_tenant(tenant): tenant for tenant in behind}
        async for found in self.collection.find({"_id": {"$in": list(names)}, "through": {"$gt": horizon}}):
            self._through[names[found["_id"]]] = found["through"]
        behind = {tenant for tenant in behind if self._through[tenant] < until}
        if not behind:
            return
        days: dict[str, dict[str, dict[Kind, int]]] = {}
        for (subject, day, kind), number in (await self._counted(behind, until)).items():
            days.setdefault(subject, {}).setdefault(f"{day:%Y-%m-%d}", {})[kind] = number
        await self._merge(days, f"{horizon:%Y-%m-%d}")
        # only now: whoever reads that a day is put away must find it so
        await self.collection.bulk_write(
            [
                UpdateOne(
                    {"_id": subjects.of_tenant(tenant)},
                    {"$max": {"through": until}, "$setOnInsert": {"days": {}}},
                    upsert=True,
                )
                for tenant in behind
            ],
            ordered=False,
        )
        self._through |= dict.fromkeys(behind, until)

    async def _merge(self, days: Mapping[str, Mapping[str, Mapping[Kind, int]]], oldest: str) -> None:
        kept: Document = {
            "$arrayToObject": {
                "$filter": {
                    "input": {"$objectToArray": {"$ifNull": ["$days", {}]}},
                    "cond": {"$gte": ["$$this.k", oldest]},
                }
            }
        }
        updates = [
            UpdateOne(
                {"_id": subject},
                [{"$set": {"days": {"$mergeObjects": [kept, {"$literal": counted}]}}}],
                upsert=True,
            )
            for subject, counted in days.items()
        ]
        if updates:
            await self.collection.bulk_write(updates, ordered=False)

    async def _counted(self, tenants: Iterable[str], until: datetime | None = None) -> Counts:
        """What came since the days that are put away, before ``until`` if it is given."""
        since: dict[datetime, list[str]] = {}
        for tenant in tenants:
            since.setdefault(self._through[tenant], []).append(tenant)
        declines = {"kind": {"$literal": "declines"}, "s": "$source"}
        pipeline = _ended(since, until, "received_at", declines, noes.COUNTED)
        follow_ups = _ended(since, until, _SENT_AT, {"kind": {"$literal": "follow_ups"}}, _SENT)
        outcomes = _ended(since, until, "at", {"kind": "$kind", "subject": "$subject"}, {})
        pipeline += [
            {"$unionWith": {"coll": "cases", "pipeline": follow_ups}},
            {"$unionWith": {"coll": "outcomes", "pipeline": outcomes}},
        ]
        counts: Counts = Counter()
        async for row in self._cases.aggregate(pipeline):
            of = row["_id"]
            for subject in _subjects(of):
                counts[subject, of["day"], of["kind"]] += row["n"]
        return counts


def _ended(
    since: Mapping[datetime, Sequence[str]],
    until: datetime | None,
    at: str,
    of: Document,
    where: Document,
) -> list[Document]:
    before: Document = {"$lt": until} if until is not None else {}
    own = {} if "subject" in of else {"r": "$recruiter", "team": "$team"}
    day = {"$dateTrunc": {"date": f"${at}", "unit": "day"}}
    return [
        {
            "$match": {
                "$or": [
                    {"tenant": {"$in": tenants}, at: {"$gte": first, **before}, **where}
                    for first, tenants in since.items()
                ]
            }
        },
        {"$group": {"_id": {"t": "$tenant", "day": day, **own, **of}, "n": {"$sum": 1}}},
    ]


def _subjects(of: Document) -> list[str]:
    if "subject" in of:
        return [of["subject"]]
    names = [subjects.of_recruiter(of["t"], of.get("r")), subjects.of_tenant(of["t"])]
    names += [subjects.of_team(team)] if (team := of.get("team")) else []
    return [*names, subjects.of_source(of["t"], of["s"])] if "s" in of else names


def _midnight(at: datetime) -> datetime:
    return datetime.combine(at.astimezone(UTC).date(), time(), UTC)


def _day(text: str) -> datetime:
    return datetime.combine(datetime.fromisoformat(text).date(), time(), UTC)
