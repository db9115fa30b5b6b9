"""How a platform is asked: requests and answers as values, so that asking and reading are pure.

A platform's module is a generator: it yields what it wants to know, is sent the answer, and returns what it
read. Who makes the requests, and how patiently, is none of its business.
"""

import json
from base64 import b64encode
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias
from urllib.parse import quote

from services.intake.sources import Mapped
from services.intake.sources.reading import stable_id
from shared.events import DeclineReceived, Event, KnownDecline

#: Pages of one list at most; whoever has more is looked at by a person.
MAX_PAGES = 10
#: How long what a platform answers may be behind what it sent, and after how many seconds it is asked again.
CATCHES_UP_WITHIN, CATCHES_UP_S = timedelta(minutes=10), 30.0


@dataclass(frozen=True, slots=True)
class Ask:
    """One request, to a path below the platform's address: GET, or POST where there is something to send."""

    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    json: Mapping[str, Any] | None = None
    #: Some platforms give tokens at another address than answers.
    at: Literal["api", "auth"] = "api"
    #: What may have changed since it was last asked for, and must be known as it is now.
    fresh: bool = False

    @property
    def key(self) -> str:
        """What every request has in common that gets the same answer."""
        told = [self.at, self.path, dict(self.query), dict(self.headers), self.form, self.json]
        return json.dumps(told, sort_keys=True)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: JSON, and where the next page is, if a Link header told (RFC 8288)."""

    body: Any
    next_query: Mapping[str, str] | None = None


class Unanswered(Exception):
    """What was asked for cannot be had; ``why`` is a word for an operator, none about a person."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class NotNow(Exception):
    """The platform cannot be asked now; come back after so many seconds."""

    def __init__(self, after_s: float, why: str) -> None:
        super().__init__(why)
        self.after_s = after_s
        self.why = why


@dataclass(frozen=True, slots=True)
class Found(Mapped):
    """What a platform knows; with the decline itself, where what it sent does not tell whose no it is."""

    known: KnownDecline | None = None


Asking: TypeAlias = Generator[Ask, Answer, Found]
#: A part of one, that ends with a value.
Finding: TypeAlias = Generator[Ask, Answer, Any]


@dataclass(frozen=True, slots=True)
class Subject:
    """About whom a platform is asked.

    ``named`` is the id under which the decline knows the person; where that only stands in for somebody
    unknown, ``candidate`` is None.
    """

    named: str | None
    candidate: str | None
    application: str | None
    reason: str | None
    declined_at: datetime
    job: str | None = None
    #: Since it was reported.
    waited: timedelta = CATCHES_UP_WITHIN

    @property
    def early(self) -> bool:
        """Whether the platform may not know yet what it sent."""
        return self.waited < CATCHES_UP_WITHIN


def subject_of(declined: Event, now: datetime) -> Subject:
    """Whom a decline is about."""
    data = declined.data
    assert isinstance(data, DeclineReceived)  # noqa: S101 - chosen by kind
    named = data.person.external_id
    stands_in = data.application is not None and named == stable_id("application", data.application)
    return Subject(
        named,
        None if stands_in else named,
        data.application,
        data.reason,
        declined.time,
        data.job.external_id if data.job else None,
        now - declined.receivedat,
    )


def wanted(found: str | None, what: str) -> str:
    """What was found. Raises Unanswered where the platform's answer lacks it."""
    if found is None:
        raise Unanswered(f"the platform did not tell {what}")
    return found


def behind(subject: Subject) -> NotNow | Unanswered:
    """What is raised where the answer does not know of what the platform sent: it may in a moment."""
    why = "the platform does not tell of the change that it sent"
    return NotNow(CATCHES_UP_S, why) if subject.early else Unanswered(why)


def basic(user: str, password: str = "") -> dict[str, str]:
    """HTTP Basic authentication (RFC 7617)."""
    pair = b64encode(f"{user}:{password}".encode()).decode("ascii")
    return {"Authorization": f"Basic {pair}"}


def bearer(token: str) -> dict[str, str]:
    """A bearer token (RFC 6750)."""
    return {"Authorization": f"Bearer {token}"}


def segment(identity: str) -> str:
    """An id as one segment of a path. Raises Unanswered where it would be another path."""
    if not identity.strip("."):
        raise Unanswered("the id is none that a path could hold")
    return quote(identity, safe="")


def pages() -> Iterator[int]:
    """As many turns as a list may have pages. Raises Unanswered where it goes on after that."""
    yield from range(MAX_PAGES)
    raise Unanswered("there is more than is read")
