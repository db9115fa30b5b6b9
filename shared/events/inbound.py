"""What sources and candidates tell."""

from typing import Annotated, Literal

from pydantic import Field

from shared.events.fields import (
    CaseId,
    Channel,
    CutText,
    Data,
    Job,
    Line,
    Moment,
    Person,
    Recruiter,
    Short,
    Stage,
    Text,
)
from shared.reasons import Reading, Who


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
    stage: Stage | None = None
    channel: Channel | None = None
    reason: Line | None = Field(
        None,
        description="The name of a reason in the source's own list, kept in clear, also beyond an erasure:"
        " the candidate's own words belong in `text`.",
    )
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
    text: CutText | None = None


class ComplaintReceived(Data):
    """The candidate complained, for instance by a spam button; of a case, about the letter that was sent."""

    kind = "complaint.received"
    person: Person | None = None
    case: CaseId | None = None
    text: CutText | None = None


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


def people_of(data: Data) -> tuple[Person, ...]:
    """Whom the data name: nobody, or one person by every id that candidates were merged into it under."""
    person: Person | None = getattr(data, "person", None)
    if person is None:
        return ()
    if not isinstance(data, PersonChanged):
        return (person,)
    return (person, *(Person(external_id=former) for former in data.formerly))
