"""Who is who without keeping who: identifiers as HMAC fingerprints under a pepper (RFC 2104, SHA-256)."""

import hmac
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Protocol

from shared.canonical import (
    canonical_email,
    canonical_external_id,
    canonical_phone,
    canonical_team,
)
from shared.encoding import b64url
from shared.profiles import canonical_profile_url

__all__ = [
    "Fingerprints",
    "Kind",
    "PersonLike",
    "RecruiterLike",
    "canonical_email",
    "canonical_external_id",
    "canonical_phone",
    "canonical_profile_url",
    "identifiers",
    "is_external_id",
    "is_phone",
    "scoped",
]

#: 22 letters of base64url carry 132 bits: no two persons will ever share them.
_LETTERS = 22


class Kind(StrEnum):
    """The kinds of identifier."""

    EMAIL = "email"
    PROFILE_URL = "profile_url"
    PHONE = "phone"
    EXTERNAL_ID = "external_id"


_MARKS = {Kind.EMAIL: "e", Kind.PROFILE_URL: "u", Kind.PHONE: "p", Kind.EXTERNAL_ID: "x"}
_RECRUITER_MARK = "r"
_TEAM_MARK = "t"
_WORDS_MARK = "w"


class PersonLike(Protocol):
    """A candidate, as far as identity goes."""

    @property
    def email(self) -> str | None: ...  # noqa: D102 - the names say it all
    @property
    def phone(self) -> str | None: ...  # noqa: D102
    @property
    def profile_urls(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def external_id(self) -> str | None: ...  # noqa: D102
    @property
    def region(self) -> str | None: ...  # noqa: D102


class RecruiterLike(Protocol):
    """A recruiter, as far as identity goes."""

    @property
    def email(self) -> str | None: ...  # noqa: D102
    @property
    def external_id(self) -> str | None: ...  # noqa: D102


def identifiers(person: PersonLike, source: str) -> frozenset[tuple[Kind, str]]:
    """Each identifier of `person` in its canonical form; what cannot be one is left out."""
    return frozenset(_identifiers(person, source))


def _identifiers(person: PersonLike, source: str) -> Iterator[tuple[Kind, str]]:
    if person.email and (email := canonical_email(person.email)):
        yield Kind.EMAIL, email
    for url in person.profile_urls:
        if profile := canonical_profile_url(url):
            yield Kind.PROFILE_URL, profile
    if person.phone and (phone := canonical_phone(person.phone, person.region)):
        yield Kind.PHONE, phone
    if person.external_id and (own := canonical_external_id(source, person.external_id)):
        yield Kind.EXTERNAL_ID, own


def scoped(tenant: str, fingerprint: str) -> str:
    """The key of `fingerprint` at one tenant."""
    return f"{tenant}/{fingerprint}"


def is_external_id(key: str) -> bool:
    """Whether a key is of a source's own id of a person."""
    return key.rpartition("/")[2].startswith(_MARKS[Kind.EXTERNAL_ID])


def is_phone(key: str) -> bool:
    """Whether a key is of a phone number."""
    return key.rpartition("/")[2].startswith(_MARKS[Kind.PHONE])


class Fingerprints:
    """Makes fingerprints under `pepper`: without it nobody can ask whether an address is among them."""

    def __init__(self, pepper: bytes) -> None:
        self._pepper = pepper

    def of(self, person: PersonLike, source: str) -> frozenset[str]:
        """The fingerprints of all identifiers of `person`, the same at every tenant (see `scoped`)."""
        return frozenset(self.fingerprint(kind, form) for kind, form in _identifiers(person, source))

    def fingerprint(self, kind: Kind, form: str) -> str:
        """The fingerprint of one canonical form: the kind's letter and 22 of base64url."""
        return _MARKS[kind] + self._digest(f"{kind.value}\0{form}")

    def recruiter(self, recruiter: RecruiterLike | None, tenant: str, source: str) -> str | None:
        """The tenant-scoped key of a recruiter, by e-mail, else by the source's own id, else None.

        Apart from the fingerprints of candidates: who hires today is somebody's candidate tomorrow.
        """
        if recruiter is None:
            return None
        form = canonical_email(recruiter.email) if recruiter.email else None
        kind = Kind.EMAIL
        if form is None and recruiter.external_id:
            kind, form = Kind.EXTERNAL_ID, canonical_external_id(source, recruiter.external_id)
        if form is None:
            return None
        return scoped(tenant, _RECRUITER_MARK + self._digest(f"recruiter\0{kind.value}\0{form}"))

    def team(self, name: str | None, tenant: str) -> str | None:
        """The tenant-scoped key of a team, the same whichever source names it; None where no name is told."""
        form = canonical_team(name) if name else None
        return scoped(tenant, _TEAM_MARK + self._digest(f"team\0{form}")) if form else None

    def words(self, form: str, tenant: str) -> str:
        """The tenant-scoped fingerprint of what somebody wrote, in the form in which texts are compared."""
        return scoped(tenant, _WORDS_MARK + self._digest(f"words\0{tenant}\0{form}"))

    def pepper_mark(self) -> str:
        """Tells fingerprints under this pepper from those under another, and nothing else."""
        return self._digest("pepper")

    def _digest(self, text: str) -> str:
        # a lone surrogate, which JSON can carry, has no UTF-8 of its own
        message = text.encode("utf-8", "surrogatepass")
        return b64url(hmac.digest(self._pepper, message, "sha256"))[:_LETTERS]
