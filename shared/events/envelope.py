"""The envelope of an event, its type and its id."""

import base64
import hashlib
import json
import re
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, SerializeAsAny, StringConstraints, field_validator

from shared.events.fields import Data, Moment
from shared.events.inbound import INBOUND
from shared.events.internal import INTERNAL
from shared.events.outbound import OUTBOUND
from shared.moments import to_millisecond


@cache
def type_of(data: type[Data]) -> str:
    """The CloudEvents type of a kind of data, for instance ``afterword.decline.received.v1``."""
    return f"afterword.{data.kind}.v{data.version}"


_ALL: tuple[type[Data], ...] = (*INBOUND, *INTERNAL, *OUTBOUND)
TYPES: dict[str, type[Data]] = {type_of(data): data for data in _ALL}

#: The form in which content is hashed: a digest is kept for years, so its bytes never change.
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"))
_SOURCES = "/sources/"
_TRACEPARENT = re.compile(r"^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$")


class Event(BaseModel):
    """One event in a CloudEvents 1.0 envelope; attribute names as the specification has them.

    ``time`` is when it happened by the sender's word, ``receivedat`` when intake or the desk took it in,
    ``digest`` the fingerprint of what was sent, by which a repeat is told from a conflict, ``sourcekind`` the
    kind of the source, where one sent it. ``lookup`` says of a decline that the platform is asked what came
    before it.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: Literal["1.0"] = "1.0"
    id: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    type: str
    source: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    subject: str | None = None
    time: Moment
    tenant: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    receivedat: Moment
    digest: str | None = None
    sourcekind: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = None
    traceparent: str | None = None
    lookup: bool | None = None
    data: SerializeAsAny[Data]

    @field_validator("traceparent")
    @classmethod
    def _w3c(cls, value: str | None) -> str | None:
        """A malformed traceparent is dropped, as W3C Trace Context asks (section 3.2.2.5)."""
        return value if value is not None and _TRACEPARENT.match(value) else None

    @property
    def kind(self) -> str:
        """The type without prefix and version, for instance ``decline.received``."""
        return self.data.kind


def content_digest(kind: str, time: datetime, data: Data) -> str:
    """SHA-256 over what was sent, so that the same id with other content is noticed."""
    content: dict[str, Any] = {
        "kind": kind,
        "time": to_millisecond(time).isoformat(),
        "data": data.as_sent().model_dump(mode="json", exclude_defaults=True),
    }
    return hashlib.sha256(_CANONICAL.encode(content).encode()).hexdigest()


def path_of(source: str) -> str:
    """A source as events name it."""
    return _SOURCES + source


def source_of(path: str) -> str:
    """The name of the source that events name so."""
    return path.removeprefix(_SOURCES)


def _derived(*parts: str) -> str:
    encoded = [part.encode() for part in parts]
    joined = b"".join([len(part).to_bytes(4, "big") + part for part in encoded])
    return base64.b32encode(hashlib.sha256(joined).digest()[:20]).decode().lower()


def event_id(tenant: str, source: str, sent_id: str) -> str:
    """Our id of what a source sent: the same delivery always gets the same one."""
    return "evt_" + _derived("event", tenant, source, sent_id)


def case_id(decline_event_id: str) -> str:
    """The id of the case that a decline opens."""
    return "case_" + _derived("case", decline_event_id)


def forgotten_id(erasure_event_id: str) -> str:
    """The id of the event that tells that an erasure is done."""
    return "evt_" + _derived("forgotten", erasure_event_id)


def outcome_id(case: str, kind: str) -> str:
    """The id of the event that tells a case's outcome: publishing it again changes nothing."""
    return "evt_" + _derived("outcome", case, kind)


def contrary_id(event: str, digest: str | None) -> str:
    """The id under which a stop is obeyed whose own id came before with other content."""
    return "evt_" + _derived("contrary", event, digest or "")
