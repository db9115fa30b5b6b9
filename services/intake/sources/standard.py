"""The kind `standard`: Afterword's own contract, signed as Standard Webhooks 1.0.0 says.

A delivery is one event or an array of up to 500, each ``{"id", "type", "timestamp", "data"}``.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from services.intake.sources import strict_json
from services.intake.sources.delivery import Delivery, Sent
from shared.errors import FieldError, Invalid, SignatureInvalid
from shared.events import INBOUND, Data, Person
from shared.identity import canonical_email, identifiers
from shared.moments import to_millisecond
from shared.pointer import pointer

SUCCESS_STATUS = 202
SECRET_PREFIX = "whsec_"  # noqa: S105 - the prefix of a secret, not one
#: Events in one delivery at most.
MAX_EVENTS = 500
#: Characters of a sender's id at most.
MAX_ID = 200
#: Signatures looked at, at most: a sender that rotates has two, a hostile one has as many as headers allow.
MAX_SIGNATURES = 8

KINDS: dict[str, type[Data]] = {data.kind: data for data in INBOUND}

#: RFC 3339, section 5.6; a space for the T is allowed there, and widely sent.
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_SECONDS = re.compile(r"[0-9]{1,12}")

Path = tuple[str | int, ...]


def verify(delivery: Delivery, secrets: Sequence[str], *, now: datetime, tolerance_s: float) -> None:
    """Raises SignatureInvalid unless one of the secrets signed these bytes within the tolerance."""
    headers = delivery.headers
    sent_id, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    signatures = list(_signatures(headers.get("webhook-signature", "")))
    # the id is joined to the rest by a full stop: one inside it would let another id and time be read out
    if not sent_id or "." in sent_id or not _SECONDS.fullmatch(at) or not signatures:
        raise SignatureInvalid("webhook-id, webhook-timestamp and webhook-signature (v1) are expected")
    if abs(now.timestamp() - int(at)) > tolerance_s:
        raise SignatureInvalid(f"webhook-timestamp is more than {tolerance_s:g} s from now")
    signed = f"{sent_id}.{at}.".encode("latin-1") + delivery.body
    genuine = False
    for secret in secrets:
        expected = hmac.digest(_key(secret), signed, "sha256")
        for signature in signatures:
            genuine |= hmac.compare_digest(expected, signature)
    if not genuine:
        raise SignatureInvalid("no signature in webhook-signature is right")


def _signatures(header: str) -> Iterator[bytes]:
    """The signatures of version 1; other versions are for other readers."""
    for token in header.split(" ")[:MAX_SIGNATURES]:
        version, _, encoded = token.partition(",")
        if version == "v1":
            try:
                yield base64.b64decode(encoded, validate=True)
            except (binascii.Error, ValueError):
                continue


def _key(secret: str) -> bytes:
    encoded = secret.removeprefix(SECRET_PREFIX).rstrip("=")
    return base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)


def parse(delivery: Delivery) -> list[Sent]:
    """The events of a delivery, in order. Raises Invalid with every fault at once."""
    value = strict_json.read(delivery.body)
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
    sent_id, time = item.get("id"), _moment(item.get("timestamp"))
    if not isinstance(sent_id, str) or not 1 <= len(sent_id) <= MAX_ID or sent_id != sent_id.strip():
        what = f"1 to {MAX_ID} characters are expected, without space around them"
        faults.append(FieldError(pointer((*path, "id")), what))
    if time is None:
        what = "a time as in RFC 3339, with its zone, is expected"
        faults.append(FieldError(pointer((*path, "timestamp")), what))
    try:
        data = _data(item, path)
    except Invalid as error:
        raise Invalid([*faults, *error.errors]) from None
    if faults or time is None:
        raise Invalid(faults)
    return Sent(str(sent_id), time, data)


def _moment(text: Any) -> datetime | None:
    if not isinstance(text, str) or not _RFC3339.fullmatch(text):
        return None
    try:
        return to_millisecond(datetime.fromisoformat(text.upper()).astimezone(UTC))
    except (ValueError, OverflowError):
        return None


def _data(item: dict[str, Any], path: Path) -> Data:
    kind, raw = item.get("type"), item.get("data")
    model = KINDS.get(kind) if isinstance(kind, str) else None
    if model is None:
        raise Invalid.at(pointer((*path, "type")), f"one of {', '.join(KINDS)} is expected")
    if not isinstance(raw, dict):
        raise Invalid.at(pointer((*path, "data")), "an object is expected")
    path = (*path, "data")
    try:
        data = model.model_validate(raw)
    except ValidationError as error:
        # pydantic's own text and input are left behind where they would repeat the value
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        raise Invalid(
            [FieldError(pointer((*path, *fault["loc"])), fault["msg"]) for fault in faults]
        ) from None
    faults_of_person = list(_person_faults(data, path))
    if faults_of_person:
        raise Invalid(faults_of_person)
    return data


def _person_faults(data: Data, path: Path) -> Iterator[FieldError]:
    if "person" not in type(data).model_fields:
        return
    person: Person | None = getattr(data, "person", None)
    if person is None:
        if getattr(data, "case", None) is None:
            yield FieldError(pointer(path), "person or case is expected")
    elif person.email:
        # where the mail would go: what is no address is told at the door, and not found out days later
        if canonical_email(person.email) is None:
            yield FieldError(pointer((*path, "person", "email")), "an e-mail address is expected")
    elif not identifiers(person, ""):
        what = "email, phone (with country code or region), profile_urls or external_id is expected"
        yield FieldError(pointer((*path, "person")), what)
