"""The kind `cloudevents`: our kinds of events as CloudEvents 1.0 over HTTP, in all three modes.

Facts: cloudevents/spec, cloudevents/http-webhook.md and bindings/http-protocol-binding.md. They have no
signature: a delivery is either signed as Standard Webhooks 1.0.0 says, or carries the secret as its bearer
token (never in the query, which is logged everywhere). A signature covers the body and not the ``ce-``
headers, by which whoever saw a decline could make an erasure of it: binary mode takes the token alone.

The type is one of our kinds, bare (``decline.received``) or in full (``afterword.decline.received.v1``),
and the data are ours. An event is the pair of its source and its id, so a withdrawal names a decline of its
own source.
"""

import hmac
import re
from base64 import b64decode
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any, TypeGuard
from urllib.parse import unquote

from services.intake.sources import reading, standard_webhooks
from services.intake.sources.config import Config
from services.intake.sources.contract import KINDS, Part, Path, apart, judged, read_data
from services.intake.sources.delivery import Answer, Delivery, Ignored, Mapped, Sent
from shared import strict_json
from shared.errors import FieldError, Invalid, SignatureInvalid
from shared.events import DeclineWithdrawn
from shared.pointer import pointer

ABOUT = "our kinds of events as CloudEvents 1.0 over HTTP: binary, structured or batch"
SUCCESS_STATUS = 202
CONFIG = Config
#: Events in one batch at most.
MAX_EVENTS = 500
#: Deliveries a minute that a sender is allowed at most, whatever it asks for.
MAX_RATE = 30_000

_STRUCTURED, _BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
_OURS = re.compile(r"(?:afterword\.)?([a-z_.]+?)(?:\.v1)?", re.ASCII)
_ORIGIN = re.compile(r"[A-Za-z0-9.:/_-]{1,255}", re.ASCII)
_RATE = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ATTRIBUTE = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]{1,1000}")
_BEARER = re.compile(r"bearer +(\S+)", re.ASCII | re.IGNORECASE)


def verify(
    delivery: Delivery, secrets: Sequence[str], _: Config, /, *, now: datetime, tolerance_s: float
) -> None:
    """By the bearer token where there is one, else, but in binary mode, by Standard Webhooks."""
    bearer = _BEARER.fullmatch(delivery.headers.get("authorization", ""))
    if bearer is None:
        if _media_type(delivery) not in {_STRUCTURED, _BATCH}:
            raise SignatureInvalid(
                "in binary mode Authorization: Bearer is expected, for no signature covers the ce- headers; "
                f"signed are {_STRUCTURED} and {_BATCH}"
            )
        standard_webhooks.verify(delivery.headers, delivery.body, secrets, now=now, tolerance_s=tolerance_s)
        return
    token, genuine = bearer[1].encode("utf-8", "surrogatepass"), False
    for secret in secrets:
        genuine |= hmac.compare_digest(secret.encode(), token)
    if not genuine:
        raise SignatureInvalid("the bearer token is not right")


def handshake(delivery: Delivery, _secrets: Sequence[str], _config: Config, /) -> Answer | None:
    """OPTIONS with the sender's origin is allowed; its callback address, anybody's, is never called.

    Raises Invalid where there is no origin that could be written back.
    """
    if delivery.method != "OPTIONS":
        return None
    origin = delivery.headers.get("webhook-request-origin", "")
    if not _ORIGIN.fullmatch(origin):
        expected = "1 to 255 letters, digits and any of . : / _ - are expected"
        raise Invalid.at("", f"the header WebHook-Request-Origin: {expected}")
    headers = {"Allow": "POST", "WebHook-Allowed-Origin": origin}
    asked = delivery.headers.get("webhook-request-rate", "")
    if asked:
        rate = int(asked) if _RATE.fullmatch(asked) else MAX_RATE
        headers["WebHook-Allowed-Rate"] = str(min(rate, MAX_RATE))
    return Answer(200, headers)


