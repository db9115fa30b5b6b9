"""What a source sent, in the envelope in which it travels. Pure."""

from datetime import UTC, datetime
from typing import NamedTuple

from services.intake.sources.delivery import Sent
from shared.events import DeclineReceived, Event, case_id, content_digest, event_id, type_of

#: Stands in digests for a time that the platform does not tell.
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


class Sender(NamedTuple):
    """A source, as far as its events tell of it."""

    name: str
    kind: str
    tenant: str


def path_of(source: str) -> str:
    """A source as events name it."""
    return f"/sources/{source}"


def enveloped(sent: Sent, sender: Sender, now: datetime, traceparent: str | None = None) -> Event:
    """The event in its envelope; what has no time of its own happened when it came."""
    own_id = event_id(sender.tenant, sender.name, sent.id)
    return Event(
        id=own_id,
        type=type_of(type(sent.data)),
        source=path_of(sender.name),
        subject=case_id(own_id) if isinstance(sent.data, DeclineReceived) else None,
        time=sent.time or now,
        tenant=sender.tenant,
        receivedat=now,
        digest=content_digest(sent.data.kind, sent.time or _NO_TIME, sent.data),
        sourcekind=sender.kind,
        traceparent=traceparent,
        data=sent.data,
    )
