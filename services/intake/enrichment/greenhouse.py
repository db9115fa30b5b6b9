"""Greenhouse, by the Harvest API v3: the candidate, and the e-mails that the platform has on record.

Facts: harvestdocs.greenhouse.io (guides of authentication, pagination, rate limiting, migration of v1 and v2,
which ended on 31 August 2026). Members of notes and candidates: public descriptions of its OpenAPI documents.
Not verified, and how it is read here:

- Whether ``created_at`` of an e-mail is when it was sent: it is taken for it. What was filed later than it
  was sent counts as later, which lets less through.
- Who wrote an InMail: no member tells, so it is none of the candidate's record.
"""

from typing import Annotated, Any

from pydantic import Field

from services.intake.enrichment import found
from services.intake.enrichment.asking import (
    Ask,
    Asking,
    Finding,
    Subject,
    Unanswered,
    basic,
    bearer,
    pages,
    wanted,
)
from services.intake.enrichment.credentials import Credentials, Secret
from services.intake.sources import Ignored, Sent, reading
from services.intake.sources.reading import at, each, ident, text

API, AUTH = "https://harvest.greenhouse.io", "https://auth.greenhouse.io"


class GreenhouseCredentials(Credentials):
    """A Harvest v3 credential: client id and secret."""

    client_id: Secret
    client_secret: Secret
    per_page: Annotated[int, Field(ge=1, le=500)] = 500


CREDENTIALS = GreenhouseCredentials


def look_up(subject: Subject, credentials: GreenhouseCredentials, /) -> Asking:
    """Who the candidate is and what they wrote and got."""
    token = yield Ask(
        "/token",
        headers=basic(credentials.client_id, credentials.client_secret),
        form={"grant_type": "client_credentials"},
        at="auth",
    )
    headers = bearer(wanted(text(token.body, "access_token", limit=10_000), "a token"))
    candidate_id = subject.candidate or (yield from _candidate_of(subject, headers))
    person, candidate = yield from _candidate(candidate_id, headers)
    own = found.addresses(*found.values(candidate, "email_addresses"))
    notes = yield from _notes(candidate_id, headers, credentials.per_page)
    told = [found.person_changed(person, subject)]
    if at(candidate, "can_email") is False:
        told.append(found.unwelcome(person))
    return found.all_of(told, [_message(note, candidate_id, own) for note in notes])


def _candidate_of(subject: Subject, headers: dict[str, str]) -> Finding:
    application = wanted(subject.application, "of which application it is")
    answer = yield Ask("/v3/applications", {"ids": application}, headers)
    asked_for = _of_id(answer.body, application)
    return wanted(ident(asked_for, "candidate_id"), "whose application it is")


def _candidate(candidate_id: str, headers: dict[str, str]) -> Finding:
    answer = yield Ask("/v3/candidates", {"ids": candidate_id}, headers)
    candidate = _of_id(answer.body, candidate_id)
    if candidate is None:
        raise Unanswered("the candidate is not there, or the key may not see them")
    fields = {
        "name": found.full_name(candidate),
        "email": found.values(candidate, "email_addresses"),
        "phone": at(candidate, "phone_numbers", 0, "value"),
        # websites are left out: many people name the same one, and would be taken for one person
        "profile_urls": found.values(candidate, "social_media_addresses"),
        "external_id": candidate_id,
    }
    return reading.person(fields, ""), candidate


def _of_id(listed: Any, identity: str) -> Any:
    """The one of a list that was asked for; None where it is not there."""
    return next((one for one in each(listed) if ident(one, "id") == identity), None)


def _notes(candidate_id: str, headers: dict[str, str], per_page: int) -> Finding:
    query = {"candidate_ids": candidate_id, "per_page": str(per_page)}
    notes: list[Any] = []
    for _ in pages():
        answer = yield Ask("/v3/notes", query, headers)
        notes += each(answer.body)
        if not answer.next_query:
            break
        query = dict(answer.next_query)
    return notes


def _message(note: Any, candidate_id: str, own: frozenset[str]) -> Sent | Ignored:
    if text(note, "type") != "EMAIL":
        return Ignored("a note that is no e-mail")
    if ident(note, "candidate_id") != candidate_id:
        return Ignored("a note about somebody else")
    sender = text(note, "email_from", limit=320)
    senders = found.addresses(sender)
    receivers = found.addresses(*(at(note, name) for name in ("to", "cc", "email_to", "email_cc")))
    return found.message(
        ident(note, "id"),
        reading.rfc3339(at(note, "created_at")),
        found.direction(senders, receivers, own),
        candidate=candidate_id,
        recruiter=reading.recruiter(None, next(iter(senders), None), ident(note, "user_id")),
        text=at(note, "body"),
    )
