"""Events to bytes and back: the CloudEvents JSON batch format (``application/cloudevents-batch+json``).

Data that name people are sealed while they travel, so that neither the broker's disk nor a dead letter holds
them in clear. The seal binds every attribute beside them, so that nobody without the key can say the same of
another tenant, source or time.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import ValidationError
from pydantic_core import to_json

from shared.errors import AfterwordError, FieldError, Invalid
from shared.events import TYPES, Data, Event

CONTENT_TYPE = "application/cloudevents-batch+json"
SEALED_TYPE = "application/vnd.afterword.sealed+json"
#: Events in one message at most: what is redelivered together stays small.
MAX_EVENTS = 50


class Sealer(Protocol):
    """Encrypts event data for the way over the bus."""

    def seal(self, data: bytes, aad: bytes) -> bytes:
        """``data`` encrypted and bound to ``aad``."""
        ...

    def open(self, sealed: bytes, aad: bytes) -> bytes:
        """What was sealed. Raises Invalid where it was altered or belongs elsewhere."""
        ...


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An event that cannot be understood: what came, and why not. It is dead-lettered as it is."""

    raw: Any
    why: str


def _wire(event: Event, sealer: Sealer | None) -> dict[str, Any]:
    envelope = {name: value for name, value in vars(event).items() if value is not None and name != "data"}
    if not type(event.data).sealed:
        return envelope | {
            "datacontenttype": "application/json",
            "data": event.data.model_dump(mode="json", exclude_none=True),
        }
    if sealer is None:
        raise AfterwordError(f"no key to seal {event.kind} with; set AFTERWORD_BUS_KEY")
    envelope["datacontenttype"] = SEALED_TYPE
    sealed = sealer.seal(event.data.model_dump_json(exclude_none=True).encode(), _attributes(envelope))
    return envelope | {"data_base64": base64.b64encode(sealed).decode()}


def _attributes(envelope: dict[str, Any]) -> bytes:
    """An envelope without its data as it is bound: the same bytes before the way and after it."""
    return to_json(sorted(envelope.items()))


def encode(events: Sequence[Event], sealer: Sealer | None) -> bytes:
    """One message for many events."""
    return to_json([_wire(event, sealer) for event in events])


def decode(body: bytes, sealer: Sealer | None) -> list[Event | Unreadable]:
    """The events of a message, in order; what cannot be read is named and does not harm its neighbours.

    Raises Invalid where the message as a whole is not a batch.
    """
    try:
        batch = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Invalid(
            [FieldError("", f"a JSON batch of events is expected: {type(error).__name__}")]
        ) from error
    if not isinstance(batch, list):
        raise Invalid([FieldError("", "a JSON array of events is expected")])
    return [_read(raw, sealer) for raw in batch]


def _read(raw: Any, sealer: Sealer | None) -> Event | Unreadable:
    try:
        model = TYPES.get(raw["type"])
        if model is None:
            return Unreadable(raw, f"unknown type {raw['type']!s:.100}")
        return Event.model_validate(raw | {"data": _data(raw, model, sealer)})
    except ValidationError as error:
        # pydantic's own text quotes the input, which may name a person
        faults = ", ".join(
            f"{'.'.join(map(str, fault['loc']))}: {fault['type']}" for fault in error.errors()[:10]
        )
        return Unreadable(raw, f"invalid: {faults}")
    except (AfterwordError, LookupError, TypeError, ValueError) as error:
        return Unreadable(raw, f"unreadable: {type(error).__name__}")


def _data(raw: dict[str, Any], model: type[Data], sealer: Sealer | None) -> Data:
    if raw.get("datacontenttype") != SEALED_TYPE:
        if model.sealed:  # only who holds the bus key may say such things
            raise AfterwordError("data that must be sealed came open")
        return model.model_validate(raw["data"])
    if sealer is None:
        raise AfterwordError("sealed data, and no key to open them")
    envelope = dict(raw)
    sealed = base64.b64decode(envelope.pop("data_base64"), validate=True)
    return model.model_validate_json(sealer.open(sealed, _attributes(envelope)))
