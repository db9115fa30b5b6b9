"""What a source sent, in the envelope in which it travels. Pure."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from services.intake.sources.delivery import Sent
from shared.events import DeclineReceived, Event, case_id, content_digest, event_id, path_of, type_of

#: Stands in digests for a time that the platform does not tell.
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


class Sender(NamedTuple):
    """A source, as far as its events tell of it.

    Of one that `looks_up` the platform is asked what came before a decline.
    """

    name: str
    kind: str | None
    tenant: str
    looks_up: bool = False


def enveloped(sent: Sent, sender: Sender, now: datetime, traceparent: str | None = None) -> Event:
    """The event in its envelope; what has no time of its own happened when it came.

    Nothing is looked up for the company's own no, which nothing could make the candidate's. The digest is of
    what was sent, whoever is asked about it.
    """
    own_id = event_id(sender.tenant, sender.name, sent.id)
    decline = sent.data if isinstance(sent.data, DeclineReceived) else None
    return Event(
        id=own_id,
        type=type_of(type(sent.data)),
        source=path_of(sender.name),
        subject=case_id(own_id) if decline else None,
        time=sent.time or now,
        tenant=sender.tenant,
        receivedat=now,
        digest=content_digest(sent.data.kind, sent.time or _NO_TIME, sent.data),
        sourcekind=sender.kind,
        traceparent=traceparent,
        lookup=True if sender.looks_up and decline and decline.who != "company" else None,
        data=sent.data,
    )


def distinct(events: Iterable[Event]) -> list[Event]:
    """Each event once. Of one id with other contents all go out: which counts is for policy to say."""
    return list({(event.id, event.digest): event for event in events}.values())
