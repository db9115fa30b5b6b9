"""What is made of a platform's answers: our events, in the words that every source has for them."""

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import getaddresses
from typing import Any, Literal

from services.intake.enrichment.asking import Found, Subject
from services.intake.sources import Ignored, Sent, reading
from services.intake.sources.delivery import gathered
from services.intake.sources.mail import MAX_BYTES
from services.intake.sources.mail_html import seen_text
from shared.events import (
    MAX_TEXT,
    InteractionRecorded,
    KnownDecline,
    Person,
    PersonChanged,
    PreferenceSet,
    Recruiter,
)
from shared.identity import canonical_email

#: Messages handed on, the newest: with what else is said of a person they fit into one message on the bus.
MAX_MESSAGES = 40
#: Characters of a text that may name several; a part of a longer one would be somebody else's.
_MAX_ADDRESSES = 10_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MARKUP = re.compile(r"<[a-zA-Z/!]")

Direction = Literal["outreach", "reply"]


def person_changed(person: Person, subject: Subject) -> Sent:
    """Who is behind a decline; whatever id the decline has leads to the same person from then on."""
    named = subject.named
    formerly = (named,) if named is not None and named != person.external_id else ()
    return reading.restated(PersonChanged(person=person, formerly=formerly), None, "looked-up", "person")


def unwelcome(person: Person) -> Sent:
    """A candidate who may not be written to, as the platform knows."""
    return reading.restated(PreferenceSet(person=person, follow_up=False), None, "looked-up", "preference")


def addresses(*told: Any) -> frozenset[str]:
    """The e-mail addresses in these texts, or lists of texts, as they are compared."""
    texts = [one for item in told for one in (item if isinstance(item, list) else [item])]
    pairs = (pair for text in texts if isinstance(text, str) for pair in _pairs(text))
    return frozenset(form for _, address in pairs if (form := canonical_email(address)))


def _pairs(text: str) -> list[tuple[str, str]]:
    """Names and addresses; none where the library fails on a stranger's text."""
    with suppress(RecursionError):
        return getaddresses([text]) if len(text) <= _MAX_ADDRESSES else []
    return []


def direction(senders: frozenset[str], receivers: frozenset[str], own: frozenset[str]) -> Direction | None:
    """Which way a message went, seen from the candidate's own addresses; None where that is not clear."""
    if not senders or not own:
        return None
    if senders <= own:
        return "reply"
    return "outreach" if senders.isdisjoint(own) and not receivers.isdisjoint(own) else None


def message(
    identity: str | None,
    time: datetime | None,
    way: Direction | None,
    *,
    candidate: str,
    recruiter: Recruiter | None,
    text: Any,
) -> Sent | Ignored:
    """One message of the conversation, or why it is none."""
    if way is None:
        return Ignored("a message of which it is not told whether the candidate got or wrote it")
    if identity is None or time is None:
        return Ignored("a message without id or time")
    data = InteractionRecorded(
        # by the id alone: the same message is the same event, whatever else becomes known of the person
        person=Person(external_id=candidate),
        recruiter=recruiter if way == "outreach" else None,
        direction=way,
        text=_words(text),
    )
    return Sent(reading.stable_id("looked-up", "message", identity), time, data)


def all_of(
    person: Iterable[Sent], messages: Iterable[Sent | Ignored], known: KnownDecline | None = None
) -> Found:
    """All that was found: of the messages the newest, and what else is said as it is."""
    read = gathered(messages)
    by_time = sorted(read.events, key=lambda sent: (sent.time or _EPOCH, sent.id))
    kept = tuple(by_time[-MAX_MESSAGES:])
    older = len(by_time) - len(kept)
    left_out = (Ignored(f"{older} older messages"),) if older else ()
    return Found((*person, *kept), (*read.ignored, *left_out), known)


def full_name(model: Any, first: str = "first_name", last: str = "last_name") -> str | None:
    """First and last name."""
    names = (reading.text(model, first), reading.text(model, last))
    return reading.text(" ".join(name for name in names if name))


def values(model: Any, name: str) -> list[Any]:
    """The members ``value`` of the items of a list, as most platforms have addresses and numbers."""
    return [reading.at(item, "value") for item in reading.each(model, name)]


def _words(text: Any) -> str | None:
    if not isinstance(text, str):
        return None
    words = (seen_text(text[:MAX_BYTES]) if _MARKUP.search(text) else text).strip()
    return words[:MAX_TEXT] or None
