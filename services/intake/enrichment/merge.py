"""Merge, by its unified API: who the candidate of an application is, and the e-mails that users sent.

Facts: docs.merge.dev, reference of applications, candidates and activities, and its page on pagination. An
activity is "performed by a user", so an e-mail that has one was sent by them. Where it has none, nobody knows
who wrote it, and it is left out: an invented outreach would let a letter through. Activities cannot be asked
for by their candidate: those that Merge came to know since a year before the decline are read, of the
user whom the application is credited to where there is one; where that is more than fits, a person looks.
"""

from datetime import timedelta
from typing import Any

from services.intake.enrichment import found
from services.intake.enrichment.asking import Ask, Asking, Finding, Subject, bearer, pages, segment, wanted
from services.intake.enrichment.credentials import Credentials, Secret
from services.intake.sources import Ignored, Sent, merge_models, reading
from services.intake.sources.merge_models import id_of
from services.intake.sources.reading import at, each, ident, text
from shared.events import Recruiter

API, AUTH = "https://api.merge.dev", "https://api.merge.dev"

#: Merge knows of nothing before it happened, so by its own time nothing of these days is missed.
_LOOK_BACK = timedelta(days=365)


class MergeCredentials(Credentials):
    """The organization's API key, and the token of the one linked account that the source is of."""

    api_key: Secret
    account_token: Secret


CREDENTIALS = MergeCredentials


def look_up(subject: Subject, credentials: MergeCredentials, /) -> Asking:
    """Who the candidate is and what users wrote to them."""
    headers = {**bearer(credentials.api_key), "X-Account-Token": credentials.account_token}
    application_id = wanted(subject.application, "of which application it is")
    path = f"/api/ats/v1/applications/{segment(application_id)}"
    answer = yield Ask(path, {"expand": "candidate,credited_to"}, headers)
    candidate = at(answer.body, "candidate")
    candidate_id = wanted(id_of(candidate), "whose application it is")
    if not isinstance(candidate, dict):
        candidate = (yield Ask(f"/api/ats/v1/candidates/{segment(candidate_id)}", {}, headers)).body
    person = merge_models.person(candidate, "")
    recruiter = merge_models.recruiter(at(answer.body, "credited_to"))
    activities = yield from _activities(recruiter, subject, headers)
    told = [found.person_changed(person, subject)]
    if at(candidate, "can_email") is False:
        told.append(found.unwelcome(person))
    return found.all_of(told, [_message(one, candidate_id, recruiter) for one in activities])


def _activities(recruiter: Recruiter | None, subject: Subject, headers: dict[str, str]) -> Finding:
    query = {"page_size": "100", "created_after": (subject.declined_at - _LOOK_BACK).isoformat()}
    if recruiter is not None and recruiter.external_id is not None:
        query["user_id"] = recruiter.external_id
    activities: list[Any] = []
    for _ in pages():
        answer = yield Ask("/api/ats/v1/activities", query, headers)
        activities += each(answer.body, "results")
        cursor = text(answer.body, "next", limit=2_000)
        if cursor is None:
            break
        query = {**query, "cursor": cursor}
    return activities


def _message(activity: Any, candidate_id: str, credited: Recruiter | None) -> Sent | Ignored:
    if text(activity, "activity_type") != "EMAIL" or at(activity, "remote_was_deleted") is True:
        return Ignored("an activity that is no e-mail")
    if id_of(at(activity, "candidate")) != candidate_id:
        return Ignored("an activity about somebody else")
    user = id_of(at(activity, "user"))
    known = credited is not None and credited.external_id == user
    return found.message(
        ident(activity, "id"),
        # only the platform's own time counts: Merge may have seen it long after
        reading.rfc3339(at(activity, "remote_created_at")),
        "outreach" if user else None,
        candidate=candidate_id,
        recruiter=credited if known else reading.recruiter(None, None, user),
        text=at(activity, "body"),
    )
