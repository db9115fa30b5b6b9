"""The kind `workable`: webhooks of Workable (SPI v3).

Facts: workable.readme.io/reference, candidate-events (the payload),
webhook-subscriptions-candidates-employees (events, signature, success), job-candidates-index (``withdrew``)
and disqualification_reasons.

Not documented, and how it is read here:

- How the signature is written: in hexadecimal, as public integrations have it, or in base64.
- Whether a disqualification is told at all, and by which event: public integrations say as candidate_moved,
  so every event that holds a candidate is read for one.
- Whether events carry ``withdrew``, as candidates in the API do. Where they do it tells whose no it is,
  but for the reasons of those who went without a word; where they do not nobody knows, unless the reason is
  mapped.
- How a disqualification that was reverted looks. A candidate who is not disqualified is on every move from
  stage to stage, and taking each for a withdrawal would take back the no that comes later: only one that
  still holds the time of its disqualification is read as its withdrawal.

The payload is the state when it was sent, and any event of a candidate may hold a no of long ago: only the
time of the disqualification itself counts, never the envelope's.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from services.intake.sources import reading, signing
from services.intake.sources.config import Config, Erasing
from services.intake.sources.contract import erased, judged
from services.intake.sources.delivery import Answer, Delivery, Mapped, gathered, ignore
from services.intake.sources.reading import at, each, ident, needed, text
from services.intake.sources.stages import stage_of
from shared.events import DeclineReceived, DeclineWithdrawn, Person
from shared.reasons import Who, fold

ABOUT = "Workable"
SUCCESS_STATUS = 200
CONFIG = Erasing

#: Workable's own reasons, by their present and former names, by which somebody went without a word.
_SILENT = frozenset(
    {
        "could not be contacted",
        "unable to contact candidate",
        "did not attend interview",
        "did not show up for interview",
    }
)


def verify(delivery: Delivery, secrets: Sequence[str], _: Config, /, **_age: object) -> None:
    """``X-Workable-Signature`` over the whole body, by the API token; no time is signed."""
    value = delivery.headers.get("x-workable-signature", "")
    digest = signing.hex_digest(value) or signing.base64_digest(value)
    signing.check_digest(delivery.body, secrets, digest, "X-Workable-Signature with a digest is expected")


def handshake(_delivery: Delivery, _secrets: Sequence[str], _config: Config, /) -> Answer | None:
    """Workable has none."""
    return None


def delivery_id(delivery: Delivery, _config: Config, /) -> str | None:
    """The id in the envelope."""
    return reading.id_in(delivery.body, "id")


def map_events(delivery: Delivery, config: Erasing, /) -> Mapped:
    """A candidate who is disqualified is a decline. Raises Invalid where what it needs is missing."""
    body = reading.read_object(delivery.body)
    event, candidate = reading.word(body, "event_type"), body.get("data")
    if event == "candidate_deleted":
        # also what a candidate who withdraws early leaves behind; but not only, so it is nobody's no
        return erased(config, ident(candidate, "id"), "/data/id")
    if event not in {"candidate_created", "candidate_moved"}:
        return ignore("an event that tells of no candidate")
    disqualified, time = at(candidate, "disqualified"), reading.rfc3339(at(candidate, "disqualified_at"))
    if disqualified is not True and (disqualified is not False or time is None):
        return ignore("a candidate who is not disqualified")
    candidate_id = needed(ident(candidate, "id"), "/data/id")
    # a candidate may be disqualified again, at another time
    decline = reading.stable_id("candidate", candidate_id, "disqualification", str(time))
    if disqualified:
        return _disqualified(candidate, decline, time, config)
    reverted_at = reading.rfc3339(body.get("fired_at"))
    return Mapped((reading.restated(DeclineWithdrawn(decline=decline), reverted_at, "revert"),))


def _disqualified(candidate: Any, decline: str, time: datetime | None, config: Erasing) -> Mapped:
    reason = text(candidate, "disqualification_reason", limit=500)
    data = reading.build(
        DeclineReceived,
        person=_person(candidate),
        job=reading.job(text(candidate, "job", "title"), ident(candidate, "job", "shortcode")),
        application=ident(candidate, "id"),
        who=_who(candidate, reason),
        stage=stage_of(text(candidate, "stage_kind"), text(candidate, "stage")),
        reason=reason,
    )
    return gathered([judged(reading.sent(decline, time, data, "/data/disqualified_at"), config)])


def _who(candidate: Any, reason: str | None) -> Who:
    """By Workable's own word: none where nobody chose a reason, or where the candidate said nothing."""
    withdrew = at(candidate, "withdrew")
    if withdrew is True and fold(reason or "") not in _SILENT:
        return "candidate"
    return "company" if withdrew is False and reason else "unknown"


def _person(candidate: Any) -> Person:
    names = (text(candidate, "firstname"), text(candidate, "lastname"))
    fields = {
        "name": text(candidate, "name") or " ".join(name for name in names if name),
        "email": at(candidate, "email"),
        "phone": at(candidate, "phone"),
        # profile_url is the candidate's page in Workable, and nobody's own
        "profile_urls": [at(item, "url") for item in each(candidate, "social_profiles")],
        "external_id": at(candidate, "id"),
    }
    return reading.person(fields, "/data")
