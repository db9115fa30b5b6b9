"""Merge's common models, each of which stands in a payload as its id, or in full where it was expanded."""

from typing import Any

from services.intake.sources import reading
from services.intake.sources.reading import at, each, ident, text
from services.intake.sources.stages import stage_of
from shared.events import Person, Recruiter, Stage
from shared.reasons import fold


def id_of(model: Any) -> str | None:
    """The id of a model, given as its id or in full."""
    return ident(model, "id") if isinstance(model, dict) else ident(model)


def name_of(model: Any) -> str | None:
    """Its name; None where there is only its id."""
    return text(model, "name")


def stage(interview_stage: Any) -> Stage | None:
    """How far it went; None where there is only an id, which tells nothing."""
    return stage_of(name_of(interview_stage))


def applicant(application: Any, application_id: str, where: str) -> Person:
    """Whose application it is; as long as nobody knows, it stands for the person itself."""
    candidate = at(application, "candidate")
    if id_of(candidate) is None:
        return Person(external_id=reading.stable_id("application", application_id))
    return person(candidate, f"{where}/candidate")


def person(candidate: Any, where: str) -> Person:
    """The person that a candidate is. Raises Invalid where nothing tells who."""
    fields = {
        "name": _full_name(candidate),
        "email": reading.personal_first(each(candidate, "email_addresses"), "email_address_type"),
        "phone": at(candidate, "phone_numbers", 0, "value"),
        # other addresses, of companies and job boards, are named by many people
        "profile_urls": [at(item, "value") for item in each(candidate, "urls") if _is_social(item)],
        "external_id": id_of(candidate),
    }
    return reading.person(fields, where)


def recruiter(user: Any) -> Recruiter | None:
    """The recruiter that a remote user is."""
    return reading.recruiter(_full_name(user), at(user, "email"), id_of(user))


def _full_name(model: Any) -> str | None:
    names = (text(model, "first_name"), text(model, "last_name"))
    return reading.text(" ".join(name for name in names if name))


def _is_social(url: Any) -> bool:
    return fold(text(url, "url_type") or "") == "social_media"
