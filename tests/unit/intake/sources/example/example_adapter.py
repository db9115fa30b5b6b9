"""The kind `example`: webhooks of ExampleHire, a platform that is not there.

Not documented, and how it is read here: whose no a decline is, unless its reason is mapped.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from services.intake.sources import reading, signing
from services.intake.sources.config import Config, Erasing
from services.intake.sources.contract import erased, judged
from services.intake.sources.delivery import Answer, Delivery, Mapped, gathered, ignore
from services.intake.sources.reading import at, ident, needed, text
from services.intake.sources.stages import stage_of
from shared.errors import SignatureInvalid
from shared.events import DeclineReceived, DeclineWithdrawn

ABOUT = "ExampleHire, for the page on writing a kind"
SUCCESS_STATUS = 200
CONFIG = Erasing

_SIGNATURE = re.compile(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})", re.ASCII)


def verify(
    delivery: Delivery, secrets: Sequence[str], _: Config, /, *, now: datetime, tolerance_s: float
) -> None:
    """``X-Example-Signature: t=<seconds>,v1=<hex>``, HMAC-SHA256 over the time, a full stop and the body."""
    found = _SIGNATURE.fullmatch(delivery.headers.get("x-example-signature", ""))
    if found is None:
        raise SignatureInvalid("X-Example-Signature with t and v1 is expected")
    if abs(now.timestamp() - int(found[1])) > tolerance_s:
        raise SignatureInvalid(f"t is more than {tolerance_s:g} s from now")
    signed = found[1].encode() + b"." + delivery.body
    signing.check(signed, [secret.encode() for secret in secrets], [bytes.fromhex(found[2])])


def handshake(_delivery: Delivery, _secrets: Sequence[str], _config: Config, /) -> Answer | None:
    """None: ExampleHire asks nothing before it sends."""
    return None


def delivery_id(delivery: Delivery, _config: Config, /) -> str | None:
    """The same for every try, as ExampleHire says."""
    return delivery.headers.get("x-example-delivery")


def map_events(delivery: Delivery, config: Erasing, /) -> Mapped:
    """A decline, its withdrawal, or a deletion. Raises Invalid where what it needs is missing."""
    body = reading.read_object(delivery.body)
    event, data = reading.word(body, "event"), body.get("data")
    if event == "candidate.deleted":
        return erased(config, ident(data, "candidate", "id"), "/data/candidate/id")
    if event not in ("application.declined", "application.reopened"):
        return ignore("an event that tells of no decline")
    application = needed(ident(data, "id"), "/data/id")
    decline, time = reading.stable_id("application", application, "decline"), reading.rfc3339(body.get("at"))
    if event == "application.reopened":
        return Mapped((reading.restated(DeclineWithdrawn(decline=decline), time, "reopening"),))
    return _declined(data, application, decline, time, config)


def _declined(data: Any, application: str, decline: str, time: datetime | None, config: Erasing) -> Mapped:
    candidate, reason = at(data, "candidate"), at(data, "reason")
    fields = {
        "name": at(candidate, "name"),
        "email": at(candidate, "email"),
        "phone": at(candidate, "phone"),
        "external_id": at(candidate, "id"),
    }
    said = reading.build(
        DeclineReceived,
        person=reading.person(fields, "/data/candidate"),
        job=reading.job(text(data, "job", "title"), ident(data, "job", "id")),
        application=application,
        stage=stage_of(text(data, "stage")),
        reason=text(reason, "name", limit=500),
    )
    return gathered([judged(reading.sent(decline, time, said, "/at"), config, ident(reason, "id"))])
