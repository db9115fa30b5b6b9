"""Lever, by its API v1: who is behind an opportunity, and whether it was archived for the reason told.

Facts: the developer documentation of hire.lever.co, sections Authentication, Rate limits and Opportunities.
It tells of no e-mails: notes are the company's own. So no outreach is ever read here, and what was written to
a candidate is on record only if another source reports it, to which the addresses found here lead.

The signature of a delivery does not cover its body. What the API says instead is the truth: a decline whose
contact or reason is not the platform's is looked at by a person.
"""

from services.intake.enrichment import found
from services.intake.enrichment.asking import Ask, Asking, Subject, Unanswered, basic, segment, wanted
from services.intake.enrichment.credentials import Credentials, Secret
from services.intake.sources import reading
from services.intake.sources.reading import at, each, ident

API, AUTH = "https://api.lever.co", "https://auth.lever.co"


class LeverCredentials(Credentials):
    """An API key that may read opportunities."""

    api_key: Secret


CREDENTIALS = LeverCredentials


def look_up(subject: Subject, credentials: LeverCredentials, /) -> Asking:
    """Who the contact of the opportunity is."""
    opportunity = wanted(subject.application, "of which opportunity it is")
    answer = yield Ask(f"/v1/opportunities/{segment(opportunity)}", headers=basic(credentials.api_key))
    data = at(answer.body, "data")
    if at(data, "isAnonymized") is True or at(data, "deletedAt") is not None:
        raise Unanswered("the candidate was anonymised or deleted there")
    contact = ident(data, "contact", "id") or ident(data, "contact")
    if subject.named not in {contact, opportunity}:
        raise Unanswered("the platform knows the opportunity of another contact")
    # both ways to tell of it are in use
    if subject.reason not in {ident(data, "archived", "reason"), ident(data, "archiveReason")}:
        raise Unanswered("the platform tells another reason, or that it is not archived")
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
