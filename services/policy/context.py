"""All that a rule may look at, as frozen values: the case, its history and the time of the judgment.

A context is complete and serialisable, so that a decision can store what it looked at and be judged again.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict

from shared.moments import to_millisecond

#: The newest entries kept of each kind of history. Bounds a stored decision and the time of a judgment.
HISTORY_LIMIT = 50
#: Days that a tally goes back.
TALLY_DAYS = 91
#: The age in days at which each bucket of a tally begins: a week of days, then twelve weeks. It ends where
#: the next begins. Today is age 0.
AGES = (0, 1, 2, 3, 4, 5, 6, *range(7, TALLY_DAYS, 7))
#: The edition of what is gathered. A stored context of an earlier one is judged by the rules of its time.
EDITION = 3

Direction = Literal["outreach", "reply"]
StopKind = Literal["opt_out", "complaint", "erasure", "bounce", "preference"]
StopScope = Literal["tenant", "installation"]
Who = Literal["candidate", "company", "unknown"]
Stage = Literal["outreach", "application", "interview", "offer"]
Severity = Literal["deny", "hold", "note"]
Outcome = Literal["approve", "hold", "deny"]
#: What a candidate's words mean.
Intent = Literal[
    "declined_soft",
    "declined_permanent_optout",
    "later",
    "interested",
    "out_of_office",
    "hostile_optout",
    "unclear",
]
Scalar = str | int | float | bool | None
Evidence = Mapping[str, Scalar | Sequence[Scalar]]

#: A moment in UTC, cut to the millisecond because the database keeps no more: a stored context must have the
#: digest of the one that was judged. A time without a zone is refused.
Moment = Annotated[AwareDatetime, AfterValidator(to_millisecond)]


class Fact(BaseModel):
    """Base of all values here: immutable, and an unknown field is an error, not a silent loss."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Mark(Fact):
    """What a rule of language saw in a text, without the words: they stay sealed with the message."""

    code: str
    severity: Severity
    rule: str
    says: str


class Message(Fact):
    """One message between anybody of the tenant and this person; `channel` as the source names it.

    `source` is who reported it. `intent` is what the words of a reply were read as, None where nobody read.
    """

    id: str
    at: Moment
    direction: Direction
    channel: str
    recruiter: str | None
    source: str | None = None
    intent: Intent | None = None
    marks: tuple[Mark, ...] = ()


class Stop(Fact):
    """A standing wish or fact that forbids writing, for one tenant or for the whole installation."""

    kind: StopKind
    scope: StopScope
    at: Moment
    event_id: str


class EarlierDecline(Fact):
    """Another "no" between this person and anybody of the same tenant; `who` is None where nobody kept it."""

    case: str
    at: Moment
    recruiter: str | None
    who: Who | None = None


class Claim(Fact):
    """A permit of another case that covers this person at this tenant; in force before `until`, not at it."""

    case: str
    at: Moment
    until: Moment
    recruiter: str | None


class Contact(Fact):
    """A permit for this person at another tenant, whose name is opaque on purpose."""

    tenant: str
    at: Moment


class Volume(Fact):
    """Counts at the time of judgment, over sliding windows.

    Those of a day or an hour are permits of other cases. Those of 30 days are all that is on record, with the
    decline that is judged.
    """

    recruiter_day: int
    tenant_day: int
    source_day: int
    recruiter_hour: int
    recruiter_declines_30d: int
    recruiter_outreach_30d: int


class Tally(Fact):
    """How conversations with one recruiter, tenant or source ended, newest first, in the buckets of
    `AGES`.

    An empty column is a column of zeros. `declines` are cases, `follow_ups` permits, `complaints`, `opt_outs`
    and `bounces` those of people who had been written to, one of each kind a person; `invented` are cases
    that were denied because nothing had been written before the no, `refused` those that a reviewer denied,
    `confirmed` those of whose conversation another source knew as well.
    """

    subject: str
    declines: tuple[int, ...] = ()
    follow_ups: tuple[int, ...] = ()
    complaints: tuple[int, ...] = ()
    opt_outs: tuple[int, ...] = ()
    bounces: tuple[int, ...] = ()
    invented: tuple[int, ...] = ()
    refused: tuple[int, ...] = ()
    confirmed: tuple[int, ...] = ()


class Standing(Fact):
    """The tallies of whose case this is. Who does not name a recruiter is one recruiter with all who do
    not.
    """

    recruiter: Tally
    tenant: Tally
    source: Tally


class Sameness(Fact):
    """To how many other people the same words belong: this no's own, and the last message's before it."""

    decline: int = 0
    outreach: int = 0


class Review(Fact):
    """What a person decided about a held case."""

    by: str
    decision: Literal["approve", "deny"]
    reason: str
    at: Moment


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

    @property
    def outreach(self) -> tuple[Message, ...]:
        """The recruiters' messages, oldest first."""
        return tuple(message for message in self.messages if message.direction == "outreach")


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
