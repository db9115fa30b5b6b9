"""All that a rule may look at, as one frozen value: the case, its history and the time of the judgment; and
what comes of it.

A context is complete and serialisable, so that a decision can store what it looked at and be judged again.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator

from services.policy.facts import (
    Cancel,
    Claim,
    Contact,
    EarlierDecline,
    Fact,
    Intent,
    Known,
    Lookup,
    Mark,
    Message,
    Reading,
    Review,
    Sameness,
    Severity,
    Standing,
    Stop,
    Volume,
)
from shared.events import Moment, Stage
from shared.reasons import Who

#: The newest entries kept of each kind of history. Bounds a stored decision and the time of a judgment.
HISTORY_LIMIT = 50
#: The edition of what is gathered. A stored context of an earlier one is judged by the rules of its time.
EDITION = 6
#: How long a no without outreach waits more, each time, while imported history is not all read.
HISTORY_LOOKS_EVERY = timedelta(minutes=1)

Outcome = Literal["approve", "hold", "deny"]
Scalar = str | int | float | bool | None
Evidence = Mapping[str, Scalar | Sequence[Scalar]]


def _settle_messages(entries: tuple[Message, ...]) -> tuple[Message, ...]:
    # The later assignment wins, so of two messages under one id the earlier stands, as it does in the inbox.
    first = {message.id: message for message in sorted(entries, key=_message_order, reverse=True)}
    order = sorted(first.values(), key=_message_order)
    return tuple(order[-HISTORY_LIMIT:])


def _message_order(message: Message) -> tuple[datetime, str, str, str]:
    return message.at, message.id, message.direction, message.channel


def _settle_stops(entries: tuple[Stop, ...]) -> tuple[Stop, ...]:
    order = sorted(set(entries), key=lambda stop: (stop.at, stop.event_id, stop.kind, stop.scope))
    return tuple(order[-HISTORY_LIMIT:])


def _settle_declines(entries: tuple[EarlierDecline, ...]) -> tuple[EarlierDecline, ...]:
    order = sorted(set(entries), key=lambda decline: (decline.at, decline.case, decline.recruiter or ""))
    # The oldest no is the one that later messages went against, so it is kept whatever else is dropped.
    return tuple(order[:1] + order[1:][-(HISTORY_LIMIT - 1) :])


def _settle_claims(entries: tuple[Claim, ...]) -> tuple[Claim, ...]:
    order = sorted(set(entries), key=lambda claim: (claim.until, claim.at, claim.case, claim.recruiter or ""))
    return tuple(order[-HISTORY_LIMIT:])


def _settle_contacts(entries: tuple[Contact, ...]) -> tuple[Contact, ...]:
    latest = {contact.tenant: contact for contact in sorted(entries, key=lambda contact: contact.at)}
    order = sorted(latest.values(), key=lambda contact: (contact.at, contact.tenant))
    return tuple(order[-HISTORY_LIMIT:])


def _settle_keys(keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(keys)))


class Context(Fact):
    """One decline with everything that bears on it, as known at `now`.

    Histories come in any order and with repeats; they are kept sorted, without repeats and bounded, so that
    the same history is always the same context. Every field of the first edition must be given: forgotten
    stops would approve. What came later has a default that says nothing, with which contexts that were stored
    before read as they did, and which may never change.
    """

    case: str
    tenant: str
    source: str
    source_kind: str
    event_id: str
    now: Moment
    received_at: Moment
    declined_at: Moment
    who: Who
    stage: Stage | None
    reason: str | None
    recruiter: str | None
    keys: Annotated[tuple[str, ...], AfterValidator(_settle_keys)]
    messages: Annotated[tuple[Message, ...], AfterValidator(_settle_messages)]
    earlier_declines: Annotated[tuple[EarlierDecline, ...], AfterValidator(_settle_declines)]
    withdrawn_at: Moment | None
    stops: Annotated[tuple[Stop, ...], AfterValidator(_settle_stops)]
    claims: Annotated[tuple[Claim, ...], AfterValidator(_settle_claims)]
    contacts: Annotated[tuple[Contact, ...], AfterValidator(_settle_contacts)]
    volume: Volume
    review: Review | None
    not_before: Moment | None
    follow_up_wanted: bool | None
    #: The identifiers lead to more people than one person can be.
    tangled: bool
    edition: int = 1
    standing: Standing | None = None
    sameness: Sameness | None = None
    #: Follow-ups of the last 24 hours for the recruiter, also for who names none (unlike in `volume`).
    permits_day: int = 0
    #: What the words of this no were read as; None where nobody read them.
    reply_intent: Intent | None = None
    reply_marks: tuple[Mark, ...] = ()
    #: The person is nobody: somebody tries a source.
    sample: bool = False
    #: None where the source named no reason, or nobody kept how it was read.
    reading: Reading | None = None
    #: None where the platform is not asked, and the record is what was reported.
    lookup: Lookup | None = None
    #: None where nobody cancelled; of wishes that were kept without a name, `withdrawn_at` tells.
    cancel: Cancel | None = None
    #: Messages are at the broker that nobody has read, of an import or put off; what this no answers may be
    #: among them.
    history_waits: bool = False
    #: When policy first looked at this no; None where that was not kept, and the no counts from its arrival.
    seen_at: Moment | None = None

    @property
    def outreach(self) -> tuple[Message, ...]:
        """The recruiters' messages, oldest first."""
        return tuple(message for message in self.messages if message.direction == "outreach")

    def grace_until(self, grace: timedelta) -> datetime:
        """The end of the grace. What was told soon after the no lies as soon behind it in a queue, however
        long both have lain there, so the grace begins when the no is first seen.
        """
        return max(self.received_at, self.seen_at or self.received_at) + grace

    def outreach_until(self, grace: timedelta) -> datetime:
        """Until when a message from before this no may still come to be on record."""
        end = self.grace_until(grace)
        return max(end, self.now + HISTORY_LOOKS_EVERY) if self.history_waits else end

    @property
    def known(self) -> Known | None:
        """What the platform says of the no itself, where only it can."""
        return self.lookup.known if self.lookup is not None else None

    @property
    def looked_up(self) -> bool:
        """Whether nothing is outstanding that the platform may know."""
        return self.lookup is None or self.lookup.state == "found"


class Finding(Fact):
    """What one rule has to say: a stable code, its weight, the evidence, and a sentence for a person."""

    code: str
    severity: Severity
    evidence: Evidence
    says: str


@dataclass(frozen=True, slots=True)
class RuleFault:
    """A rule that raised. The verdict holds because of it; the caller logs the error."""

    rule: str
    error: Exception


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The judgment: its worst finding decides.

    `version` is the policy's, `digest` the context's. With `wait_until` the verdict is a hold that is not for
    a person: history may still arrive, and the case is to be judged again at that time.
    """

    verdict: Outcome
    findings: tuple[Finding, ...]
    version: str
    digest: str
    wait_until: datetime | None = None
    faults: tuple[RuleFault, ...] = field(default=(), compare=False)


def canonical_json(value: object) -> str:
    """JSON of plain values in the one form that is hashed: keys sorted, no spaces, no needless escapes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(context: Context) -> str:
    """SHA-256 (hex) over the context's canonical JSON: what a decision was based on, in 64 characters.

    Defaults are left out, so that a context that was stored before a field came keeps its digest.
    """
    said = context.model_dump(mode="json", exclude_defaults=True)
    return hashlib.sha256(canonical_json(said).encode()).hexdigest()
