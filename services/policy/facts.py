"""The facts of a case and its history, as frozen values; a context is made of them."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from shared.events import Moment, Stage
from shared.reasons import Side, Who, who_says

#: Days that a tally goes back.
TALLY_DAYS = 91
#: The age in days at which each bucket of a tally begins: a week of days, then twelve weeks. It ends where
#: the next begins. Today is age 0.
AGES = (0, 1, 2, 3, 4, 5, 6, *range(7, TALLY_DAYS, 7))

Direction = Literal["outreach", "reply"]
StopKind = Literal["opt_out", "complaint", "erasure", "bounce", "preference"]
StopScope = Literal["tenant", "installation"]
Severity = Literal["deny", "hold", "note"]
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

_HOUR, _SIXTY = r"(?:[01]\d|2[0-3])", r"[0-5]\d"
#: RFC 3339, its seconds optional; a leap second has no place in the calendars of machines.
_DATE_AND_TIME = re.compile(
    rf"\d{{4}}-\d\d-\d\d[Tt ]{_HOUR}:{_SIXTY}(?::{_SIXTY}(?:[.,]\d+)?)?"
    rf"(?:[Zz]|[+\u2212-]{_HOUR}:?{_SIXTY})",
    re.ASCII,
)


def _dated(value: Any) -> Any:
    """A number is refused: it may count seconds or milliseconds, since one day or another."""
    if isinstance(value, datetime) or (isinstance(value, str) and _DATE_AND_TIME.fullmatch(value)):
        return value
    says = "a time as in RFC 3339, from 00:00:00 to 23:59:59 and with its zone, is expected"
    raise PydanticCustomError("moment", says)


#: A moment as a person or their file tells it, with room on both sides to count from it.
ToldMoment = Annotated[
    Moment,
    BeforeValidator(_dated),
    Field(ge=datetime(1900, 1, 1, tzinfo=UTC), lt=datetime(9999, 1, 1, tzinfo=UTC)),
]


class Fact(BaseModel):
    """Base of all values that are judged: immutable, and an unknown field is an error, not a silent loss."""

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
    """Another "no" between this person and anybody of the same tenant; `who` is None where nobody kept it.

    `withdrawn_at` is since when it is taken back; None where it stands, or nobody asked.
    """

    case: str
    at: Moment
    recruiter: str | None
    who: Who | None = None
    withdrawn_at: Moment | None = None


class Claim(Fact):
    """A permit of another case that covers this person at this tenant; in force before `until`, not at it.

    `latest` is the last moment at which its mail may go out; None where nobody kept it.
    """

    case: str
    at: Moment
    until: Moment
    recruiter: str | None
    latest: Moment | None = None


class Contact(Fact):
    """A permit for this person at another tenant, whose name is opaque on purpose."""

    tenant: str
    at: Moment


class Volume(Fact):
    """Counts at the time of judgment, over sliding windows.

    Those of a day or an hour are permits of other cases. Those of 30 days are all that is on record, with the
    decline that is judged; the company's own noes are none of them.
    """

    recruiter_day: int
    tenant_day: int
    source_day: int
    recruiter_hour: int
    recruiter_declines_30d: int
    recruiter_outreach_30d: int


class Tally(Fact):
    """How conversations with one recruiter, team, tenant or source ended, newest first, in the buckets of
    `AGES`.

    An empty column is a column of zeros. `declines` are persons', `follow_ups` letters that went out,
    `complaints`, `opt_outs` and `bounces` those of people who had been written to, one of each kind a person
    until somebody writes to them again; `invented` are cases that were denied because nothing had been
    written before the no, `refused` those that a reviewer denied, `confirmed` those of whose conversation
    another source knew as well.
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
    not; who does not name a team is of none, and so was everybody before teams were counted.
    """

    recruiter: Tally
    tenant: Tally
    source: Tally
    team: Tally | None = None


class Sameness(Fact):
    """To how many other people the same words belong: this no's own, and the last message's before it."""

    decline: int = 0
    outreach: int = 0


class Reason(Fact):
    """One name of a no's reason, and what it is mapped to.

    `by`, `at` and `event_id` are of the operator's word; None where the source's configuration said so when
    the no came, or where nothing did.
    """

    name: str
    side: Side | None = None
    by: str | None = None
    at: Moment | None = None
    event_id: str | None = None


class Reading(Fact):
    """What `who` was read from: the source's own word, and the names of the reason that it gave."""

    told: Who
    reasons: tuple[Reason, ...]

    @property
    def who(self) -> Who | None:
        """Whose no it is; None: the operator says that this reason is no no at all."""
        return who_says(self.told, (reason.side for reason in self.reasons))


class Known(Fact):
    """The no as its platform knows it, where what it sent did not tell: `who` is None where it is none, and
    `why` says so.
    """

    who: Who | None
    why: str | None = None
    at: Moment | None = None
    stage: Stage | None = None
    reason: str | None = None


class Lookup(Fact):
    """Where it stands that the platform is asked what came before the no; `why` it could not be had."""

    state: Literal["pending", "found", "failed"]
    why: str | None = None
    known: Known | None = None


class Review(Fact):
    """What a person decided about a held case."""

    by: str
    decision: Literal["approve", "deny"]
    reason: str
    at: Moment


class Cancel(Fact):
    """A person's wish that nothing is sent, in whatever state the case was."""

    by: str
    reason: str
    at: Moment
