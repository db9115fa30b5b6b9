"""The events: CloudEvents 1.0 whose data are Pydantic models, one kind a class.

A type reads ``afterword.<kind>.v<version>``. Unknown fields are ignored, so that an older reader survives a
newer writer; stored examples of every version live in tests/fixtures/events and are parsed by a test.
"""

import base64
import hashlib
import json
import re
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    SerializeAsAny,
    StringConstraints,
    field_validator,
)

from shared.decision import SignedDecision
from shared.moments import to_millisecond
from shared.raw import RawDelivery, ReadAs
from shared.reasons import Reading, Side, Who


def _moment(at: datetime) -> datetime:
    try:
        return to_millisecond(at)
    except OverflowError:
        raise ValueError("a moment that has a UTC time is expected") from None


#: MongoDB keeps milliseconds, so the event does too: what is stored and what is sent compare equal.
Moment = Annotated[AwareDatetime, AfterValidator(_moment)]
Short = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
#: The longest message text that is looked at; longer ones are refused at the door.
MAX_TEXT = 20_000
Text = Annotated[str, StringConstraints(max_length=MAX_TEXT)]
CaseId = Annotated[str, StringConstraints(pattern=r"^case_[a-z2-7]{32}$")]


class Data(BaseModel):
    """What every event's data have in common: immutable, and unknown fields are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: ClassVar[str]
    version: ClassVar[int] = 1
    #: Inbound data name people, so they are sealed while they lie on the bus.
    sealed: ClassVar[bool] = True

    def as_sent(self) -> "Data":
        """These data without what we read into them: what the sender said, by which a repeat is known."""
        return self


class Person(BaseModel):
    """A candidate as a source knows them; any identifier may be missing, one at least must be there."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: Short | None = None
    email: Annotated[str, StringConstraints(strip_whitespace=True, max_length=320)] | None = None
    phone: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)] | None = None
    profile_urls: Annotated[tuple[Line, ...], Field(max_length=10)] = ()
    external_id: Short | None = Field(None, description="The source's own id of this person.")
    region: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] | None = Field(
        None, description="ISO 3166-1 alpha-2; reads national phone numbers."
    )
    timezone: Short | None = Field(None, description="IANA time zone, for quiet hours.")


class Recruiter(BaseModel):
    """Who wrote to the candidate."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: Short | None = None
    email: Annotated[str, StringConstraints(strip_whitespace=True, max_length=320)] | None = None
    external_id: Short | None = None
    team: Short | None = Field(
        None, description="The team that the recruiter is of, by its name or id in the platform."
    )


class Job(BaseModel):
    """What the outreach was about."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    title: Short | None = None
    external_id: Short | None = None


Channel = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]


class DeclineReceived(Data):
    """Somebody said no. Only the candidate's own no can ever start a thank-you."""

    kind = "decline.received"
    person: Person
    recruiter: Recruiter | None = None
    job: Job | None = None
    application: Short | None = Field(
        None, description="The source's own id of the application, behind which the rest is found."
    )
    who: Who = "unknown"
    stage: Literal["outreach", "application", "interview", "offer"] | None = None
    channel: Channel | None = None
    reason: Line | None = None
    text: Text | None = None
    reading: Reading | None = Field(
        None,
        description="Ours, not the sender's: what `who` was read from, where a reason is named.",
        json_schema_extra={"readOnly": True},
    )

    def as_sent(self) -> "DeclineReceived":
        """With the sender's own word, so that the map may change between two deliveries of one decline."""
        if self.reading is None:
            return self
        return self.model_copy(update={"who": self.reading.told, "reading": None})


class DeclineWithdrawn(Data):
    """The candidate took the decline back; one that came later under the same id stands."""

    kind = "decline.withdrawn"
    decline: Short = Field(description="The id under which the same source sent the decline.")


class InteractionRecorded(Data):
    """One message of the conversation: outreach by the recruiter, or a reply by the candidate."""

    kind = "interaction.recorded"
    person: Person
    recruiter: Recruiter | None = None
    job: Job | None = None
    direction: Literal["outreach", "reply"]
    channel: Channel = "email"
    text: Text | None = None


