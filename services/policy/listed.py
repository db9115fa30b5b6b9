"""A line of a list of people who must not be written to: who it names, checked member by member. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import ErrorDetails

from services.policy.facts import ToldMoment
from shared.checked import said
from shared.errors import FieldError, Invalid
from shared.events import path_of
from shared.identity import (
    Fingerprints,
    Kind,
    canonical_email,
    canonical_external_id,
    canonical_phone,
    canonical_profile_url,
)
from shared.store import suppressions

_FINGERPRINT = re.compile(r"[eupx][A-Za-z0-9_-]{22}", re.ASCII)
_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class OtherPepper(Invalid):
    """A fingerprint that was made under another pepper, which nobody can tell here whose it is."""

    def __init__(self) -> None:
        super().__init__([FieldError("/pepper", "the mark of this installation's pepper is expected")])


class Listed(BaseModel):
    """Any of the identifiers may be missing, one at least must be there, and each must be one.

    A fingerprint, as an export holds it, names its pepper: under another it is nobody's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    email: _Text | None = None
    phone: _Text | None = None
    region: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] | None = None
    profile_url: _Text | None = None
    profile_urls: Annotated[tuple[_Text, ...], Field(max_length=10)] = ()
    external_id: _Text | None = None
    source: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,64}$")] | None = None
    fingerprint: _Text | None = None
    pepper: _Text | None = None
    kind: suppressions.Kind = "opt_out"
    scope: _Text | None = None
    at: ToldMoment | None = None

    def fingerprints(self, made: Fingerprints) -> frozenset[str]:
        """The fingerprints of whom it names. Raises Invalid with every fault; none repeats a value.

        Raises OtherPepper where nothing else is wrong.
        """
        faults: list[FieldError] = []
        found: set[str] = set()
        for name, print_ in self._prints(made):
            if print_ is None:
                faults.append(FieldError(f"/{name}", _EXPECTED[name]))
            else:
                found.add(print_)
        if faults:
            raise Invalid(faults)
        if self.fingerprint and self.pepper != made.pepper_mark():
            raise OtherPepper
        if not found:
            raise Invalid.at("", "email, phone, profile_url, external_id or fingerprint is expected")
        return frozenset(found)

    def _prints(self, made: Fingerprints) -> Iterator[tuple[str, str | None]]:
        if self.email:
            yield "email", _made(made, Kind.EMAIL, canonical_email(self.email))
        if self.phone:
            yield "phone", _made(made, Kind.PHONE, canonical_phone(self.phone, self.region))
        for url in (*self.profile_urls, *([self.profile_url] if self.profile_url else [])):
            yield "profile_url", _made(made, Kind.PROFILE_URL, canonical_profile_url(url))
        if self.external_id:
            yield "external_id", self._of_a_source(made)
        if self.fingerprint:
            yield "fingerprint", self.fingerprint if _FINGERPRINT.fullmatch(self.fingerprint) else None

    def _of_a_source(self, made: Fingerprints) -> str | None:
        if self.source is None or self.external_id is None:
            return None
        form = canonical_external_id(path_of(self.source), self.external_id)
        return _made(made, Kind.EXTERNAL_ID, form)


_EXPECTED = {
    "email": "an e-mail address is expected",
    "phone": "a phone number is expected, with country code or region",
    "profile_url": "the address of a person's profile is expected",
    "external_id": "an id is expected, and the source that calls a person so",
    "fingerprint": "a fingerprint is expected, as an export has it",
}


def read_line(values: Mapping[str, Any] | bytes) -> Listed:
    """A line of JSON, or of a table's columns, of which empty ones are not there. Raises Invalid."""
    try:
        if isinstance(values, bytes):
            return Listed.model_validate_json(values)
        return Listed.model_validate({name: value for name, value in values.items() if value})
    except ValidationError as error:
        raise Invalid(list(_faults(error.errors(include_url=False, include_input=False)))) from None


def _faults(errors: Iterable[ErrorDetails]) -> Iterator[FieldError]:
    for error in errors:
        place = "/".join(str(part) for part in error["loc"])
        unknown = error["type"] == "extra_forbidden"
        yield FieldError(f"/{place}" if place else "", _NAMES if unknown else said(error))


def _made(made: Fingerprints, kind: Kind, form: str | None) -> str | None:
    return made.fingerprint(kind, form) if form else None


_NAMES = f"is none of {', '.join(Listed.model_fields)}"
