"""The parts of a follow-up as plain values: what rendering makes and the guard checks."""

from dataclasses import dataclass

from shared.errors import AfterwordError


@dataclass(frozen=True, slots=True)
class Sender:
    """Who writes, and on whose behalf."""

    company: str
    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Links:
    """The candidate's own two links, and where a mail client posts its one-click "never again" (RFC 8058)."""

    why: str
    never: str
    one_click: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail ready to be handed over: the envelope and its bytes, and the links that it may carry."""

    sender: Sender
    recipient: str
    links: Links
    raw: bytes


class UnfitError(AfterwordError):
    """This follow-up must not go out as it is; the sentence says why and quotes no address."""
