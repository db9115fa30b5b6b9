"""What a source of the kind `generic` is told: how it signs, and where in its payload lies what."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from services.intake.sources.config import Config
from services.intake.sources.contract import KINDS
from services.intake.sources.expressions import Expression
from services.intake.sources.hmac_scheme import Signature


class PersonMap(BaseModel):
    """Where the person's data lie."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Expression = "person.name"
    email: Expression = "person.email"
    phone: Expression = "person.phone"
    profile_urls: Expression = "person.profile_urls"
    external_id: Expression = "person.external_id"


class RecruiterMap(BaseModel):
    """Where the recruiter's data lie."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Expression = "recruiter.name"
    email: Expression = "recruiter.email"
    external_id: Expression = "recruiter.external_id"
    team: Expression = "recruiter.team"


class JobMap(BaseModel):
    """Where the job's data lie."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: Expression = "job.title"
    external_id: Expression = "job.external_id"


class FieldMap(BaseModel):
    """Where in one item that ``events`` finds lies what; where nothing is said, under our own names."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    events: Expression = Field("@", description="The item, or the list of items, in the whole body.")
    type: Expression = Field("type", description="Our type, or a word that `types` knows.")
    id: Expression = Field("id", description="Stable: a retry must find the same.")
    time: Expression = Field("timestamp", description="RFC 3339, or a number of (milli)seconds since 1970.")
    person: PersonMap = PersonMap()
    recruiter: RecruiterMap = RecruiterMap()
    job: JobMap = JobMap()
    application: Expression = "application"
    who: Expression = Field(
        "who", description="candidate or company, in whatever letter case; all else is unknown."
    )
    stage: Expression = "stage"
    reason: Expression = "reason"
    text: Expression = "text"
    channel: Expression = "channel"
    direction: Expression = "direction"
    decline: Expression = Field("decline", description="Of a withdrawal: the id of the decline.")
    formerly: Expression = "formerly"


def _kind(kind: str) -> str:
    if kind not in KINDS:
        raise ValueError(f"one of {', '.join(KINDS)} is expected")
    return kind


class GenericConfig(Config):
    """What a source of this kind may be told."""

    signature: Signature = Signature()
    types: Annotated[dict[str, Annotated[str, AfterValidator(_kind)]], Field(max_length=100)] = Field(
        {}, description="The platform's words for what happened, and our type of each."
    )
    map: FieldMap = FieldMap()
    example: Any = Field(None, description="A payload in which the mapping has to find an event.")