class OptOutReceived(Data):
    """Never again: from this tenant, or from everyone on this installation."""

    kind = "opt_out.received"
    person: Person | None = None
    case: CaseId | None = None
    scope: Literal["tenant", "installation"] = "tenant"
    text: Text | None = None


class ComplaintReceived(Data):
    """The candidate complained, for instance by a spam button; of a case, about the letter that was sent."""

    kind = "complaint.received"
    person: Person | None = None
    case: CaseId | None = None
    text: Text | None = None


class BounceReceived(Data):
    """A mail to this person came back; of a case, the letter that was sent."""

    kind = "bounce.received"
    person: Person | None = None
    case: CaseId | None = None
    permanent: bool = True


class ErasureRequested(Data):
    """Forget me: personal data are destroyed, the wish not to be written to outlives them."""

    kind = "erasure.requested"
    person: Person | None = None
    case: CaseId | None = None


class PreferenceSet(Data):
    """What the candidate prefers: no follow-ups at all, or none before a date."""

    kind = "preference.set"
    person: Person
    follow_up: bool = True
    not_before: Moment | None = None


class PersonChanged(Data):
    """The source knows the person by other data now, or found that two of its candidates are one person."""

    kind = "person.changed"
    person: Person
    formerly: Annotated[tuple[Short, ...], Field(max_length=10)] = Field(
        (), description="The source's own ids of candidates that were merged into this one."
    )


class KnownDecline(BaseModel):
    """A decline as its platform knows it, where what it sent does not tell: what is here counts over that."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    who: Who | None = Field(None, description="Whose no it is; where there is none, it is no decline.")
    why: Short | None = Field(None, description="Why it is none; a word, none about a person.")
    at: Moment | None = None
    stage: Literal["outreach", "application", "interview", "offer"] | None = None
    reason: Line | None = None


class LookupEnded(Data):
    """What the platform knows of before a decline was asked for: all of it came with this, or it could not be
    had.
    """

    kind = "lookup.ended"
    case: CaseId
    found: bool
    why: Short | None = Field(None, description="Why not; a word, none about a person.")
    known: KnownDecline | None = None


class ReviewDecided(Data):
    """A reviewer's word on a held case, or somebody's wish to stop a case before it is sent."""

    kind = "review.decided"
    case: CaseId
    decision: Literal["approve", "deny", "cancel"]
    reason: Line
    by: Short


class ReasonMapped(Data):
    """An operator's word on what a reason of a source means: what is open and names it is judged anew."""

    kind = "reason.mapped"
    source: Short = Field(description="The name of the source.")
    reason: Line
    side: Side
    by: Short


class FollowupApproved(Data):
    """The permit: a signed decision without which the notifier sends nothing."""

    kind = "followup.approved"
    sealed = False
    permit: SignedDecision


class FollowupOutcome(Data):
    """What became of a case. Holds no personal data."""

    sealed = False
    case: CaseId
    codes: tuple[str, ...] = ()


class FollowupHeld(FollowupOutcome):
    """The case waits for a reviewer."""

    kind = "followup.held"


class FollowupDenied(FollowupOutcome):
    """No follow-up for this case."""

    kind = "followup.denied"


class FollowupSent(FollowupOutcome):
    """The mail server accepted the follow-up."""

    kind = "followup.sent"


class FollowupFailed(FollowupOutcome):
    """The mail server refused the follow-up; nothing was delivered."""

    kind = "followup.failed"


class FollowupUncertain(FollowupOutcome):
    """Nobody knows whether the follow-up went out; it is never repeated."""

    kind = "followup.uncertain"


class FollowupCancelled(FollowupOutcome):
    """The follow-up was stopped before its send began."""

    kind = "followup.cancelled"


class FollowupExpired(FollowupOutcome):
    """Nobody reviewed the held case in time."""

    kind = "followup.expired"


class PersonForgotten(Data):
    """An erasure is done; whoever else keeps something under one of these keys destroys what came before."""

    kind = "person.forgotten"
    keys: tuple[str, ...] = Field(description="Tenant-scoped fingerprints, all that are known of the person.")


