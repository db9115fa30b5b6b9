"""What makes a permit one: policy signed it, it approves, and it is what the case itself says. Pure."""

from collections.abc import Sequence
from datetime import datetime

from shared.consumer import Dead, Done, Outcome
from shared.decision import Decision, SignedDecision, Verifier
from shared.errors import SignatureInvalid
from shared.events import Event, FollowupApproved
from shared.states import State
from shared.store.client import Document

#: The case has gone this far or further: the permit was here before.
_SCHEDULED = frozenset(
    {State.SCHEDULED, State.SENDING, State.SENT, State.FAILED, State.UNCERTAIN, State.CANCELLED}
)


def permit_in(event: Event, verifier: Verifier) -> Decision:
    """The approval that an event carries. Raises SignatureInvalid where policy did not sign one."""
    if not isinstance(event.data, FollowupApproved):
        raise SignatureInvalid(f"{event.kind} carries no permit")
    permit = verifier.verify(event.data.permit)
    if permit.verdict != "approve" or permit.schedule is None:
        raise SignatureInvalid(
            f"the decision on case {permit.case} permits nothing: it says {permit.verdict}"
        )
    return permit


def standing(permit: Decision, case: Document | None) -> Outcome | None:
    """What is to be done with a genuine permit, given the stored case; None: schedule it. Pure."""
    if case is None:
        return Dead(f"there is no case {permit.case}")
    if stored_decision(case) != permit or case["tenant"] != permit.tenant:
        return Dead(f"case {permit.case} was not decided by this permit")
    state = State(case["state"])
    if state is State.APPROVED:
        return None
    return Done() if state in _SCHEDULED else Dead(f"case {permit.case} is {state}, not approved")


def stored_decision(case: Document) -> Decision | None:
    """The decision inside the case, unverified; None where there is none that can be read."""
    signed = signed_decision(case)
    return signed.decision if signed is not None else None


def signed_decision(case: Document) -> SignedDecision | None:
    """The decision inside the case with its signature, unverified; None where none can be read."""
    try:
        return SignedDecision.model_validate(case["decision"]["signed"])
    except (LookupError, TypeError, ValueError):
        return None


def unclaimed(case: str, permits: Sequence[Document], now: datetime) -> str | None:
    """Why a case may no longer use the permit it claimed, given all of this person's; None: it may. Pure.

    Two may stand for one person where the alias that ties them was learnt after both were claimed.
    """
    valid = sorted((permit["at"], permit["_id"]) for permit in permits if permit["until"] > now)
    holders = [holder for _, holder in valid]
    if case not in holders:
        return "its permit has run out"
    return None if holders[0] == case else f"the same person has a follow-up already, by case {holders[0]}"
