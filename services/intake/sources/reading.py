"""How adapters read payloads that are not ours: what is missing or odd is None, what cannot be used is told.

Whatever JSON came, these functions raise Invalid or nothing.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import ValidationError

from services.intake.sources.delivery import Sent
from shared import strict_json
from shared.errors import Invalid
from shared.events import (
    Data,
    DeclineReceived,
    InteractionRecorded,
    Job,
    Person,
    Recruiter,
    content_digest,
)
from shared.identity import canonical_email, canonical_profile_url, identifiers
from shared.moments import to_millisecond
from shared.pointer import pointer
from shared.reasons import fold

#: Characters of a sender's id at most.
MAX_ID = 200
#: As much as shared.events takes.
_MAX_EMAIL, _MAX_PHONE, _MAX_PROFILES, _MAX_PROFILE = 320, 40, 10, 500

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_MAILTO = re.compile(r"^mailto:", re.IGNORECASE)
#: RFC 3339, section 5.6; a space for the T is allowed there, and widely sent.
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)

D = TypeVar("D", bound=Data)


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object that the body holds. Raises Invalid."""
    value = strict_json.read(body)
    if not isinstance(value, dict):
        raise Invalid.at("", "an object is expected")
    return value


def at(value: Any, *path: str | int) -> Any:
    """What lies at this path of names and positions; None where nothing does."""
    for part in path:
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            return None
    return value


def each(value: Any, *path: str | int) -> list[Any]:
    """The items of the list at this path; none where there is no list."""
    found = at(value, *path)
    return found if isinstance(found, list) else []


def several(value: Any) -> list[Any]:
    """A list as it is, and anything else as a list of one."""
    return value if isinstance(value, list) else [value]


def text(value: Any, *path: str | int, limit: int = MAX_ID) -> str | None:
    """The text at this path for a person to read, cut to the limit; a number is text too."""
    found = at(value, *path) if path else value
    if isinstance(found, str):
        return found.strip()[:limit].strip() or None
    return text(str(found), limit=limit) if isinstance(found, int) and not isinstance(found, bool) else None


def ident(value: Any, *path: str | int) -> str | None:
    """The id at this path; None where it is too long to be one, for a part of an id is another id."""
    found = text(value, *path, limit=MAX_ID + 1)
    return found if found and len(found) <= MAX_ID else None


def needed(found: str | None, where: str) -> str:
    """What was found. Raises Invalid naming the place where it was expected."""
    if found is None:
        raise Invalid.at(where, "this is expected")
    return found


def word(value: Any, *path: str) -> str:
    """The text at this path, as it is. Raises Invalid where there is none."""
    found = at(value, *path)
    if not isinstance(found, str):
        raise Invalid.at(pointer(path), "text is expected")
    return found


def id_in(body: bytes, *path: str) -> str | None:
    """The id at this path of a body; None for whatever else came."""
    try:
        return ident(read_object(body), *path)
    except Invalid:
        return None


def rfc3339(value: Any) -> datetime | None:
    """The moment that an RFC 3339 text names, in UTC; None for anything else, a time without zone too."""
    if not isinstance(value, str) or not _RFC3339.fullmatch(value):
        return None
    try:
        return to_millisecond(datetime.fromisoformat(value.upper()))
    except ValueError:
        return None


def unix_ms(value: Any) -> datetime | None:
    """The moment so many milliseconds after 1970; None for anything else."""
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    try:
        return _EPOCH + timedelta(milliseconds=value)
    except OverflowError:
        return None


def stable_id(*parts: str) -> str:
    """One id made of several, which no other parts give; at most MAX_ID characters."""
    joined = "/".join(quote(part, safe=":") for part in parts)
    return joined if len(joined) <= MAX_ID else "sha256:" + hashlib.sha256(joined.encode()).hexdigest()


def person(fields: Mapping[str, Any], where: str) -> Person:
    """The person of these fields, each of which may be None or no such thing.

    ``email`` and ``profile_urls`` may be one or a list: the first that is an address is the person's.

    Raises Invalid, naming the place ``where`` they were looked for, when nothing tells who it is.
    """
    addresses = (_address(one) for one in several(fields.get("email")))
    phone = text(fields.get("phone"))
    profiles = [text(item, limit=_MAX_PROFILE + 1) for item in several(fields.get("profile_urls"))]
    found = Person(
        name=text(fields.get("name")),
        email=next((one for one in addresses if one), None),
        phone=phone if phone and len(phone) <= _MAX_PHONE else None,
        profile_urls=tuple(item for item in profiles if item and _is_profile(item))[:_MAX_PROFILES],
        external_id=ident(fields.get("external_id")),
    )
    # an address or a profile was tried above, and trying costs: the rest is asked only where there is neither
    if not (found.email or found.profile_urls or identifiers(found, "")):
        raise Invalid.at(where, "an e-mail address, phone number, profile or id of the person is expected")
    return found


def personal_first(addresses: list[Any], kind: str) -> list[Any]:
    """The values of addresses: a personal one first, one at work last, by what ``kind`` tells."""
    order = {"personal": 0, "work": 2}
    ranked = sorted(addresses, key=lambda one: order.get(fold(text(one, kind) or ""), 1))
    return [at(one, "value") for one in ranked]


def _is_profile(url: str) -> bool:
    return len(url) <= _MAX_PROFILE and canonical_profile_url(url) is not None


def _address(value: Any) -> str | None:
    """The address, also where it is written as a URL; None for what is none, or too long to be one."""
    found = _MAILTO.sub("", text(value, limit=_MAX_EMAIL + 1) or "")
    return found if len(found) <= _MAX_EMAIL and canonical_email(found) else None


def recruiter(name: Any, email: Any, external_id: Any, team: Any = None) -> Recruiter | None:
    """The recruiter of these, each of which may be no such thing; None where nothing tells who it is, nor of
    which team.
    """
    found = Recruiter(
        name=text(name), email=_address(email), external_id=ident(external_id), team=ident(team)
    )
    return found if found.email or found.external_id or found.team else None


def job(title: Any, external_id: Any) -> Job | None:
    """The job of these, each of which may be no such thing; None where nothing is known of it."""
    found = Job(title=text(title), external_id=ident(external_id))
    return found if found.title or found.external_id else None


def build(model: type[D], **fields: Any) -> D:
    """Our data. Raises Invalid with every fault, by our own names of the fields."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        told = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in faults)
        raise Invalid.at("", told) from None


def restated(data: Data, time: datetime | None, *parts: str) -> Sent:
    """An event that a platform may tell again in other words, each time an event of its own.

    For stops and changes of a person, which do no harm twice; the id covers all that is said, so that no two
    that differ share one.
    """
    return Sent(stable_id(*parts, content_digest(data.kind, time or _EPOCH, data)[:32]), time, data)


def sent(sent_id: str, time: datetime | None, data: Data, where: str = "") -> Sent:
    """The event. Raises Invalid for a decline or a message without a time, naming ``where`` it lacks.

    Without it nobody could tell a fresh no from one that is long past, nor what came first.
    """
    if time is None and isinstance(data, DeclineReceived | InteractionRecorded):
        raise Invalid.at(where, "a time as in RFC 3339, with its zone, is expected")
    return Sent(sent_id, time, data)
