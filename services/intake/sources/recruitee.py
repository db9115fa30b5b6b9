"""The kind `recruitee`: webhooks of Recruitee (Tellent).

Facts: docs.recruitee.com/docs/webhooks (the test, the only success, the retries); public integrations for
the signature, for the subtypes of candidate_moved and for what of a candidate lies where.

Not documented, and how it is read here:

- Where the reason of a disqualification lies, and in which form: in ``details.disqualify_reason``, as an
  object with id and name or as text. Reasons are each company's own and carry no side, so nobody knows
  whose no it is unless the reason is mapped, by its name or its id.
- How the time is written: as RFC 3339 has it, or with ``UTC`` for the zone as in other APIs of Recruitee's.
- Whether ``id`` is the same for every try: events are told apart by candidate and offer instead. Somebody
  is disqualified once for an offer; a second time repeats the first and is never acted on.
- Whether tests are signed: the first comes before anybody knows the secret, so a test is answered as it
  comes, and nothing in it is ever read.
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
from shared.errors import Invalid
from shared.events import DeclineReceived, DeclineWithdrawn, Person

ABOUT = "Recruitee (Tellent)"
SUCCESS_STATUS = 200
CONFIG = Erasing

_CANDIDATE = "/payload/candidate"


def verify(delivery: Delivery, secrets: Sequence[str], _: Config, /, **_age: object) -> None:
    """``X-Recruitee-Signature``: bare hexadecimal, over the whole body; no time is signed."""
    digest = signing.hex_digest(delivery.headers.get("x-recruitee-signature", ""))
    expected = "X-Recruitee-Signature with a digest in hexadecimal is expected"
    signing.check_digest(delivery.body, secrets, digest, expected)


def handshake(delivery: Delivery, _secrets: Sequence[str], _config: Config, /) -> Answer | None:
    """The test is answered with success and nothing else, for it proves nothing and changes nothing.

    It may be signed, by a secret that nobody here knows yet. What is signed as another kind signs is no test.
    """
    # every delivery comes by here unverified: what cannot be a test is not parsed
    if delivery.method != "POST" or b'"test"' not in delivery.body:
        return None
    if signing.proves_otherwise(delivery.headers, "x-recruitee-signature"):
        return None
    try:
        body = reading.read_object(delivery.body)
    except Invalid:
        return None
    return Answer(200) if body.get("test") is True and "signature" not in body else None


def delivery_id(delivery: Delivery, _config: Config, /) -> str | None:
    """The id in the envelope."""
    return reading.id_in(delivery.body, "id")


def map_events(delivery: Delivery, config: Erasing, /) -> Mapped:
    """A disqualification is a decline, a requalification takes it back. Raises Invalid for missing parts."""
    body = reading.read_object(delivery.body)
    if body.get("test") not in (None, False):
        return ignore("a test")
    event, subtype = reading.word(body, "event_type"), body.get("event_subtype")
    payload, time = body.get("payload"), _moment(body.get("created_at"))
    if event == "candidate_deleted":
        return erased(config, ident(payload, "candidate", "id"), f"{_CANDIDATE}/id")
    if event != "candidate_moved" or subtype not in ("disqualified", "requalified"):
        return ignore("an event that tells of no decline")
    disqualification = _disqualification(payload)
    if subtype == "requalified":
        withdrawn = DeclineWithdrawn(decline=disqualification)
        return Mapped((reading.restated(withdrawn, time, "requalification"),))
    return _disqualified(payload, disqualification, time, config)


def _disqualified(payload: Any, disqualification: str, time: datetime | None, config: Erasing) -> Mapped:
    reason, stage = (at(payload, "details", name) for name in ("disqualify_reason", "from_stage"))
    data = reading.build(
        DeclineReceived,
        person=_person(at(payload, "candidate")),
        job=reading.job(text(payload, "offer", "title"), ident(payload, "offer", "id")),
        stage=stage_of(text(stage, "category"), text(stage, "name")),
        reason=text(reason, limit=500) or text(reason, "name", limit=500),
    )
    sent = reading.sent(disqualification, time, data, "/created_at")
    return gathered([judged(sent, config, ident(reason, "id"))])


def _disqualification(payload: Any) -> str:
    """The id of the decline: of one candidate for one offer."""
    candidate_id = needed(ident(payload, "candidate", "id"), f"{_CANDIDATE}/id")
    offer_id = ident(payload, "offer", "id")
    of_offer = ["offer", offer_id] if offer_id else []
    return reading.stable_id("candidate", candidate_id, *of_offer, "disqualification")


def _person(candidate: Any) -> Person:
    fields = {
        "name": at(candidate, "name"),
        "email": each(candidate, "emails"),
        "phone": at(candidate, "phones", 0),
        "external_id": at(candidate, "id"),
    }
    return reading.person(fields, _CANDIDATE)


def _moment(value: Any) -> datetime | None:
    if isinstance(value, str) and value.endswith(" UTC"):
        value = value.removesuffix(" UTC") + "Z"
    return reading.rfc3339(value)
