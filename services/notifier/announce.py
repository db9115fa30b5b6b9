"""Telling the others what became of a case, at least once and always under the same event id."""

from datetime import datetime

from shared.bus import Bus
from shared.events import (
    Event,
    FollowupCancelled,
    FollowupFailed,
    FollowupOutcome,
    FollowupSent,
    FollowupUncertain,
    outcome_id,
    type_of,
)
from shared.states import State
from shared.store.cases import Cases
from shared.store.client import Document

_KINDS: dict[State, type[FollowupOutcome]] = {
    State.SENT: FollowupSent,
    State.FAILED: FollowupFailed,
    State.UNCERTAIN: FollowupUncertain,
    State.CANCELLED: FollowupCancelled,
}
#: Cases told of in one go.
_LIMIT = 200


class Announcer:
    """Publishes the outcomes of cases marked `announce`.

    The mark is written with the outcome and taken off after the confirm; a crash between repeats the event.
    """

    def __init__(self, cases: Cases, bus: Bus) -> None:
        self._cases = cases
        self._bus = bus

    async def tell(self) -> int:
        """How many cases were told of. Raises Transient where the broker did not confirm; the marks stay."""
        marked = self._cases.collection.find({"announce": True}).limit(_LIMIT)
        cases = [case async for case in marked]
        if not cases:
            return 0
        await self._bus.publish([outcome_event(case) for case in cases])
        told = {"_id": {"$in": [case["_id"] for case in cases]}}
        await self._cases.collection.update_many(told, {"$unset": {"announce": ""}})
        return len(cases)


def outcome_event(case: Document) -> Event:
    """The event of a case's outcome, made of what is stored alone, so always the same. Pure."""
    data = _KINDS[State(case["state"])]
    at = datetime.fromisoformat(case["timeline"][-1]["at"])
    return Event(
        id=outcome_id(case["_id"], data.kind),
        type=type_of(data),
        source="/notifier",
        subject=case["_id"],
        time=at,
        tenant=case["tenant"],
        receivedat=at,
        traceparent=case.get("traceparent"),
        data=data(case=case["_id"], codes=_codes(case)),
    )


def _codes(case: Document) -> tuple[str, ...]:
    """Empty where no decision is stored: one odd case must not keep the others untold."""
    decision = case.get("decision")
    return tuple(decision["signed"]["decision"]["codes"]) if decision else ()