def delivery_id(delivery: Delivery, _config: Config, /) -> str | None:
    """An event's own name; of a batch, that of the signature where there is one."""
    named = None
    with suppress(Invalid):
        if _media_type(delivery) == _STRUCTURED:
            named = _name(reading.read_object(delivery.body))
        elif _media_type(delivery) != _BATCH:
            named = _name(_in_headers(delivery))
    return named or delivery.headers.get("webhook-id")


def map_events(delivery: Delivery, config: Config, /) -> Mapped:
    """The events in order. Raises Invalid with every fault at once."""
    return apart(*_parts(delivery, config))


def _parts(delivery: Delivery, config: Config) -> list[Part]:
    media_type, value = _media_type(delivery), strict_json.read(delivery.body)
    if media_type == _STRUCTURED:
        return [partial(_structured, value, (), config)]
    if media_type != _BATCH:
        return [partial(_event, _in_headers(delivery), value, (), config)]
    if not isinstance(value, list) or len(value) > MAX_EVENTS:
        raise Invalid.at("", f"an array of up to {MAX_EVENTS} events is expected")
    return [partial(_structured, item, (position,), config) for position, item in enumerate(value)]


def _media_type(delivery: Delivery) -> str:
    return delivery.headers.get("content-type", "").partition(";")[0].strip().lower()


def _structured(item: Any, path: Path, config: Config) -> list[Sent | Ignored]:
    if not isinstance(item, dict):
        raise Invalid.at(pointer(path), "an event is expected: an object")
    if "data_base64" not in item:
        return _event(item, item.get("data"), (*path, "data"), config)
    path = (*path, "data_base64")
    try:
        data = strict_json.read(b64decode(item["data_base64"], validate=True))
    except (Invalid, ValueError, TypeError):
        raise Invalid.at(pointer(path), "JSON in base64 is expected") from None
    return _event(item, data, path, config)


def _in_headers(delivery: Delivery) -> dict[str, str | None]:
    names = ("id", "source", "type", "specversion", "time")
    return {name: _header(delivery.headers.get(f"ce-{name}")) for name in names}


def _header(value: str | None) -> str | None:
    """The attribute in a header: without quotes, percent-decoded once; None for what is no UTF-8."""
    if value is None:
        return None
    quoted = _QUOTED.fullmatch(value)
    try:
        return unquote(re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else value, errors="strict")
    except UnicodeDecodeError:
        return None


def _event(attributes: Mapping[str, Any], raw: Any, path: Path, config: Config) -> list[Sent | Ignored]:
    """The one event; beside its data, at this path of the body, stand its attributes."""
    where = path[:-1]
    if attributes.get("specversion") != "1.0":
        raise Invalid.at(pointer((*where, "specversion")), "1.0 is expected")
    faults = [
        FieldError(pointer((*where, name)), "text of 1 to 1000 characters is expected")
        for name in ("id", "source", "type")
        if not _is_attribute(attributes.get(name))
    ]
    if faults:
        raise Invalid(faults)
    ours = _OURS.fullmatch(attributes["type"])
    model = KINDS.get(ours[1]) if ours else None
    if model is None:
        return [Ignored("a type that is none of ours")]
    data, source = read_data(model, raw, path), attributes["source"]
    if isinstance(data, DeclineWithdrawn):
        data = data.model_copy(update={"decline": reading.stable_id(source, data.decline)})
    time = reading.rfc3339(attributes.get("time"))
    sent_id = reading.stable_id(source, attributes["id"])
    return [judged(reading.sent(sent_id, time, data, pointer((*where, "time"))), config)]


def _name(attributes: Mapping[str, Any]) -> str | None:
    """The pair of source and id as one; None where it lacks either."""
    source, event_id = attributes.get("source"), attributes.get("id")
    return reading.stable_id(source, event_id) if _is_attribute(source) and _is_attribute(event_id) else None


def _is_attribute(value: Any) -> TypeGuard[str]:
    return isinstance(value, str) and _ATTRIBUTE.fullmatch(value) is not None
