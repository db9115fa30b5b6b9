"""The kind `generic`: any JSON that is signed by an HMAC, read as the source's configuration says.

The signature's scheme and the place of each field (JMESPath, see `expressions`) are the operator's word; a no
is the candidate's only where the mapping, or the mapping of the reason, finds that very word. A signature
without a time in it can be repeated by whoever saw it; the same events come of it, so that changes nothing.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from pydantic import BaseModel, model_validator

from services.intake.sources import hmac_scheme, reading
from services.intake.sources.config import Config
from services.intake.sources.contract import KINDS, STOPS, Part, apart, each_read, judged, read_data
from services.intake.sources.delivery import Answer, Delivery, Ignored, Mapped, Sent
from services.intake.sources.expressions import evaluate
from services.intake.sources.generic_config import FieldMap, GenericConfig
from shared import strict_json
from shared.errors import FieldError, Invalid
from shared.events import MAX_TEXT
from shared.pointer import pointer
from shared.reasons import fold

ABOUT = "any JSON signed by an HMAC, read by a JMESPath mapping"
SUCCESS_STATUS = 200
#: Items of one delivery at most.
MAX_EVENTS = 500

_DIGITS = re.compile(r"[0-9]{1,15}", re.ASCII)
_STAGES = frozenset({"outreach", "application", "interview", "offer"})
#: Seconds since 1970 beyond which a number must be of milliseconds: the year 5138.
_MAX_SECONDS = 100_000_000_000


class CheckedConfig(GenericConfig):
    """Refuses a mapping that finds nothing in its own example."""

    @model_validator(mode="after")
    def _finds(self) -> "CheckedConfig":
        if self.example is None:
            return self
        try:
            read, faults = each_read(_parts(self.example, self))
        except Invalid as error:
            raise ValueError(f"in the example: {error}") from None
        if faults:
            raise ValueError(f"in the example: {Invalid(faults)}")
        if not any(isinstance(one, Sent) for one in read):
            raise ValueError("the mapping finds no event in the example")
        return self


CONFIG = CheckedConfig


def verify(
    delivery: Delivery, secrets: Sequence[str], config: GenericConfig, /, *, now: datetime, tolerance_s: float
) -> None:
    """By the configured header, over the configured parts."""
    hmac_scheme.verify(config.signature, delivery, secrets, now=now, tolerance_s=tolerance_s)


def handshake(_delivery: Delivery, _secrets: Sequence[str], _config: Config, /) -> Answer | None:
    """None: a platform with a handshake deserves a kind of its own."""
    return None


def delivery_id(delivery: Delivery, config: GenericConfig, /) -> str | None:
    """What stands in the header that the configuration names for it."""
    header = config.signature.id_header
    return delivery.headers.get(header) if header else None


def map_events(delivery: Delivery, config: GenericConfig, /) -> Mapped:
    """The events that the mapping finds, in order. Raises Invalid with every fault at once."""
    return apart(*_parts(strict_json.read(delivery.body), config))


def _parts(body: Any, config: GenericConfig) -> list[Part]:
    found = evaluate(config.map.events, body)
    items = found if isinstance(found, list) else [] if found is None else [found]
    if len(items) > MAX_EVENTS:
        raise Invalid.at("", f"at most {MAX_EVENTS} events are expected")
    if not items:
        return [lambda: [Ignored("the mapping finds no event in it")]]
    return [partial(_placed, position, item, config) for position, item in enumerate(items)]


def _placed(position: int, item: Any, config: GenericConfig) -> list[Sent | Ignored]:
    try:
        return [_event(item, config)]
    except Invalid as error:
        place = pointer((position,))
        raise Invalid([FieldError(place + fault.pointer, fault.detail) for fault in error.errors]) from None


def _event(item: Any, config: GenericConfig) -> Sent | Ignored:
    where = config.map
    word = reading.text(evaluate(where.type, item))
    model = KINDS.get(config.types.get(word, word)) if word else None
    if model is None:
        return Ignored("a type that is none of ours, nor one that the configuration knows")
    raw = {name: value for name, value in _fields(where, item).items() if name in model.model_fields}
    data = read_data(model, {name: value for name, value in raw.items() if value is not None}, ())
    time, sent_id = _moment(evaluate(where.time, item)), reading.ident(evaluate(where.id, item))
    if sent_id is None and isinstance(data, STOPS):
        return reading.restated(data, time, "stop")
    if sent_id is None:
        raise Invalid.at("/id", f"an id is expected, and {where.id!r} finds none")
    return judged(reading.sent(sent_id, time, data, "/time"), config)


def _fields(where: FieldMap, item: Any) -> dict[str, Any]:
    """Our data as far as the mapping finds them; None stands for what is no such thing."""
    found = _evaluated(where, item)
    person, recruiter, job = found["person"], found["recruiter"], found["job"]
    stage, who = (fold(reading.text(found[name]) or "") for name in ("stage", "who"))
    return {
        "person": _told(reading.person(person, "/person")) if any(person.values()) else None,
        "recruiter": _told(reading.recruiter(**recruiter)),
        "job": _told(reading.job(**job)),
        "application": reading.ident(found["application"]),
        "who": who if who in {"candidate", "company"} else None,
        "stage": stage if stage in _STAGES else None,
        "reason": reading.text(found["reason"], limit=500),
        "text": reading.text(found["text"], limit=MAX_TEXT + 1),
        "channel": reading.text(found["channel"]),
        "direction": reading.text(found["direction"]),
        "decline": reading.ident(found["decline"]),
        "formerly": _ids(found["formerly"]),
    }


def _ids(found: Any) -> list[str | None] | None:
    """Each of a list, or the one that stands alone; None for nothing."""
    if isinstance(found, list):
        return [reading.ident(one) for one in found]
    alone = reading.ident(found)
    return [alone] if alone else None


def _evaluated(where: BaseModel, item: Any) -> dict[str, Any]:
    """What each expression of the mapping finds, in the mapping's own form."""
    return {
        name: _evaluated(value, item) if isinstance(value, BaseModel) else evaluate(value, item)
        for name, value in where
        if name != "events"
    }


def _told(model: BaseModel | None) -> dict[str, Any] | None:
    return None if model is None else model.model_dump(exclude_none=True)


def _moment(value: Any) -> datetime | None:
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    if isinstance(value, float) and abs(value) < _MAX_SECONDS * 1000:
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _MAX_SECONDS:
        return reading.unix_ms(value * 1000)
    return reading.unix_ms(value) or reading.rfc3339(value)
