"""Ashby, by its API: who the candidate of an application is.

Facts: developers.ashbyhq.com, reference of application.info and candidate.info, guides of authentication and
of responses. E-mails can be added to a candidate there (candidate.addEmailMessage), but no method is
documented that reads them. So no outreach is ever read here, and what was written to a candidate is on record
only if another source reports it, to which the addresses found here lead.
"""

from typing import Any

from services.intake.enrichment import found
from services.intake.enrichment.asking import Ask, Asking, Finding, Subject, Unanswered, basic, wanted
from services.intake.enrichment.credentials import Credentials, Secret
from services.intake.sources import reading
from services.intake.sources.reading import at, each, ident

API, AUTH = "https://api.ashbyhq.com", "https://api.ashbyhq.com"


class AshbyCredentials(Credentials):
    """An API key with the right ``candidatesRead``."""

    api_key: Secret


CREDENTIALS = AshbyCredentials


def look_up(subject: Subject, credentials: AshbyCredentials, /) -> Asking:
    """Who the candidate is."""
    headers = basic(credentials.api_key)
    candidate_id = subject.candidate
    if candidate_id is None:
        application_id = wanted(subject.application, "of which application it is")
        application = yield from _results("application.info", {"applicationId": application_id}, headers)
        candidate_id = wanted(ident(application, "candidate", "id"), "whose application it is")
    candidate = yield from _results("candidate.info", {"id": candidate_id}, headers)
    links = (at(link, "url") for link in each(candidate, "socialLinks"))
    fields = {
        "name": at(candidate, "name"),
        "email": [at(candidate, "primaryEmailAddress", "value"), *found.values(candidate, "emailAddresses")],
        "phone": at(candidate, "primaryPhoneNumber", "value"),
        "profile_urls": list(links),
        "external_id": candidate_id,
    }
    return found.all_of([found.person_changed(reading.person(fields, ""), subject)], ())


def _results(method: str, body: dict[str, Any], headers: dict[str, str]) -> Finding:
    """What a method answers. What it cannot do it tells with success false, and status 200."""
    answer = yield Ask(f"/{method}", headers=headers, json=body)
    if at(answer.body, "success") is not True:
        raise Unanswered(f"{method} did not succeed")
    return at(answer.body, "results")
