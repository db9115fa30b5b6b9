"""Reads for the desk: cases and conflicts as the caller may see them.

Another tenant's document is not there at all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.desk.cursor import Cursor
from services.desk.keys import Caller
from services.desk.models import Case, CasePage, CaseSummary, Conflict, ConflictPage, Decision, Step
from shared.clock import to_millisecond
from shared.states import State
from shared.store.client import Collection, Database, Document

#: A list that takes longer is given up, so that no filter can hold the database.
MAX_TIME_MS = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which cases; None does not filter. ``since`` is included, ``until`` is not."""

    state: State | None = None
    recruiter: str | None = None
    code: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def query(self) -> Document:
        """As MongoDB has it."""
        query: Document = {}
        if self.state is not None:
            query["state"] = self.state.value
        if self.recruiter is not None:
            query["recruiter"] = self.recruiter
        if self.code is not None:
            query["$or"] = [{f"{look}.findings.code": self.code} for look in ("decision", "recheck")]
        bounds = {"$gte": self.since, "$lt": self.until}
        bounds = {operator: to_millisecond(at) for operator, at in bounds.items() if at is not None}
        return query | ({"received_at": bounds} if bounds else {})


def summary_of(document: Mapping[str, Any]) -> CaseSummary:
    """The case as it stands in a list."""
    return CaseSummary(**_summary(document))


def case_of(document: Mapping[str, Any]) -> Case:
    """The whole case. Fields are named one by one: what is stored for machines never slips out."""
    decision, recheck = document.get("decision"), document.get("recheck")
    return Case(
        **_summary(document),
        event_id=document["event_id"],
        decision=None if decision is None else Decision.model_validate(decision),
        recheck=None if recheck is None else Decision.model_validate(recheck),
        timeline=[Step.model_validate(line) for line in document["timeline"]],
    )


def _summary(document: Mapping[str, Any]) -> dict[str, Any]:
    decision = document.get("recheck") or document.get("decision") or {}
    return {
        "id": document["_id"],
        "tenant": document["tenant"],
        "source": document["source"],
        "state": State(document["state"]),
        "recruiter": document.get("recruiter"),
        "verdict": decision.get("verdict"),
        "codes": list(dict.fromkeys(finding["code"] for finding in decision.get("findings", ()))),
        "received_at": document["received_at"],
        "declined_at": document.get("declined_at"),
        "due_at": (document.get("send") or {}).get("due_at"),
    }


def conflict_of(document: Mapping[str, Any]) -> Conflict:
    """The conflict as it was recorded."""
    return Conflict(
        id=document["_id"],
        tenant=document["tenant"],
        source=document["source"],
        event_id=document["event_id"],
        type=document["type"],
        first_digest=document["first_digest"],
        digest=document["digest"],
        at=document["at"],
    )


class Views:
    """What callers see of the database."""

    def __init__(self, database: Database) -> None:
        self._cases: Collection = database["cases"]
        self._conflicts: Collection = database["conflicts"]
        self._tenants: Collection = database["tenants"]

    async def case(self, case: str, caller: Caller) -> Document | None:
        """The stored case; None where there is none or not for this caller: one query, one answer."""
        return await self._cases.find_one({"_id": case, **caller.scope()})

    async def linked_case(self, case: str) -> Document | None:
        """What a candidate's page needs of the case that their link names."""
        return await self._cases.find_one({"_id": case}, {"tenant": 1, "declined_at": 1, "received_at": 1})

    async def company(self, tenant: str) -> str:
        """The name by which candidates know a tenant; its id where none is on record."""
        found = await self._tenants.find_one({"_id": tenant}, {"company": 1})
        return str((found or {}).get("company") or tenant)

    async def has_tenant(self, tenant: str) -> bool:
        """Whether there is such a tenant."""
        return await self._tenants.find_one({"_id": tenant}, {"_id": 1}) is not None

    async def cases(self, caller: Caller, filters: Filters, cursor: Cursor | None, limit: int) -> CasePage:
        """A page of cases, the newest first."""
        found, following = await _page(
            self._cases, [caller.scope(), filters.query()], "received_at", cursor, limit
        )
        return CasePage(items=[summary_of(document) for document in found], next=following)

    async def conflicts(self, caller: Caller, cursor: Cursor | None, limit: int) -> ConflictPage:
        """A page of conflicts, the newest first."""
        found, following = await _page(self._conflicts, [caller.scope()], "at", cursor, limit)
        return ConflictPage(items=[conflict_of(document) for document in found], next=following)


async def _page(
    collection: Collection, conditions: Sequence[Document], time_field: str, cursor: Cursor | None, limit: int
) -> tuple[list[Document], str | None]:
    """The documents of one page, and the cursor of the next where there is one."""
    every = [*conditions, *([cursor.after(time_field)] if cursor else [])]
    wanted = [condition for condition in every if condition]
    query = {"$and": wanted} if wanted else {}
    order = [(time_field, -1), ("_id", -1)]
    found = (
        await collection.find(query, {"timeline": 0})
        .sort(order)
        .limit(limit + 1)
        .max_time_ms(MAX_TIME_MS)
        .to_list(limit + 1)
    )
    page = found[:limit]
    more = len(found) > limit
    return page, Cursor(page[-1][time_field], page[-1]["_id"]).text() if more else None
