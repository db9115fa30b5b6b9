"""Reads: cases and conflicts, for every role."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Security

from services.desk import access
from services.desk.cursor import Cursor
from services.desk.keys import Caller
from services.desk.models import Case, CasePage, ConflictPage
from services.desk.views import Filters, Views, case_of
from shared.errors import Invalid
from shared.events import Moment
from shared.problems import invalid, not_found, responses
from shared.states import State

MAX_LIMIT = 200
GUARDED = {
    401: "No key, or one that is unknown or revoked.",
    403: "The key's role does not reach.",
    503: "The database is away.",
}

Asking = Annotated[Caller, Depends(access.caller_of)]
CaseId = Annotated[str, Path(description="The case's id.", examples=["case_" + "a2b3c4d5" * 4])]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="How many at most.")]
From = Annotated[
    str | None, Query(alias="cursor", max_length=300, description="The `next` of the page before.")
]


def _read(cursor: str | None) -> Cursor | None:
    try:
        return None if cursor is None else Cursor.parse(cursor)
    except Invalid as error:
        raise invalid(error.errors) from error


def _filters(
    state: Annotated[State | None, Query(description="Only cases in this state.")] = None,
    recruiter: Annotated[str | None, Query(max_length=200, description="Only this recruiter's.")] = None,
    code: Annotated[str | None, Query(max_length=100, description="Only with this finding.")] = None,
    since: Annotated[Moment | None, Query(description="Received at or after.")] = None,
    until: Annotated[Moment | None, Query(description="Received before.")] = None,
) -> Filters:
    return Filters(state=state, recruiter=recruiter, code=code, since=since, until=until)


def routes(views: Views, gate: access.Gate) -> APIRouter:
    """GET /v1/cases, /v1/cases/{id} and /v1/conflicts."""
    router = APIRouter(
        prefix="/v1",
        route_class=access.guarded(gate, "viewer"),
        dependencies=[Security(access.SCHEME)],
        responses=responses(GUARDED),
    )

    @router.get("/cases", tags=["cases"], responses=responses({422: "A parameter is not as agreed."}))
    async def list_cases(
        caller: Asking, filters: Annotated[Filters, Depends(_filters)], cursor: From = None, limit: Limit = 50
    ) -> CasePage:
        """Cases, the newest first. Cases that arrive while you page neither repeat nor hide one."""
        return await views.cases(caller, filters, _read(cursor), limit)

    @router.get(
        "/cases/{case}", tags=["cases"], responses=responses({404: "No such case, or another tenant's."})
    )
    async def read_case(case: CaseId, caller: Asking) -> Case:
        """One case: where it stands, how it came there, and why."""
        found = await views.case(case, caller)
        if found is None:
            raise not_found()
        return case_of(found)

    @router.get("/conflicts", tags=["conflicts"], responses=responses({422: "A parameter is not as agreed."}))
    async def list_conflicts(caller: Asking, cursor: From = None, limit: Limit = 50) -> ConflictPage:
        """Deliveries under a known id with other content, the newest first. None was ever acted on."""
        return await views.conflicts(caller, _read(cursor), limit)

    return router
