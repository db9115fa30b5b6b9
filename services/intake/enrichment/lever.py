"""Lever, by its API v1: who is behind an opportunity, and whether it was archived when and why it was told.

Facts: the developer documentation of hire.lever.co, sections Authentication, Rate limits and Opportunities.
It tells of no e-mails: notes are the company's own. So no outreach is ever read here, and what was written to
a candidate is on record only if another source reports it, to which the addresses found here lead.

The signature of a delivery does not cover its body. What the API says instead is the truth: a decline whose
contact, time or reason is not the platform's is looked at by a person. Without the time, a no of long ago
could be told anew.
"""

from datetime import timedelta
from typing import Any

from services.intake.enrichment import found
from services.intake.enrichment.asking import Ask, Asking, Subject, Unanswered, basic, behind, segment, wanted
from services.intake.enrichment.credentials import Credentials, Secret
from services.intake.sources import reading
from services.intake.sources.reading import at, each, ident

API, AUTH = "https://api.lever.co", "https://auth.lever.co"

#: How far its time may be from that of the delivery, where that of sending stands in for it.
_APART = timedelta(minutes=5)


class LeverCredentials(Credentials):
    """An API key that may read opportunities."""

    api_key: Secret


CREDENTIALS = LeverCredentials


def look_up(subject: Subject, credentials: LeverCredentials, /) -> Asking:
    """Who the contact of the opportunity is."""
    opportunity = wanted(subject.application, "of which opportunity it is")
    path = f"/v1/opportunities/{segment(opportunity)}"
    answer = yield Ask(path, headers=basic(credentials.api_key), fresh=True)
    data = at(answer.body, "data")
    if at(data, "isAnonymized") is True or at(data, "deletedAt") is not None:
        raise Unanswered("the candidate was anonymised or deleted there")
    contact = ident(data, "contact", "id") or ident(data, "contact")
    if subject.named not in {contact, opportunity}:
        raise Unanswered("the platform knows the opportunity of another contact")
    _check_archived(data, subject)
    fields = {
        "name": at(data, "name"),
        "email": each(data, "emails"),
        "phone": at(data, "phones", 0, "value"),
        "profile_urls": each(data, "links"),
        "external_id": contact or opportunity,
    }
    person = reading.person(fields, "")
    told = [found.person_changed(person, subject)]
    if at(data, "dataProtection", "contact", "allowed") is False:
        told.append(found.unwelcome(person))
    return found.all_of(told, ())


def _check_archived(opportunity: Any, subject: Subject) -> None:
    """Raises NotNow or Unanswered where the platform does not tell of the archiving that was reported."""
    # both ways to tell of it are in use
    told = at(opportunity, "archived", "archivedAt") or at(opportunity, "archivedAt")
    archived_at = reading.unix_ms(told)
    if archived_at is None or archived_at < subject.declined_at - _APART:
        raise behind(subject)
    if archived_at > subject.declined_at + _APART:
        raise Unanswered("the platform tells that it was archived again since")
    if subject.reason not in {ident(opportunity, "archived", "reason"), ident(opportunity, "archiveReason")}:
        raise Unanswered("the platform tells another reason")
