"""The kind `standard`: Afterword's own contract, signed as Standard Webhooks 1.0.0 says.

A delivery is one event or an array of up to 500, each ``{"id", "type", "timestamp", "data"}``.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from services.intake.sources import standard_webhooks
from services.intake.sources.config import Config
from services.intake.sources.contract import KINDS, Path, judged, read_data
from services.intake.sources.delivery import Answer, Delivery, Mapped, Sent, gathered
from services.intake.sources.reading import MAX_ID, rfc3339
from shared import strict_json
from shared.errors import FieldError, Invalid
from shared.pointer import pointer

ABOUT = "our own contract, signed as Standard Webhooks 1.0.0 says"
SUCCESS_STATUS = 202
CONFIG = Config
#: Events in one delivery at most.
MAX_EVENTS = 500


def verify(
    delivery: Delivery, secrets: Sequence[str], _: Config, *, now: datetime, tolerance_s: float
) -> None:
    """Raises SignatureInvalid unless one of the secrets signed these bytes within the tolerance."""
    standard_webhooks.verify(delivery.headers, delivery.body, secrets, now=now, tolerance_s=tolerance_s)


def handshake(_delivery: Delivery, _secrets: Sequence[str], _config: Config) -> Answer | None:
    """Standard Webhooks has none."""
    return None


def delivery_id(delivery: Delivery, _config: Config, /) -> str | None:
    """The same for every try of one delivery, as the specification has it."""
    return delivery.headers.get("webhook-id")


def map_events(delivery: Delivery, config: Config) -> Mapped:
    """The events of a delivery, in order. Raises Invalid with every fault at once."""
    return gathered(judged(event, config) for event in _events(strict_json.read(delivery.body)))


def _events(value: Any) -> list[Sent]:
    if isinstance(value, list):
        if not 1 <= len(value) <= MAX_EVENTS:
            raise Invalid.at("", f"1 to {MAX_EVENTS} events are expected")
        places: list[tuple[Path, Any]] = [((position,), item) for position, item in enumerate(value)]
    else:
        places = [((), value)]
    events: list[Sent] = []
    faults: list[FieldError] = []
    for path, item in places:
        try:
            events.append(_event(item, path))
        except Invalid as error:
            faults.extend(error.errors)
    faults.extend(_contradictions(events) if not faults else ())
    if faults:
        raise Invalid(faults)
    return events


def _contradictions(events: Sequence[Sent]) -> Iterator[FieldError]:
    """An id that comes twice must say the same twice; which of the two words to take nobody could tell."""
    first: dict[str, Sent] = {}
    for position, event in enumerate(events):
        if first.setdefault(event.id, event) != event:
            yield FieldError(
                pointer((position, "id")), "an id of its own is expected: this one has other content"
            )


def _event(item: Any, path: Path) -> Sent:
    if not isinstance(item, dict):
        raise Invalid.at(pointer(path), "an object is expected, with id, type, timestamp and data")
    faults: list[FieldError] = []
    sent_id, time = item.get("id"), rfc3339(item.get("timestamp"))
    if not isinstance(sent_id, str) or not 1 <= len(sent_id) <= MAX_ID or sent_id != sent_id.strip():
        what = f"1 to {MAX_ID} characters are expected, without space around them"
        faults.append(FieldError(pointer((*path, "id")), what))
    if time is None:
        what = "a time as in RFC 3339, with its zone, is expected"
        faults.append(FieldError(pointer((*path, "timestamp")), what))
    kind = item.get("type")
    model = KINDS.get(kind) if isinstance(kind, str) else None
    try:
        if model is None:
            raise Invalid.at(pointer((*path, "type")), f"one of {', '.join(KINDS)} is expected")
        data = read_data(model, item.get("data"), (*path, "data"))
    except Invalid as error:
        raise Invalid([*faults, *error.errors]) from None
    if faults or time is None:
        raise Invalid(faults)
    return Sent(str(sent_id), time, data)
