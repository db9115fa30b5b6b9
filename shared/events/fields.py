"""What data of events are made of."""

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from shared.moments import to_millisecond

#: MongoDB keeps milliseconds, so the event does too: what is stored and what is sent compare equal.
Moment = Annotated[AwareDatetime, AfterValidator(to_millisecond)]
Short = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
#: The longest message text that is looked at; longer ones are refused at the door, but for those of stops.
MAX_TEXT = 20_000
Text = Annotated[str, StringConstraints(max_length=MAX_TEXT)]
#: Of a stop, which counts however much is said with it.
CutText = Annotated[
    str,
    AfterValidator(lambda text: text[:MAX_TEXT]),
    Field(description=f"What is beyond {MAX_TEXT:,} characters is cut off."),
]
Channel = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
Stage = Literal["outreach", "application", "interview", "offer"]
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
