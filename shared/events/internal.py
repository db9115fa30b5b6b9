"""What we say ourselves, never a source.

The people who run it say it, policy of an erasure, intake of what came raw, its worker of what it looked up.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.events.fields import CaseId, Data, Line, Moment, Person, Short, Stage
from shared.raw import RawDelivery, ReadAs
from shared.reasons import Side, Who


class KnownDecline(BaseModel):
    """A decline as its platform knows it, where what it sent does not tell: what is here counts over that."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    who: Who | None = Field(None, description="Whose no it is; where there is none, it is no decline.")
    why: Short | None = Field(None, description="Why it is none; a word, none about a person.")
    at: Moment | None = None
    stage: Stage | None = None
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


INTERNAL: tuple[type[Data], ...] = (ReviewDecided, ReasonMapped, PersonForgotten, DeliveryTaken, LookupEnded)
