"""What reviewers decide: approve or deny a held case, cancel a follow-up, write down an opt-out."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Header, Security, status

from services.desk import access
from services.desk.keys import EVERY_TENANT, Caller
from services.desk.models import Cancel, Case, OptOut, OptOutTaken, Review
from services.desk.routes.cases import GUARDED, CaseId
from services.desk.views import Views, case_of
from services.desk.wishes import NotInForce, Wishes, wish
from shared import events
from shared.clock import Clock
from shared.errors import FieldError
from shared.problems import Problem, invalid, not_found, responses, unavailable
from shared.states import OPEN, State
from shared.store.client import Document

Wanted = Literal["approve", "deny", "cancel"]

#: In which states a wish can still be obeyed.
IN_TIME: dict[Wanted, frozenset[State]] = {
    "approve": frozenset({State.HELD}),
    "deny": frozenset({State.HELD}),
    "cancel": OPEN - {State.SENDING},
}
#: Where an obeyed wish may have led. An approved case is judged once more, and may be denied or stay held.
OBEYED: dict[Wanted, frozenset[State]] = {
    "approve": frozenset(State) - {State.RECEIVED, State.EXPIRED},
    "deny": frozenset({State.DENIED}),
    "cancel": frozenset({State.CANCELLED, State.DENIED}),
}

_TOKEN_BYTES = 16

Asking = Annotated[Caller, Depends(access.caller_of)]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="The same key is the same wish, sent once or often.",
    ),
]
Traceparent = Annotated[str | None, Header(include_in_schema=False, max_length=200)]

_DECIDED = {
    404: "No such case, or another tenant's.",
    409: "The case is in another state.",
    413: "The body is too large.",
    422: "The body is not as agreed.",
    503: "Not confirmed in time: the wish is kept and will be obeyed, or the detail says that it is not.",
}


class Desk:
    """Takes wishes on cases, waits until policy has them in force, and reads the case again."""

    def __init__(self, views: Views, reviews: Wishes, clock: Clock) -> None:
        self._views = views
        self._reviews = reviews
        self._clock = clock

    async def decide(
        self,
        case: str,
        wanted: Wanted,
        reason: str,
        *,
        caller: Caller,
        key: str | None,
        traceparent: str | None,
    ) -> Case:
        """The case once policy has obeyed. Raises 404, 409 where it is too late, 503 where no answer came."""
        before = await self._read(case, caller)
        data = events.ReviewDecided(case=before["_id"], decision=wanted, reason=reason, by=caller.name)
        event = wish(
            before["tenant"],
            data,
            key=f"{case}:{wanted}:{key or self._clock.token(_TOKEN_BYTES)}",
            now=self._clock.now(),
            subject=case,
            traceparent=traceparent,
        )
        if any(line["event_id"] == event.id for line in before["timeline"]):
            return case_of(before)  # this very wish was obeyed already: its sender missed the answer
        _must_be(before, IN_TIME[wanted], f"It can not be made to {wanted} any more.")
        await confirmed(self._reviews, event)
        after = await self._read(case, caller)
        _must_be(after, OBEYED[wanted], "Another word on it came first.")
        return case_of(after)

    async def _read(self, case: str, caller: Caller) -> Document:
        found = await self._views.case(case, caller)
        if found is None:
            raise not_found()
        return found


def _must_be(case: Document, allowed: frozenset[State], why: str) -> None:
    state = State(case["state"])
    if state not in allowed:
        detail = f"The case is {state}. {why}"
        raise Problem(409, "wrong-state", "The case is in another state", detail)


async def confirmed(wishes: Wishes, event: events.Event) -> None:
    """Returns once the wish is in force. Raises 503 that says truthfully whether the wish is safe."""
    try:
        await wishes.in_force(event)
    except NotInForce as error:
        if error.kept:
            detail = (
                "The wish is kept and will be obeyed, but is not confirmed to be in force yet."
                " Sending it again is safe."
            )
        else:
            detail = "The wish could not be kept. Send it again."
        raise unavailable(detail) from error


def routes(views: Views, gate: access.Gate, *, reviews: Wishes, stops: Wishes, clock: Clock) -> APIRouter:
    """POST /v1/cases/{id}/review, /v1/cases/{id}/cancel and /v1/opt-outs."""
    router = APIRouter(
        prefix="/v1",
        route_class=access.guarded(gate, "reviewer"),
        dependencies=[Security(access.SCHEME)],
        responses=responses(GUARDED),
    )
    desk = Desk(views, reviews, clock)

    @router.post("/cases/{case}/review", tags=["decisions"], responses=responses(_DECIDED))
    async def review_case(
        case: CaseId,
        body: Review,
        caller: Asking,
        idempotency_key: IdempotencyKey = None,
        traceparent: Traceparent = None,
    ) -> Case:
        """Approve or deny a held case; answered once that is in force. An approval cannot lift a deny."""
        return await desk.decide(
            case, body.decision, body.reason, caller=caller, key=idempotency_key, traceparent=traceparent
        )

    @router.post("/cases/{case}/cancel", tags=["decisions"], responses=responses(_DECIDED))
    async def cancel_case(
        case: CaseId,
        body: Cancel,
        caller: Asking,
        idempotency_key: IdempotencyKey = None,
        traceparent: Traceparent = None,
    ) -> Case:
        """Stop a follow-up before its send begins; answered once no send can begin any more."""
        return await desk.decide(
            case, "cancel", body.reason, caller=caller, key=idempotency_key, traceparent=traceparent
        )

    @router.post(
        "/opt-outs",
        tags=["decisions"],
        status_code=status.HTTP_202_ACCEPTED,
        responses=responses({status: text for status, text in _DECIDED.items() if status in {413, 422, 503}}),
    )
    async def opt_out(
        body: OptOut, caller: Asking, idempotency_key: IdempotencyKey = None, traceparent: Traceparent = None
    ) -> OptOutTaken:
        """Write down a "never again" that reached a person; answered once it is in force."""
        tenant = await _tenant_of(body, caller, views)
        person = events.Person(**body.person.model_dump(exclude_none=True))
        event = wish(
            tenant,
            events.OptOutReceived(person=person, scope=body.scope, text=body.text),
            key=f"opt-out:{idempotency_key or clock.token(_TOKEN_BYTES)}",
            now=clock.now(),
            traceparent=traceparent,
        )
        await confirmed(stops, event)
        return OptOutTaken(event_id=event.id)

    return router


async def _tenant_of(body: OptOut, caller: Caller, views: Views) -> str:
    if caller.tenant != EVERY_TENANT:
        if body.scope == "installation":
            # else one tenant could silence a person for all others
            raise Problem(
                403, "forbidden", "Not allowed", "The scope installation needs a key of the installation."
            )
        if body.tenant not in {None, caller.tenant}:
            raise invalid([FieldError("/tenant", "expected your own tenant, or nothing")])
        return caller.tenant
    if body.tenant is None or not await views.has_tenant(body.tenant):
        raise invalid(
            [
                FieldError(
                    "/tenant", "expected the name of a tenant; a key of the installation has none of its own"
                )
            ]
        )
    return body.tenant
