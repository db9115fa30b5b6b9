"""What the API takes and gives.

Answers hold no personal data; bodies with a field that is not known are refused.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, model_validator

from shared import events
from shared.canonical import canonical_email, canonical_phone
from shared.profiles import canonical_profile_url
from shared.states import State

_CASE = "case_" + "a2b3c4d5" * 4
_EVENT = "evt_" + "e5f6g7h2" * 4
_MOMENT = "2026-03-02T09:30:00Z"

Moment = Annotated[datetime, AfterValidator(lambda at: at.astimezone(UTC))]


def _example(example: dict[str, Any], *, forbid: bool = False) -> ConfigDict:
    return ConfigDict(
        frozen=True,
        extra="forbid" if forbid else "ignore",
        json_schema_extra={"examples": [example]},
        populate_by_name=True,
    )


class Finding(BaseModel):
    """What one rule had to say."""

    code: str = Field(description="Stable name of the finding, for instance `conduct.burst`.")
    severity: Literal["deny", "hold", "note"]
    says: str = Field(description="The finding in a sentence.")
    evidence: dict[str, JsonValue] = Field(description="What the finding rests on.")


class Decision(BaseModel):
    """The stored decision."""

    verdict: Literal["approve", "hold", "deny"]
    version: str = Field(description="Content hash of the policy that judged.")
    digest: str = Field(description="SHA-256 of everything that was looked at.")
    at: Moment
    findings: list[Finding] = Field(description="Why, the weightiest first.")


class Step(BaseModel):
    """One line of the case's hash-chained timeline."""

    at: Moment
    from_state: State | None
    to_state: State
    by: str = Field(description="The service, or the name of the reviewer's key.")
    why: str
    event_id: str | None = Field(description="The event that caused the step.")
    hash: str


_SUMMARY = {
    "id": _CASE,
    "tenant": "acme",
    "source": "acme-ats",
    "state": "held",
    "recruiter": "acme/rV1StGXR8_Z5jdHi6B-myTx",
    "verdict": "hold",
    "codes": ["conduct.reminded"],
    "received_at": _MOMENT,
    "declined_at": "2026-03-02T09:29:41Z",
    "due_at": None,
}
_DECISION = {
    "verdict": "hold",
    "version": "sha256:3f0a9c51",
    "digest": "9b74c9897bac770ffc029102a200c5de",
    "at": _MOMENT,
    "findings": [
        {
            "code": "conduct.reminded",
            "severity": "hold",
            "says": "The recruiter wrote three times before the candidate answered.",
            "evidence": {"messages": 3, "hold_at": 3},
        }
    ],
}
_STEP = {
    "at": _MOMENT,
    "from_state": None,
    "to_state": "received",
    "by": "policy",
    "why": "decline received",
    "event_id": _EVENT,
    "hash": "5c1d7f0e",
}


class CaseSummary(BaseModel):
    """A case as it stands in a list."""

    model_config = _example(_SUMMARY)

    id: str
    tenant: str
    source: str = Field(description="The source that reported the decline.")
    state: State
    recruiter: str | None = Field(description="Fingerprint of the recruiter; also a filter.")
    verdict: Literal["approve", "hold", "deny"] | None
    codes: list[str] = Field(description="The codes of the findings; each is also a filter.")
    received_at: Moment
    declined_at: Moment | None
    due_at: Moment | None = Field(description="When the follow-up is due, where one is scheduled.")


class Case(CaseSummary):
    """A case with everything that explains it."""

    model_config = _example(
        {**_SUMMARY, "event_id": _EVENT, "decision": _DECISION, "recheck": None, "timeline": [_STEP]}
    )

    event_id: str = Field(description="The decline's event.")
    decision: Decision | None = Field(description="None until the case is judged.")
    recheck: Decision | None = Field(description="The later look that stopped an approved follow-up.")
    timeline: list[Step]


class CasePage(BaseModel):
    """A page of cases, the newest first."""

    model_config = _example({"items": [_SUMMARY], "next": "MTc3MjQ0MzgwMDAwMC5jYXNlXw"})

    items: list[CaseSummary]
    next: str | None = Field(description="The cursor of the next page; null on the last.")


class Conflict(BaseModel):
    """A delivery under an id that was known already, with other content. It was never acted on."""

    id: str
    tenant: str
    source: str
    event_id: str
    type: str
    first_digest: str = Field(description="Digest of the content that stands.")
    digest: str = Field(description="Digest of the content that was refused.")
    at: Moment


class ConflictPage(BaseModel):
    """A page of conflicts, the newest first."""

    model_config = _example(
        {
            "items": [
                {
                    "id": f"{_EVENT}:77c0",
                    "tenant": "acme",
                    "source": "acme-ats",
                    "event_id": _EVENT,
                    "type": "afterword.decline.received.v1",
                    "first_digest": "1f3a",
                    "digest": "77c0",
                    "at": _MOMENT,
                }
            ],
            "next": None,
        }
    )

    items: list[Conflict]
    next: str | None


class Review(BaseModel):
    """A reviewer's word on a held case."""

    model_config = _example(
        {"decision": "approve", "reason": "The third message was a correction of the second."}, forbid=True
    )

    decision: Literal["approve", "deny"]
    reason: events.Line = Field(description="Kept in the case's timeline; name no person here.")


class Cancel(BaseModel):
    """The wish that a case's follow-up is not sent."""

    model_config = _example({"reason": "The candidate called and asked us to leave it."}, forbid=True)

    reason: events.Line = Field(description="Kept in the case's timeline; name no person here.")


class OptOutPerson(BaseModel):
    """Who does not want to be written to; at least one identifier that can be read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: events.Short | None = None
    email: Annotated[str, Field(max_length=320)] | None = None
    phone: Annotated[str, Field(max_length=40)] | None = None
    profile_urls: Annotated[tuple[events.Line, ...], Field(max_length=10)] = ()
    region: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = Field(
        None, description="ISO 3166-1 alpha-2; reads a national phone number."
    )

    @model_validator(mode="after")
    def _readable(self) -> Self:
        """One that cannot be read would be ignored later, and a wish that silently fails breaks a promise."""
        if not (self.email or self.phone or self.profile_urls):
            raise ValueError("expected an email, a phone or a profile URL")
        if self.email and canonical_email(self.email) is None:
            raise ValueError("email: expected an e-mail address")
        if self.phone and canonical_phone(self.phone, self.region) is None:
            raise ValueError("phone: expected an international number, or a national one with its region")
        if any(canonical_profile_url(url) is None for url in self.profile_urls):
            raise ValueError("profile_urls: expected the http(s) addresses of profiles")
        return self


class OptOut(BaseModel):
    """A person said "never again" to somebody, who writes it down here."""

    model_config = _example(
        {"person": {"email": "candidate@example.org"}, "scope": "tenant", "text": "Said so on the phone."},
        forbid=True,
    )

    person: OptOutPerson
    scope: Literal["tenant", "installation"] = Field(
        "tenant", description="`installation` (every tenant) is for keys of the installation."
    )
    tenant: events.Short | None = Field(
        None, description="Whose candidate; only keys of the installation must say it."
    )
    text: events.Text | None = Field(None, description="The wish in the person's words; kept sealed.")


class OptOutTaken(BaseModel):
    """The opt-out is in force: no send to this person begins any more."""

    model_config = _example({"event_id": _EVENT})

    event_id: str
