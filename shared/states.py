"""The states of a case, the one table of what may follow what, and the chain that makes its history
tamper-evident.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from shared.errors import AfterwordError


class State(StrEnum):
    """Where a case stands."""

    RECEIVED = "received"
    HELD = "held"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    DENIED = "denied"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


#: ``held`` follows ``held`` where what held a case is settled and something else still holds it.
#: ``sending`` goes back to ``scheduled`` only when the mail server itself said that it took nothing (a 4xx
#: answer).
TRANSITIONS: dict[State, frozenset[State]] = {
    State.RECEIVED: frozenset({State.APPROVED, State.HELD, State.DENIED}),
    State.HELD: frozenset({State.APPROVED, State.HELD, State.DENIED, State.EXPIRED}),
    State.APPROVED: frozenset({State.SCHEDULED, State.CANCELLED}),
    State.SCHEDULED: frozenset({State.SENDING, State.FAILED, State.CANCELLED}),
    State.SENDING: frozenset({State.SENT, State.FAILED, State.UNCERTAIN, State.SCHEDULED}),
    State.SENT: frozenset(),
    State.FAILED: frozenset(),
    State.UNCERTAIN: frozenset(),
    State.DENIED: frozenset(),
    State.EXPIRED: frozenset(),
    State.CANCELLED: frozenset(),
}
TERMINAL = frozenset(state for state, nexts in TRANSITIONS.items() if not nexts)
OPEN = frozenset(State) - TERMINAL
#: What an opt-out, a complaint, an erasure or a withdrawal still stops.
STOPPABLE = frozenset({State.APPROVED, State.SCHEDULED})


class TransitionRefusedError(AfterwordError):
    """A case cannot go from this state to that one."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a case's timeline. ``hash`` covers the line, the case and the hash of the line before
    it; ``nonce`` tells two tries of the same move in the same millisecond apart.
    """

    at: str
    from_state: str | None
    to_state: str
    by: str
    why: str
    event_id: str | None
    prev: str
    hash: str
    nonce: str = ""

    def stored(self) -> dict[str, Any]:
        """The line as it is stored."""
        return {name: getattr(self, name) for name in self.__slots__}


def _hash(case: str, line: Mapping[str, Any]) -> str:
    covered = {name: line[name] for name in ("at", "from_state", "to_state", "by", "why", "event_id", "prev")}
    if line.get("nonce"):
        covered["nonce"] = line["nonce"]
    text = json.dumps([case, covered], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def entry(  # noqa: PLR0913 - a timeline line has these parts
    case: str,
    head: str,
    at: datetime,
    from_state: State | None,
    to_state: State,
    *,
    by: str,
    why: str,
    event_id: str | None,
    nonce: str = "",
) -> Entry:
    """The next line of a case's timeline.

    In: ``head``, the hash of the line before ("" for the first). Raises TransitionRefusedError for a move the
    table does not allow.
    """
    if from_state is not None and to_state not in TRANSITIONS[from_state]:
        raise TransitionRefusedError(f"{case}: {from_state} cannot become {to_state}")
    line: dict[str, Any] = {
        "at": at.isoformat(timespec="milliseconds"),
        "from_state": from_state,
        "to_state": to_state,
        "by": by,
        "why": why,
        "event_id": event_id,
        "prev": head,
        "nonce": nonce,
    }
    return Entry(hash=_hash(case, line), **line)


def chain_faults(case: str, state: str, head: str, timeline: Sequence[Mapping[str, Any]]) -> Iterable[str]:
    """What is wrong with a stored timeline: nothing, or a sentence for each broken link."""
    prev, before = "", None
    for number, line in enumerate(timeline, start=1):
        if line["prev"] != prev:
            yield f"line {number} does not follow line {number - 1}"
        if _hash(case, line) != line["hash"]:
            yield f"line {number} was changed after it was written"
        if line["from_state"] != before:
            yield f"line {number} starts from {line['from_state']}, but the case was {before}"
        if (
            line["from_state"] is not None
            and State(line["to_state"]) not in TRANSITIONS[State(line["from_state"])]
        ):
            yield f"line {number} makes a move that is not allowed"
        prev, before = line["hash"], line["to_state"]
    if prev != head:
        yield "the last line is not the one that the case names: lines are missing or were added"
    if before != state:
        yield f"the case says {state}, its timeline says {before}"
