"""What the others are told of a case, made from what is stored: telling it again gives the same events.
Pure.
"""

from collections.abc import Iterable
from datetime import datetime

from shared.decision import SignedDecision
from shared.events import (
    Data,
    Event,
    FollowupApproved,
    FollowupCancelled,
    FollowupDenied,
    FollowupExpired,
    FollowupHeld,
    PersonForgotten,
    forgotten_id,
    outcome_id,
    type_of,
)
from shared.states import State
from shared.store.client import Document


def announcements(cases: Iterable[Document], now: datetime) -> list[Event]:
    """One event for each case that stands where policy put it; none for what has gone on since."""
    return [_event(case, data, now) for case in cases if (data := _data(case)) is not None]


def _data(case: Document) -> Data | None:
    codes = tuple(
        (case.get("recheck") or case.get("decision") or {"signed": {"decision": {"codes": ()}}})["signed"][
            "decision"
        ]["codes"]
    )
    match State(case["state"]):
        case State.APPROVED:
            return FollowupApproved(permit=SignedDecision.model_validate(case["decision"]["signed"]))
        case State.HELD:
            return FollowupHeld(case=case["_id"], codes=codes)
        case State.DENIED:
            return FollowupDenied(case=case["_id"], codes=codes)
        case State.CANCELLED:
            return FollowupCancelled(case=case["_id"], codes=codes)
        case State.EXPIRED:
            return FollowupExpired(case=case["_id"], codes=codes)
        case _:
            return None


def _event(case: Document, data: Data, now: datetime) -> Event:
    return Event(
        id=outcome_id(case["_id"], data.kind),
        type=type_of(type(data)),
        source="/policy",
        subject=case["_id"],
        time=now,
        tenant=case["tenant"],
        receivedat=now,
        traceparent=case.get("traceparent"),
        data=data,
    )


def farewells(erasures: Iterable[tuple[Event, frozenset[str]]]) -> list[Event]:
    """One event for each erasure, with the keys it reached, for whoever else keeps something of the person.

    Always the same, and received when the erasure was: what came later is not meant.
    """
    return [
        event.model_copy(
            update={
                "id": forgotten_id(event.id),
                "type": type_of(PersonForgotten),
                "source": "/policy",
                "subject": None,
                "digest": None,
                "data": PersonForgotten(keys=tuple(sorted(keys))),
            }
        )
        for event, keys in erasures
    ]
