"""Teamtailor, by its API (JSON:API): whose no a rejection was, when, why, and who the candidate is.

Facts: Teamtailor/docs, source/includes (authentication, versions, job applications, reject reasons,
candidates). The relation ``reject-reason`` of an application is not in that copy: code that reads it from the
live API is. Messages lie in the log of activities in no documented form, among them those that the platform
sends by itself. So no outreach is ever read here: it comes by another source, to which the address found here
leads. Not documented, and how it is read here:

- Whether an answer may lag behind a delivery: one that is older than the rejection is asked for again.
- What becomes of a rejection that is taken back: an application without ``rejected-at`` is not rejected.
"""

from typing import Annotated, Any

from pydantic import Field

from services.intake.enrichment import found
from services.intake.enrichment.asking import Ask, Asking, Subject, Unanswered, behind, segment, wanted
from services.intake.enrichment.credentials import Credentials, Secret
from services.intake.sources import reading
from services.intake.sources.reading import at, each, ident, text
from services.intake.sources.stages import stage_of
from shared.events import KnownDecline
from shared.reasons import Who

API, AUTH = "https://api.teamtailor.com", "https://api.teamtailor.com"

_WHO: dict[bool, Who] = {True: "company", False: "candidate"}


class TeamtailorCredentials(Credentials):
    """An API key of the scope Admin that may read, and the version of the API that is spoken to."""

    api_key: Secret
    api_version: Annotated[str, Field(pattern=r"^[0-9]{8}$")] = "20240904"


CREDENTIALS = TeamtailorCredentials


def look_up(subject: Subject, credentials: TeamtailorCredentials, /) -> Asking:
    """Whose no the rejection was, if it still is one, and who the candidate is."""
    application_id = wanted(subject.application, "of which application it is")
    answer = yield Ask(
        f"/v1/job-applications/{segment(application_id)}",
        {"include": "candidate,stage,reject-reason"},
        {
            "Authorization": f"Token token={credentials.api_key}",
            "X-Api-Version": credentials.api_version,
            "Accept": "application/vnd.api+json",
        },
        fresh=True,
    )
    if ident(answer.body, "data", "id") != application_id:
        raise Unanswered("the application is not there, or the key may not see it")
    known = _known(answer.body, subject)
    if known.who is None:
        return found.all_of((), (), known)
    candidate = _related(answer.body, "candidate")
    attributes = at(candidate, "attributes")
    fields = {
        "name": found.full_name(attributes, "first-name", "last-name"),
        "email": at(attributes, "email"),
        "phone": at(attributes, "phone"),
        "profile_urls": [at(attributes, "linkedin-url")],
        "external_id": wanted(ident(candidate, "id"), "whose application it is"),
    }
    person = reading.person(fields, "")
    told = [found.person_changed(person, subject)]
    if at(attributes, "unsubscribed") is True:
        told.append(found.unwelcome(person))
    return found.all_of(told, (), known)


def _known(body: Any, subject: Subject) -> KnownDecline:
    attributes = at(body, "data", "attributes")
    if not isinstance(attributes, dict) or "rejected-at" not in attributes:
        raise Unanswered("the platform did not tell whether the application is rejected")
    rejected = attributes["rejected-at"] is not None
    told_at = reading.rfc3339(attributes["rejected-at"] if rejected else at(attributes, "updated-at"))
    if told_at is None or told_at < subject.declined_at:
        raise behind(subject)
    if not rejected:
        return KnownDecline(who=None, why="the application is not rejected any more")
    reason = at(_related(body, "reject-reason"), "attributes")
    by_company = at(reason, "rejected-by-company")
    stage = text(_related(body, "stage"), "attributes", "name")
    return KnownDecline(
        who=_WHO[by_company] if isinstance(by_company, bool) else "unknown",
        at=told_at,
        stage=stage_of(stage),
        reason=text(reason, "reason", limit=500),
    )


def _related(body: Any, name: str) -> Any:
    """What the application is related to by this name, out of what came with it; None where nothing is."""
    wanted_one = at(body, "data", "relationships", name, "data")
    kind, identity = text(wanted_one, "type"), ident(wanted_one, "id")
    return next(
        (
            one
            for one in each(body, "included")
            if identity and ident(one, "id") == identity and text(one, "type") == kind
        ),
        None,
    )
