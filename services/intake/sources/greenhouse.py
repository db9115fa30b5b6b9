"""The kind `greenhouse`: webhooks of Greenhouse Recruiting.

Facts: grnhse/greenhouse-api-docs, source/includes/webhooks (introduction, candidate and application events)
and source/includes/harvest/_rejection_reasons.md. Not documented, and how it is read here:

- The ping is taken to be signed as everything else is; an action that is not known is answered with success.
- Whether Greenhouse-Event-ID is the same for every try: events are told apart by the application instead. One
  application is declined once; the un-reject carries no trace of which rejection it takes back, so a second
  rejection of an application repeats the first and is never acted on.
- Who rejected an offer: unknown, unless the reason "Rejected" is mapped. Offers name the application only, so
  it stands for the person until the candidate is looked up.
- The names of types of reasons are each company's; only the two of Greenhouse itself are taken at their word.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from services.intake.sources import reading, signing
from services.intake.sources.config import Config, Erasing
from services.intake.sources.contract import erased, judged, marked
from services.intake.sources.delivery import Answer, Delivery, Ignored, Mapped, Sent, gathered, ignore
from services.intake.sources.reading import at, each, ident, needed, text
from services.intake.sources.stages import stage_of
from shared.events import (
    Data,
    DeclineReceived,
    DeclineWithdrawn,
    ErasureRequested,
    OptOutReceived,
    Person,
    PersonChanged,
    Recruiter,
)
from shared.pointer import pointer
from shared.reasons import Who, fold

ABOUT = "Greenhouse Recruiting"
SUCCESS_STATUS = 200
CONFIG = Erasing

_SIGNATURE = re.compile(r"sha256 ([0-9a-fA-F]{64})", re.ASCII)
_SIDES: Mapping[str, Who] = {"they rejected us": "candidate", "we rejected them": "company"}
_APPLICATION = "/payload/application"
#: Where in a payload a candidate may stand.
_CANDIDATES: tuple[tuple[str, ...], ...] = (("application", "candidate"), ("candidate",), ("person",))


def verify(delivery: Delivery, secrets: Sequence[str], _: Config, /, **_age: object) -> None:
    """``Signature: sha256 <hex>``, over the whole body; no time is signed, so its age is not known."""
    found = _SIGNATURE.fullmatch(delivery.headers.get("signature", ""))
    expected = "Signature: sha256 and 64 hexadecimal digits are expected"
    signing.check_digest(delivery.body, secrets, bytes.fromhex(found[1]) if found else None, expected)


def handshake(_delivery: Delivery, _secrets: Sequence[str], _config: Config, /) -> Answer | None:
    """None: the ping comes signed, and is ignored as an action that is none of our business."""
    return None


def delivery_id(delivery: Delivery, _config: Config, /) -> str | None:
    """The id that Greenhouse gives a delivery."""
    return delivery.headers.get("greenhouse-event-id")


def map_events(delivery: Delivery, config: Erasing, /) -> Mapped:
    """The decline, or what else the action tells. Raises Invalid where what it needs is missing."""
    body = reading.read_object(delivery.body)
    payload = at(body, "payload")
    read = _ACTIONS.get(reading.word(body, "action"))
    told = partial(read, payload, config) if read else None
    return marked(told, lambda: _opted_out(payload), "an action that tells of no decline")


def _rejected(payload: Any, config: Erasing) -> Mapped:
    return gathered([_decline(at(payload, "application"), config)])


def _decline(application: Any, config: Erasing) -> Sent | Ignored:
    candidate, reason = at(application, "candidate"), at(application, "rejection_reason")
    application_id = needed(ident(application, "id"), f"{_APPLICATION}/id")
    who = _SIDES.get(fold(text(reason, "type", "name") or ""), "unknown")
    prospect = at(application, "prospect") is True
    data = reading.build(
        DeclineReceived,
        person=_person(candidate, f"{_APPLICATION}/candidate"),
        recruiter=_recruiter(candidate),
        job=reading.job(text(application, "jobs", 0, "name"), ident(application, "jobs", 0, "id")),
        application=application_id,
        who=who,
        stage="outreach" if prospect else stage_of(text(application, "current_stage", "name")),
        reason=text(reason, "name", limit=500),
    )
    time = reading.rfc3339(at(application, "rejected_at"))
    decline = reading.sent(_rejection(application_id), time, data, f"{_APPLICATION}/rejected_at")
    return judged(decline, config, ident(reason, "id"))


def _unrejected(payload: Any, _: Erasing) -> Mapped:
    application = at(payload, "application")
    application_id = needed(ident(application, "id"), f"{_APPLICATION}/id")
    data = DeclineWithdrawn(decline=_rejection(application_id))
    time = reading.rfc3339(at(application, "last_activity_at"))
    return Mapped((reading.restated(data, time, "application", application_id, "unrejection"),))


def _offer_updated(payload: Any, config: Erasing) -> Mapped:
    status = text(payload, "offer_status")
    if status is None or fold(status) != "rejected":
        return ignore("an offer that was not rejected")
    application_id = needed(ident(payload, "application_id"), "/payload/application_id")
    data = DeclineReceived(
        person=Person(external_id=reading.stable_id("application", application_id)),
        job=reading.job(None, ident(payload, "job_id")),
        application=application_id,
        stage="offer",
        reason=status,
    )
    sent_id = reading.stable_id("offer", needed(ident(payload, "id"), "/payload/id"), "rejection")
    time = reading.rfc3339(at(payload, "resolved_at"))
    return gathered([judged(reading.sent(sent_id, time, data, "/payload/resolved_at"), config)])


def _updated(payload: Any, _: Erasing) -> Mapped:
    person = _person(at(payload, "candidate"), "/payload/candidate")
    return Mapped((_of_candidate(PersonChanged(person=person), "change"),))


def _merged(payload: Any, _: Erasing) -> Mapped:
    kept = needed(ident(payload, "person", "new_candidate_id"), "/payload/person/new_candidate_id")
    gone = needed(ident(payload, "person", "id"), "/payload/person/id")
    data = PersonChanged(person=Person(external_id=kept), formerly=(gone,))
    return Mapped((_of_candidate(data, "merge"),))


def _deleted(payload: Any, config: Erasing) -> Mapped:
    return erased(config, ident(payload, "person", "id"), "/payload/person/id")


def _anonymized(payload: Any, _: Erasing) -> Mapped:
    candidate_id = needed(ident(payload, "candidate_id"), "/payload/candidate_id")
    return Mapped((_of_candidate(ErasureRequested(person=Person(external_id=candidate_id)), "erasure"),))


_ACTIONS: Mapping[str, Callable[[Any, Erasing], Mapped]] = {
    "reject_candidate": _rejected,
    "unreject_candidate": _unrejected,
    "offer_updated": _offer_updated,
    "update_candidate": _updated,
    "merge_candidate": _merged,
    "delete_candidate": _deleted,
    "candidate_anonymized": _anonymized,
}


def _rejection(application_id: str) -> str:
    return reading.stable_id("application", application_id, "rejection")


def _of_candidate(data: Data, what: str) -> Sent:
    """Greenhouse gives these no time."""
    return reading.restated(data, None, "candidate", what)


def _opted_out(payload: Any) -> list[Sent]:
    """A candidate marked as not to be mailed wants no mail; the mark is on every payload that holds one."""
    marked_at = [path for path in _CANDIDATES if at(payload, *path, "can_email") is False]
    persons = [_person(at(payload, *path), pointer(("payload", *path))) for path in marked_at]
    return [_of_candidate(OptOutReceived(person=one), "opt-out") for one in persons]


def _person(candidate: Any, where: str) -> Person:
    names = (text(candidate, "first_name"), text(candidate, "last_name"))
    fields = {
        "name": " ".join(name for name in names if name),
        "email": reading.personal_first(each(candidate, "email_addresses"), "type"),
        "phone": at(candidate, "phone_numbers", 0, "value"),
        # websites are left out: many people name the same one, and would be taken for one person
        "profile_urls": [at(item, "value") for item in each(candidate, "social_media_addresses")],
        "external_id": at(candidate, "id"),
    }
    return reading.person(fields, where)


def _recruiter(candidate: Any) -> Recruiter | None:
    recruiter = at(candidate, "recruiter")
    return reading.recruiter(at(recruiter, "name"), at(recruiter, "email"), at(recruiter, "id"))
