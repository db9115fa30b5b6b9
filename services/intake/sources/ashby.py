"""The kind `ashby`: webhooks of Ashby.

Facts: developers.ashbyhq.com/docs (setting-up-webhooks, authenticating-webhooks, common-payload-data,
retries) and the webhooks of Ashby's OpenAPI document. Not documented, and how it is read here:

- A webhook without a secret token comes unsigned: it is refused, and so is its ping.
- What an application that was taken out of the archive looks like. Every change of stage tells the state and
  not what it was before, so only one that still says when it was archived takes a decline back.
- Whether what two members say of an offer may differ: if it does, nobody knows whose no it is.
- Offers name the application only, so it stands for the person until the candidate is looked up.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from services.intake.sources import reading, signing
from services.intake.sources.config import Config, Erasing
from services.intake.sources.contract import erased, judged
from services.intake.sources.delivery import Answer, Delivery, Mapped, gathered, ignore
from services.intake.sources.reading import at, each, ident, needed, text
from services.intake.sources.stages import stage_of
from shared.events import (
    DeclineReceived,
    DeclineWithdrawn,
    Person,
    PersonChanged,
    Recruiter,
    Stage,
)
from shared.reasons import Who, fold

ABOUT = "Ashby"
SUCCESS_STATUS = 200
CONFIG = Erasing

_SIGNATURE = re.compile(r"sha256=([0-9a-fA-F]{64})")
_SIDES: Mapping[str, Who] = {"RejectedByCandidate": "candidate", "RejectedByOrg": "company"}
_STAGES: Mapping[str, Stage] = {"lead": "outreach", "offer": "offer", "hired": "offer"}
#: What an offer says of itself once the candidate said no; an approver's no is told elsewhere.
_OFFER_DECLINED = {"offerStatus": "CandidateRejected", "acceptanceStatus": "Declined"}
_APPLICATION = "/data/application"


def verify(delivery: Delivery, secrets: Sequence[str], _: Config, /, **_age: object) -> None:
    """``Ashby-Signature: sha256=<hex>``, over the whole body; no time is signed, so its age is not known."""
    found = _SIGNATURE.fullmatch(delivery.headers.get("ashby-signature", ""))
    expected = "Ashby-Signature: sha256= and 64 hexadecimal digits are expected"
    signing.check_digest(delivery.body, secrets, bytes.fromhex(found[1]) if found else None, expected)


def handshake(_delivery: Delivery, _secrets: Sequence[str], _config: Config, /) -> Answer | None:
    """None: the ping comes signed, and is ignored as an action that is none of our business."""
    return None


def delivery_id(delivery: Delivery, _config: Config, /) -> str | None:
    """The id of what happened: the same for every try, and for every webhook that tells of it."""
    return reading.id_in(delivery.body, "webhookActionId")


def map_events(delivery: Delivery, config: Erasing, /) -> Mapped:
    """The decline, or what else the action tells. Raises Invalid where what it needs is missing."""
    body = reading.read_object(delivery.body)
    read = _ACTIONS.get(reading.word(body, "action"))
    return read(at(body, "data"), config) if read else ignore("an action that tells of no decline")


def _application(data: Any, config: Erasing) -> Mapped:
    application = at(data, "application")
    application_id = needed(ident(application, "id"), f"{_APPLICATION}/id")
    archived_at = reading.rfc3339(at(application, "archivedAt"))
    if text(application, "status") == "Archived":
        return _archived(application, application_id, archived_at, config)
    if archived_at is None:
        return ignore("an application that is not archived")
    withdrawn = DeclineWithdrawn(decline=_archiving(application_id, archived_at))
    time = reading.rfc3339(at(application, "updatedAt"))
    return Mapped((reading.restated(withdrawn, time, "application", application_id, "unarchive"),))


def _archived(application: Any, application_id: str, archived_at: datetime | None, config: Erasing) -> Mapped:
    reason = at(application, "archiveReason")
    decline = reading.build(
        DeclineReceived,
        person=_person(at(application, "candidate"), f"{_APPLICATION}/candidate"),
        recruiter=_recruiter(application),
        job=reading.job(text(application, "job", "title"), ident(application, "job", "id")),
        application=application_id,
        who=_SIDES.get(text(reason, "reasonType") or "", "unknown"),
        stage=_stage(at(application, "currentInterviewStage")),
        reason=text(reason, "text", limit=500),
    )
    sent_id = _archiving(application_id, archived_at)
    sent = reading.sent(sent_id, archived_at, decline, f"{_APPLICATION}/archivedAt")
    return gathered([judged(sent, config, ident(reason, "id"))])


def _offer_updated(data: Any, config: Erasing) -> Mapped:
    offer = at(data, "offer")
    told = [text(offer, member) for member in _OFFER_DECLINED]
    says_no = [said == no for said, no in zip(told, _OFFER_DECLINED.values(), strict=True) if said]
    if not any(says_no):
        return ignore("an offer that the candidate did not decline")
    application_id = needed(ident(offer, "applicationId"), "/data/offer/applicationId")
    decline = DeclineReceived(
        person=Person(external_id=reading.stable_id("application", application_id)),
        application=application_id,
        who="candidate" if all(says_no) else "unknown",
        stage="offer",
    )
    sent_id = reading.stable_id("offer", needed(ident(offer, "id"), "/data/offer/id"), "rejection")
    time = reading.rfc3339(at(offer, "decidedAt"))
    return gathered([judged(reading.sent(sent_id, time, decline, "/data/offer/decidedAt"), config)])


def _merged(data: Any, _: Erasing) -> Mapped:
    kept, gone = at(data, "mergedCandidate"), ident(data, "deletedCandidate", "id")
    needed(ident(kept, "id"), "/data/mergedCandidate/id")
    change = PersonChanged(
        person=_person(kept, "/data/mergedCandidate"),
        formerly=(needed(gone, "/data/deletedCandidate/id"),),
    )
    return Mapped((reading.restated(change, None, "candidate", "merge"),))


def _deleted(data: Any, config: Erasing) -> Mapped:
    return erased(config, ident(data, "candidate", "id"), "/data/candidate/id")


_ACTIONS: Mapping[str, Callable[[Any, Erasing], Mapped]] = {
    # one change of stage is told under both names
    "candidateStageChange": _application,
    "applicationUpdate": _application,
    "offerUpdate": _offer_updated,
    "candidateMerge": _merged,
    "candidateDelete": _deleted,
}


def _archiving(application_id: str, archived_at: datetime | None) -> str:
    """One event whenever it is told, and another than when the application is archived once more."""
    when = archived_at.isoformat() if archived_at else ""
    return reading.stable_id("application", application_id, "archive", when)


def _stage(stage: Any) -> Stage | None:
    """How far it went; not known where the stage is the archive itself."""
    kind = fold(text(stage, "type") or "")
    if kind in {"", "archived"}:
        return None
    return _STAGES.get(kind) or stage_of(text(stage, "title"))


def _person(candidate: Any, where: str) -> Person:
    fields = {
        "name": at(candidate, "name"),
        "email": at(candidate, "primaryEmailAddress", "value"),
        "phone": at(candidate, "primaryPhoneNumber", "value"),
        "external_id": at(candidate, "id"),
    }
    return reading.person(fields, where)


def _recruiter(application: Any) -> Recruiter | None:
    """Who is called so in the hiring team; else whom the application is credited to."""
    team = each(application, "hiringTeam")
    named = next((one for one in team if fold(text(one, "role") or "") == "recruiter"), None)
    who = named or at(application, "creditedToUser")
    names = (text(who, "firstName"), text(who, "lastName"))
    name = " ".join(part for part in names if part)
    return reading.recruiter(name, at(who, "email"), ident(who, "userId") or ident(who, "id"))
