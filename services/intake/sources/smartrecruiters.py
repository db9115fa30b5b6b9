"""The kind `smartrecruiters`: webhooks of SmartRecruiters.

Facts: developers.smartrecruiters.com/docs (receiving-webhook-notifications, activating-webhook-subscriptions,
webhooks-security), its reference of generating a secret key, and smartrecruiters/sr-webhooks-client.

A delivery holds ids and nothing else. A changed status of an application may be a no of either side or none
at all, and only the platform's API tells: nobody knows whose no it is until it is looked up, and no mapping
of reasons can say so beforehand. Not documented, and how it is read here:

- Whether event-id stays the same for every try: it is taken to, for nothing else tells two changes apart.
- How old a signature may be: as old as any. The time of the request is taken for that of the change, and
  each try is taken to be signed anew.
- Whether a body holds ``candidate_id`` and ``job_id`` or ``id``, the application's: either will do.
- When an application is no longer withdrawn: that is one more change of its status, which takes nothing back.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from services.intake.sources import reading, signing
from services.intake.sources.config import Config, Erasing
from services.intake.sources.contract import erased
from services.intake.sources.delivery import Answer, Delivery, Mapped, ignore
from services.intake.sources.reading import ident, needed
from shared.errors import Invalid, SignatureInvalid
from shared.events import DeclineReceived, Person

ABOUT = "SmartRecruiters; it sends ids only, so give it credentials"
SUCCESS_STATUS = 202
CONFIG = Erasing

#: Beside the body, in this order; one that is missing is signed as nothing.
_SIGNED_HEADERS = ("event-id", "event-name", "event-version", "link")
_SECONDS = re.compile(r"[0-9]{1,12}")
_HOOK_SECRET = re.compile(r"[!-~]{1,200}")


def verify(
    delivery: Delivery, secrets: Sequence[str], _: Config, /, *, now: datetime, tolerance_s: float
) -> None:
    """``smartrecruiters-signature: v1=<hex>;v1=<hex>``, one for each key that is in force there.

    HMAC-SHA256 over the time, the body and four headers as they came, joined by full stops.
    """
    headers = delivery.headers
    signed_at = _signed_at(headers)
    if signed_at is None:
        raise SignatureInvalid("smartrecruiters-timestamp with a number of seconds is expected")
    if abs((now - signed_at).total_seconds()) > tolerance_s:
        raise SignatureInvalid(f"smartrecruiters-timestamp is more than {tolerance_s:g} s from now")
    schemes = [part.partition("=") for part in headers.get("smartrecruiters-signature", "").split(";")]
    # other schemes than v1 may come to stand beside it one day
    digests = [signing.hex_digest(digest) for scheme, _, digest in schemes if scheme == "v1"]
    found = [digest for digest in digests if digest is not None]
    if not found:
        raise SignatureInvalid("smartrecruiters-signature: v1= and hexadecimal digits are expected")
    others = (headers.get(name, "").encode("latin-1", "backslashreplace") for name in _SIGNED_HEADERS)
    signed = b".".join([headers["smartrecruiters-timestamp"].encode(), delivery.body, *others])
    signing.check(signed, [secret.encode() for secret in secrets], found)


def handshake(delivery: Delivery, _secrets: Sequence[str], _config: Config, /) -> Answer | None:
    """Activation asks for its own ``X-Hook-Secret`` back, with 200; whoever asks learns nothing by it.

    It may come with the Authorization that a subscription was given. Raises Invalid for one that no answer
    could carry.
    """
    told = delivery.headers.get("x-hook-secret")
    if delivery.method != "POST" or told is None:
        return None
    if signing.proves_otherwise(delivery.headers, "smartrecruiters-signature", "authorization"):
        return None
    if not _HOOK_SECRET.fullmatch(told):
        raise Invalid.at("", "the header X-Hook-Secret: 1 to 200 visible ASCII characters are expected, once")
    return Answer(200, {"X-Hook-Secret": told})


def delivery_id(delivery: Delivery, _config: Config, /) -> str | None:
    """The id of the event."""
    return delivery.headers.get("event-id")


def map_events(delivery: Delivery, config: Erasing, /) -> Mapped:
    """A changed status that may be a no, or a deletion. Raises Invalid where an id is missing."""
    body = reading.read_object(delivery.body)
    read = _EVENTS.get(_header(delivery, "event-name"))
    return read(delivery, body, config) if read else ignore("an event that tells of no decline")


def _status_updated(delivery: Delivery, body: Any, _: Erasing) -> Mapped:
    candidate, job = ident(body, "candidate_id"), ident(body, "job_id")
    own_id = ident(body, "id") or (reading.stable_id(candidate, job) if candidate and job else None)
    application = needed(own_id, "/candidate_id")
    data = DeclineReceived(
        person=Person(external_id=candidate or reading.stable_id("application", application)),
        job=reading.job(None, job),
        application=application,
    )
    changed_at = _signed_at(delivery.headers)
    if changed_at is None:
        raise Invalid.at("", "the header smartrecruiters-timestamp is expected, with a number of seconds")
    sent_id = reading.stable_id("event", _header(delivery, "event-id"))
    return Mapped((reading.sent(sent_id, changed_at, data),))


def _deleted(_: Delivery, body: Any, config: Erasing) -> Mapped:
    return erased(config, ident(body, "candidate_id") or ident(body, "id"), "/candidate_id")


_EVENTS: Mapping[str, Callable[[Delivery, Any, Erasing], Mapped]] = {
    "application.status.updated": _status_updated,
    "candidate.deleted": _deleted,
}


def _header(delivery: Delivery, name: str) -> str:
    found = ident(delivery.headers.get(name))
    if found is None:
        raise Invalid.at("", f"the header {name} is expected")
    return found


def _signed_at(headers: Mapping[str, str]) -> datetime | None:
    seconds = headers.get("smartrecruiters-timestamp", "")
    return reading.unix_ms(int(seconds) * 1000) if _SECONDS.fullmatch(seconds) else None
