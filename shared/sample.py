"""Persons who do not exist: what a source is tried with is told by its person, by whatever kind it comes.

Their address is at a domain that no mail can ever reach (RFC 2606, section 2); platforms that send no address
tell them by the id. Anybody may name such a person: it can only keep a follow-up from being sent.
"""

from shared.identity import PersonLike

DOMAIN = "example.invalid"
MARK = "afterword-test-"


def is_sample(person: PersonLike) -> bool:
    """Whether this is nobody, made up to try a source."""
    address = (person.email or "").strip().lower()
    return address.endswith(f"@{DOMAIN}") or MARK in (person.external_id or "")