class DeliveryTaken(Data):
    """What came to a source and what it was read as; kept for a while, for whoever connects the source."""

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_bytes="base64", val_json_bytes="base64")

    kind = "delivery.taken"
    outcome: Literal["accepted", "ignored", "refused"]
    problem: Short | None = Field(None, description="The slug of the problem that refused it.")
    why: tuple[str, ...] = Field((), description="Why it was refused, or what of it was ignored.")
    read: tuple[ReadAs, ...] = ()
    people: tuple[Person, ...] = Field((), description="Whom its events name, so that it can be forgotten.")
    raw: RawDelivery


INBOUND: tuple[type[Data], ...] = (
    DeclineReceived,
    DeclineWithdrawn,
    InteractionRecorded,
    OptOutReceived,
    ComplaintReceived,
    BounceReceived,
    ErasureRequested,
    PreferenceSet,
    PersonChanged,
)
OUTBOUND: tuple[type[Data], ...] = (
    FollowupApproved,
    FollowupHeld,
    FollowupDenied,
    FollowupSent,
    FollowupFailed,
    FollowupUncertain,
    FollowupCancelled,
    FollowupExpired,
)


def people_of(data: Data) -> tuple[Person, ...]:
    """Whom the data name: nobody, or one person by every id that candidates were merged into it under."""
    person: Person | None = getattr(data, "person", None)
    if person is None:
        return ()
    return (person, *(Person(external_id=former) for former in getattr(data, "formerly", ())))


def type_of(data: type[Data]) -> str:
    """The CloudEvents type of a kind of data, for instance ``afterword.decline.received.v1``."""
    return f"afterword.{data.kind}.v{data.version}"


#: What we say ourselves, never a source: the people who run it, policy of an erasure, intake of what came
#: raw, its worker of what a platform knew.
INTERNAL: tuple[type[Data], ...] = (ReviewDecided, ReasonMapped, PersonForgotten, DeliveryTaken, LookupEnded)
_ALL: tuple[type[Data], ...] = (*INBOUND, *INTERNAL, *OUTBOUND)
TYPES: dict[str, type[Data]] = {type_of(data): data for data in _ALL}

_TRACEPARENT = re.compile(r"^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$")


class Event(BaseModel):
    """One event in a CloudEvents 1.0 envelope; attribute names as the specification has them.

    ``time`` is when it happened by the sender's word, ``receivedat`` when intake or the desk took it in,
    ``digest`` the fingerprint of what was sent, by which a repeat is told from a conflict, ``sourcekind`` the
    kind of the source, where one sent it. ``lookup`` says of a decline that the platform is asked what came
    before it.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: Literal["1.0"] = "1.0"
    id: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    type: str
    source: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    subject: str | None = None
    time: Moment
    tenant: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    receivedat: Moment
    digest: str | None = None
    sourcekind: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = None
    traceparent: str | None = None
    lookup: bool | None = None
    data: SerializeAsAny[Data]

    @field_validator("traceparent")
    @classmethod
    def _w3c(cls, value: str | None) -> str | None:
        """A malformed traceparent is dropped, as W3C Trace Context asks (section 3.2.2.5)."""
        return value if value is not None and _TRACEPARENT.match(value) else None

    @property
    def kind(self) -> str:
        """The type without prefix and version, for instance ``decline.received``."""
        return self.data.kind


def content_digest(kind: str, time: datetime, data: Data) -> str:
    """SHA-256 over what was sent, so that the same id with other content is noticed."""
    content: dict[str, Any] = {
        "kind": kind,
        "time": to_millisecond(time).isoformat(),
        "data": data.as_sent().model_dump(mode="json", exclude_defaults=True),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _derived(*parts: str) -> str:
    joined = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)
    return base64.b32encode(hashlib.sha256(joined).digest()[:20]).decode().lower()


def event_id(tenant: str, source: str, sent_id: str) -> str:
    """Our id of what a source sent: the same delivery always gets the same one."""
    return "evt_" + _derived("event", tenant, source, sent_id)


def case_id(decline_event_id: str) -> str:
    """The id of the case that a decline opens."""
    return "case_" + _derived("case", decline_event_id)


def forgotten_id(erasure_event_id: str) -> str:
    """The id of the event that tells that an erasure is done."""
    return "evt_" + _derived("forgotten", erasure_event_id)


def outcome_id(case: str, kind: str) -> str:
    """The id of the event that tells a case's outcome: publishing it again changes nothing."""
    return "evt_" + _derived("outcome", case, kind)
