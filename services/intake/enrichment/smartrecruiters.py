"""SmartRecruiters, by its Candidate API: what a status changed to, when, why, and who the candidate is.

Facts: the examples of answers in davejcameron/smartrecruiters, taken from the reference at
developers.smartrecruiters.com, and roksela/smartrecruiters-python-client, made of its older description. It
tells of no messages to candidates, so no outreach is ever read here: it comes by another source, to which the
address found here leads. Not documented, and how it is read here:

- In which order a history comes, and whether in pages: it is sorted here, and one that is cut off is left.
- To which entry a delivery belongs: to the newest at its time. Where that is long before, the history may lag
  behind the delivery, so it is asked for again for a while.
- A status that is not known here says nothing of whose no it is.
"""

from datetime import datetime, timedelta
from itertools import takewhile
from operator import attrgetter
from typing import Any, NamedTuple

from services.intake.enrichment import found
from services.intake.enrichment.asking import Ask, Asking, Subject, Unanswered, behind, segment, wanted
from services.intake.enrichment.credentials import Credentials, Secret
from services.intake.sources import reading
from services.intake.sources.reading import at, each, ident, text
from shared.events import KnownDecline, Stage
from shared.reasons import Who

API, AUTH = "https://api.smartrecruiters.com", "https://api.smartrecruiters.com"

#: A delivery's time is cut to the second.
_ROUNDED = timedelta(seconds=5)
#: A delivery that is this much younger than the newest entry may tell of one that is still to come.
_AT_ONCE = timedelta(minutes=5)
_DECLINES: dict[str, tuple[Who, str]] = {
    "WITHDRAWN": ("candidate", "reasonOfWithdrawal"),
    "REJECTED": ("company", "reasonOfRejection"),
}
_STAGES: dict[str, Stage] = {
    "LEAD": "outreach",
    "NEW": "application",
    "IN_REVIEW": "application",
    "INTERVIEW": "interview",
    "OFFERED": "offer",
    "HIRED": "offer",
}
#: As other methods of the same API spell them, and as they are spelled here.
_SPELLED_OTHERWISE = {"OFFER": "OFFERED", "HIRE": "HIRED"}
_NO_DECLINES = frozenset({*_STAGES, "TRANSFERRED"})


class SmartRecruitersCredentials(Credentials):
    """An API key: it may read whatever an administrator may."""

    api_key: Secret


CREDENTIALS = SmartRecruitersCredentials


class _Change(NamedTuple):
    at: datetime
    status: str


def look_up(subject: Subject, credentials: SmartRecruitersCredentials, /) -> Asking:
    """Whose no the change was, if it was one, and who the candidate is."""
    headers = {"X-SmartToken": credentials.api_key}
    candidate_id = wanted(subject.candidate, "whose application it is")
    path = f"/candidates/{segment(candidate_id)}"
    application = f"{path}/jobs/{segment(wanted(subject.job, 'for which job it is'))}"
    # in this order: what changes in between shows as a difference
    history = yield Ask(f"{application}/status/history", {}, headers, fresh=True)
    state = yield Ask(application, {}, headers, fresh=True)
    known = _known(_changes(history.body), state.body, subject)
    if known.who is None:
        return found.all_of((), (), known)
    candidate = (yield Ask(path, {}, headers)).body
    if ident(candidate, "id") != candidate_id:
        raise Unanswered("the candidate is not there, or the key may not see them")
    fields = {
        "name": found.full_name(candidate, "firstName", "lastName"),
        "email": at(candidate, "email"),
        "phone": at(candidate, "phoneNumber"),
        # their website is left out: many people name the same one, and would be taken for one person
        "profile_urls": [at(candidate, "web", "linkedin")],
        "external_id": candidate_id,
    }
    return found.all_of([found.person_changed(reading.person(fields, ""), subject)], (), known)


def _changes(history: Any) -> list[_Change]:
    """The history, oldest first. Raises Unanswered where not all of it is there or can be read."""
    entries, total = each(history, "content"), at(history, "totalFound")
    if isinstance(total, int) and total > len(entries):
        raise Unanswered("there is more than is read")
    read = ((reading.rfc3339(at(entry, "changedOn")), _status(entry)) for entry in entries)
    changes = [_Change(changed, status) for changed, status in read if changed and status]
    if len(changes) < len(entries):
        raise Unanswered("the platform did not tell when each status changed")
    return sorted(changes, key=attrgetter("at"))


def _status(of: Any) -> str | None:
    """The status of an entry or an application, in one spelling; None where it tells of none."""
    spelled = text(of, "status", limit=40)
    if spelled is None:
        return None
    status = spelled.upper().replace("-", "_").replace(" ", "_")
    return _SPELLED_OTHERWISE.get(status, status)


def _known(changes: list[_Change], state: Any, subject: Subject) -> KnownDecline:
    until = [change for change in changes if change.at <= subject.declined_at + _ROUNDED]
    if not until or _status(state) != changes[-1].status:
        raise behind(subject)
    told = until[-1]
    if subject.early and told.at < subject.declined_at - _AT_ONCE:
        raise behind(subject)
    if told.status in _NO_DECLINES:
        return KnownDecline(who=None, why=f"the status became {told.status}")
    if told.status != changes[-1].status:
        return KnownDecline(who=None, why=f"the status is {changes[-1].status} by now")
    # more of the same status is one change of it and what was said of it later
    same = [*takewhile(lambda change: change.status == told.status, reversed(until))]
    before = until[-len(same) - 1].status if len(same) < len(until) else ""
    who, named = _DECLINES.get(told.status, ("unknown", ""))
    reason = text(state, named, "label", limit=500)
    return KnownDecline(who=who, at=same[-1].at, stage=_STAGES.get(before), reason=reason)
