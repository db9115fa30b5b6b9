"""The kind `teamtailor`: company webhooks of Teamtailor, with signatures of version 2.

Facts: Teamtailor/tt-partner-docs, source/includes/company_webhooks. Version 1 signs nothing but an id, so
whoever saw one delivery could write any other about it: it is refused. A rejection comes without its reason
and without the candidate: only Teamtailor's API tells whose no it was, so nobody knows until it is looked up,
and the application stands for the person. Not documented, and how it is read here:

- What version 2 signs: the whole body as it came, as the documentation has it since it was corrected, though
  it shows a body that holds its own signature, which none that is signed as a whole can.
- How old a signature may be: as old as any.
- Names are listed with ``_`` and shown with ``-``: either will do.
- When a rejection is taken back: an application that is not rejected looks the same before and after, and
  every change of stage tells of one, so it is not taken for an end. A second rejection repeats the first.
- Whether a candidate who unsubscribed is marked in webhooks as in the API: where it is marked, it counts.
"""

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from services.intake.sources import reading, signing
from services.intake.sources.config import Config, Erasing
from services.intake.sources.contract import erased, marked
from services.intake.sources.delivery import Answer, Delivery, Mapped, Sent, ignore
from services.intake.sources.reading import at, ident, needed, text
from services.intake.sources.stages import stage_of
from shared.errors import SignatureInvalid
from shared.events import Data, DeclineReceived, OptOutReceived, Person, PersonChanged

ABOUT = "Teamtailor; it does not send whose no it was, so give it credentials"
SUCCESS_STATUS = 200
CONFIG = Erasing

_SIGNATURE = re.compile(rb"t=([0-9]{1,12}),v2=([0-9a-fA-F]{64})")
_DATA = "/payload/data"
_ATTRIBUTES = f"{_DATA}/attributes"


def verify(
    delivery: Delivery, secrets: Sequence[str], _: Config, /, *, now: datetime, tolerance_s: float
) -> None:
    """``TT-Signature``: base64 of ``t=<seconds>,v2=<hex>``, HMAC-SHA256 over the time, a full stop and the
    body.
    """
    try:
        decoded = base64.b64decode(delivery.headers.get("tt-signature", ""), validate=True)
    except (binascii.Error, ValueError):
        decoded = b""
    found = _SIGNATURE.fullmatch(decoded)
    if found is None:
        raise SignatureInvalid("TT-Signature of version 2 is expected: t= and v2= in base64")
    seconds, digest = found[1], bytes.fromhex(found[2].decode("ascii"))
    if abs(now.timestamp() - int(seconds)) > tolerance_s:
        raise SignatureInvalid(f"the time in TT-Signature is more than {tolerance_s:g} s from now")
    signing.check(seconds + b"." + delivery.body, [secret.encode() for secret in secrets], [digest])


def handshake(_delivery: Delivery, _secrets: Sequence[str], _config: Config, /) -> Answer | None:
    """None is documented."""
    return None


def delivery_id(_delivery: Delivery, _config: Config, /) -> str | None:
    """None: a delivery is sent once, whatever becomes of it, and has no name."""
    return None


def map_events(delivery: Delivery, config: Erasing, /) -> Mapped:
    """A rejected application, or what is told of a candidate. Raises Invalid where an id is missing."""
    body = reading.read_object(delivery.body)
    event, data = reading.word(body, "payload", "event_name"), at(body, "payload", "data")
    read = _EVENTS.get(event)
    told = partial(read, data, config) if read else None
    return marked(told, lambda: _unsubscribed(event, data), "an event that tells of no decline")


def _application(data: Any, _: Erasing) -> Mapped:
    attributes = at(data, "attributes")
    rejected_at = _member(attributes, "rejected-at")
    if rejected_at is None:
        return ignore("an application that is not rejected")
    application = needed(ident(data, "id"), f"{_DATA}/id")
    decline = DeclineReceived(
        person=Person(external_id=reading.stable_id("application", application)),
        job=reading.job(text(_member(attributes, "job-title")), ident(_member(attributes, "job-id"))),
        application=application,
        stage=stage_of(text(_member(attributes, "stage-name"))),
    )
    sent_id = reading.stable_id("application", application, "rejection")
    time = reading.rfc3339(rejected_at)
    return Mapped((reading.sent(sent_id, time, decline, f"{_ATTRIBUTES}/rejected-at"),))


def _candidate(data: Any, _: Erasing) -> Mapped:
    return Mapped((_of_candidate(PersonChanged(person=_person(data)), data, "change"),))


def _unsubscribed(event: str, data: Any) -> list[Sent]:
    """Whoever unsubscribed wants no mail, whatever is told of them."""
    if not event.startswith("candidate.") or _member(at(data, "attributes"), "unsubscribed") is not True:
        return []
    return [_of_candidate(OptOutReceived(person=_person(data)), data, "opt-out")]


def _of_candidate(told: Data, data: Any, what: str) -> Sent:
    time = reading.rfc3339(_member(at(data, "attributes"), "updated-at"))
    return reading.restated(told, time, "candidate", what)


def _person(data: Any) -> Person:
    attributes = at(data, "attributes")
    names = (text(_member(attributes, name)) for name in ("first-name", "last-name"))
    fields = {
        "name": " ".join(name for name in names if name),
        "email": _member(attributes, "email"),
        "phone": _member(attributes, "phone"),
        "profile_urls": [_member(attributes, "linkedin-url")],
        "external_id": at(data, "id"),
    }
    return reading.person(fields, _DATA)


def _deleted(data: Any, config: Erasing) -> Mapped:
    return erased(config, ident(data, "id"), f"{_DATA}/id")


_EVENTS: Mapping[str, Callable[[Any, Erasing], Mapped]] = {
    "job_application.update": _application,
    # whoever is rejected by a rule of the platform may be so from the first
    "job_application.create": _application,
    "candidate.update": _candidate,
    "candidate.destroy": _deleted,
}


def _member(attributes: Any, name: str) -> Any:
    """The attribute by its name with ``-``, or else with ``_``."""
    found = at(attributes, name)
    return at(attributes, name.replace("-", "_")) if found is None else found
