"""Are two descriptions one person? By the canonical forms of what identifies, never by a name alone."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from services.policy.context import Finding
from services.policy.naming import agree
from services.policy.text import alphabet
from shared.identity import canonical_email, canonical_external_id, canonical_phone, canonical_profile_url

#: Ids of two descriptions are taken as of one source, because neither says which.
_ANY_SOURCE = "same"
_ROLES = frozenset(
    {
        *("admin", "billing", "careers", "contact", "hello", "help", "hr", "info", "jobs", "mail", "noreply"),
        *("office", "recruiting", "recruitment", "sales", "support", "team", "webmaster"),
    }
)
#: As a mail program shows one, or a link has it.
_WRAPPED_ADDRESS = re.compile(r"(?:[^<>]*<)?\s*(?:mailto:)?([^<>]*)>?", re.IGNORECASE)


class Described(BaseModel):
    """What is known of a person."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str | None = None
    email: str | None = None
    profile_url: str | None = None
    phone: str | None = None
    region: str | None = None
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """The answer, with what a person should know about it."""

    same: bool
    findings: tuple[Finding, ...]


def compare(one: Described, other: Described) -> Compared:
    """One person, or two? A shared mailbox or phone under names that do not agree is two.

    People change their phones and addresses, but seldom with their names: what differs leaves no room for a
    short form.
    """
    region = one.region or other.region
    mine, theirs = _forms(one, region), _forms(other, region)
    shared = [kind for kind, form in mine.items() if theirs.get(kind) == form]
    findings = list(_lookalikes(one, other))
    personal = not {"profile_url", "external_id"}.isdisjoint(shared)
    told_apart = any(_tells_apart(kind, mine[kind], theirs[kind]) for kind in mine.keys() & theirs.keys())
    if shared and not personal and not agree(one.name or "", other.name or "", in_full=told_apart):
        says = "Two people share this, whose names do not agree well enough."
        findings.append(_finding("identity.shared", ", ".join(shared), says))
        return Compared(same=False, findings=tuple(findings))
    if shared == ["email"] and mine["email"].partition("@")[0] in _ROLES and not (one.name and other.name):
        findings.append(
            _finding("identity.role_address", mine["email"], "Many people may read this address.")
        )
        return Compared(same=False, findings=tuple(findings))
    return Compared(same=bool(shared), findings=tuple(findings))


def _forms(person: Described, region: str | None) -> dict[str, str]:
    region = person.region or region
    forms = {
        "email": canonical_email(_bare_address(person.email)) if person.email else None,
        "profile_url": canonical_profile_url(person.profile_url) if person.profile_url else None,
        "phone": canonical_phone(person.phone, region) if person.phone else None,
        "external_id": canonical_external_id(_ANY_SOURCE, person.external_id) if person.external_id else None,
    }
    return {kind: form for kind, form in forms.items() if form}


def _tells_apart(kind: str, mine: str, theirs: str) -> bool:
    """Whether two identifiers speak for two people; a person may have a profile on each of two sites."""
    if kind == "profile_url" and mine.partition("/")[0] != theirs.partition("/")[0]:
        return False
    return mine != theirs


def _bare_address(text: str) -> str:
    wrapped = _WRAPPED_ADDRESS.fullmatch(text.strip())
    return wrapped[1] if wrapped else text


def _lookalikes(one: Described, other: Described) -> Iterator[Finding]:
    pairs = (
        (one.email, other.email),
        (one.profile_url, other.profile_url),
        (one.external_id, other.external_id),
    )
    for mine, theirs in pairs:
        if mine and theirs and _skeleton(mine) == _skeleton(theirs) and _scripts(mine) != _scripts(theirs):
            says = "They look alike and are written in other letters."
            yield _finding("identity.lookalike", f"{mine} / {theirs}", says)


def _skeleton(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold().strip()
    return "".join(alphabet.latin_for(letter) for letter in plain)


def _scripts(text: str) -> frozenset[str]:
    return frozenset(map(alphabet.script, unicodedata.normalize("NFKC", text))) - {""}


def _finding(code: str, words: str, says: str) -> Finding:
    return Finding(code=code, severity="note", evidence={"words": words}, says=says)
