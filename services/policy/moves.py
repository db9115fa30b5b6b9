"""What a verdict makes of a case: the state that it moves to, and the signed decision that it takes along.

Reads and writes nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.policy.context import Context, Verdict
from services.policy.document import Policy
from services.policy.facts import Reason
from services.policy.noes import said_no
from shared.decision import Decision, Signer
from shared.states import State
from shared.store.cases import Move
from shared.store.client import Document

#: Permitted and not yet begun: only a verdict that is no approval moves these.
DECIDED = frozenset({State.APPROVED, State.SCHEDULED})


@dataclass(frozen=True, slots=True)
class Judged:
    """One case with its verdict."""

    case: Document
    context: Context
    verdict: Verdict
    policy: Policy


class Mover:
    """Words moves; their decisions are signed with the policy's key."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    def move(self, one: Judged, now: datetime, cause: str | None) -> Move | None:
        """The move that the verdict asks for; None where the case is there already."""
        state, verdict = State(one.case["state"]), one.verdict
        codes = tuple(sorted({finding.code for finding in verdict.findings}))
        by, reason = _word(one, state, cause)
        why = ", ".join(codes) or "nothing speaks against it"
        why = f"{why}: {reason}" if reason else why
        if state in DECIDED:
            if verdict.verdict == "approve":
                return None
            recheck = self._decision(one, codes, now)
            return Move(
                one.case,
                State.CANCELLED,
                now,
                by,
                why,
                cause,
                {"recheck": recheck, "announced_codes": list(codes)},
            )
        to = {"approve": State.APPROVED, "hold": State.HELD, "deny": State.DENIED}[verdict.verdict]
        if to is state and (cause not in _mappings(one.context) or codes == _codes(one.case)):
            return None
        fields: Document = {"decision": self._decision(one, codes, now), "said_no": said_no(one.context)}
        if state is State.HELD:
            fields["held_decision"] = one.case["decision"]
        elif to is State.HELD:
            days = one.policy.document.review.expires_after_days
            fields["held_until"] = now + timedelta(days=days)
        return Move(one.case, to, now, by, why, cause, fields)

    def _decision(self, one: Judged, codes: tuple[str, ...], now: datetime) -> Document:
        verdict = one.verdict
        approved = verdict.verdict == "approve"
        signed = self._signer.sign(
            Decision(
                case=one.case["_id"],
                tenant=one.case["tenant"],
                verdict=verdict.verdict,
                version=verdict.version,
                digest=verdict.digest,
                codes=codes,
                at=now,
                schedule=one.policy.schedule(one.context.declined_at) if approved else None,
            )
        )
        return {
            "signed": signed.model_dump(mode="json"),
            "verdict": verdict.verdict,
            "version": verdict.version,
            "digest": verdict.digest,
            "findings": [finding.model_dump(mode="json") for finding in verdict.findings],
            "inputs": one.context.model_dump_json(),
            "confirmed": _confirmed(one.context),
            "at": now,
        }


def _word(one: Judged, state: State, cause: str | None) -> tuple[str, str | None]:
    """Whose word moved the case, and the reason that they gave: a reviewer's, that of who mapped its reason,
    else the policy's own.
    """
    said = one.context.cancel or (one.context.review if state is State.HELD else None)
    if said:
        return f"reviewer {said.by}", said.reason
    mapped = _mappings(one.context).get(cause)
    return (f"mapping by {mapped.by}" if mapped else "policy"), None


def _mappings(context: Context) -> dict[str | None, Reason]:
    """The operators' words that the reason was read by, by their events."""
    reasons = context.reading.reasons if context.reading else ()
    return {reason.event_id: reason for reason in reasons if reason.event_id}


def _codes(case: Document) -> tuple[str, ...]:
    return tuple(case["decision"]["signed"]["decision"]["codes"])


def _confirmed(context: Context) -> bool:
    """Whether another source than the decline's own knows of the conversation."""
    return any(message.source not in {None, context.source} for message in context.messages)
