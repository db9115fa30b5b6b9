"""What would become of a delivery, as JSON: tried without a server, a source or a setting. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.intake.sources import SOURCES, Adapter, Answer, Delivery, Sent, configured
from shared.errors import FieldError, Invalid, SignatureInvalid
from shared.events import Job, Person, Recruiter

#: How far the time of a signature may be off, as intake has it when nothing else is set.
TOLERANCE_S = 300.0

_PERSON = ("name", "email", "phone", "profile_urls", "external_id")


def tried(
    kind: str, delivery: Delivery, secrets: Sequence[str], config: Mapping[str, object], now: datetime
) -> dict[str, Any]:
    """Whether it is genuine (None without a secret), how it would be greeted, and what it holds.

    What is not genuine is read too, though the door would not: whoever asks wants to see what is in it.
    Raises Invalid for an unknown kind, a faulty configuration, a faulty greeting that is no delivery either,
    and a body that cannot be read.
    """
    adapter = SOURCES.get(kind)
    if adapter is None:
        raise Invalid.at("", f"one of {', '.join(SOURCES)} is expected, not {kind!r}")
    told = configured(kind, config)
    answer, faults = _greeted(adapter, delivery, secrets, told)
    verified = None
    if secrets and answer is None:
        try:
            adapter.verify(delivery, secrets, told, now=now, tolerance_s=TOLERANCE_S)
            verified = True
        except SignatureInvalid:
            verified = False
    try:
        mapped = adapter.map_events(delivery, told) if answer is None else None
    except Invalid as error:
        raise Invalid(faults or error.errors) from None
    return {
        "verified": verified,
        "handshake": answer
        and {"status": answer.status, "headers": dict(answer.headers), "body": answer.body},
        "delivery_id": adapter.delivery_id(delivery, told),
        "events": [_shown(event) for event in mapped.events] if mapped else [],
        "ignored": [{"why": one.why} for one in mapped.ignored] if mapped else [],
    }


def _greeted(
    adapter: Adapter[Any], delivery: Delivery, secrets: Sequence[str], config: Any
) -> tuple[Answer | None, list[FieldError]]:
    """The answer to a greeting, or what is wrong with it. Raises Invalid where it can be nothing else."""
    try:
        return adapter.handshake(delivery, secrets, config), []
    except Invalid as error:
        if delivery.method != "POST":
            raise
        return None, error.errors


def _shown(event: Sent) -> dict[str, Any]:
    """An event with the same members whatever it is of; what a kind does not have is null."""
    data = event.data
    return {
        "type": data.kind,
        "who": getattr(data, "who", None),
        "stage": getattr(data, "stage", None),
        "reason": getattr(data, "reason", None),
        "person": _members(getattr(data, "person", None) or Person(), *_PERSON),
        "recruiter": _members(
            getattr(data, "recruiter", None) or Recruiter(), "name", "email", "external_id"
        ),
        "job": _members(getattr(data, "job", None) or Job(), "title", "external_id"),
        "at": _moment(event.time) if event.time else None,
        "text": getattr(data, "text", None),
    }


def _moment(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds" if time.microsecond else "seconds").replace("+00:00", "Z")


def _members(model: Person | Recruiter | Job, *names: str) -> dict[str, Any]:
    return model.model_dump(mode="json", include=set(names))
