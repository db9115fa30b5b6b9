"""Handshakes at the door: what a platform asks before it sends, answered so that names are not told apart."""

import hmac
from base64 import b64encode

from services.intake.sources import SOURCES, Answer, Delivery


def stand_in(delivery: Delivery, name: str, filler: str) -> Answer | None:
    """The answer of a source of whichever kind it is that is greeted like this; None where none is.

    For names that are no source, or one of another kind: a stranger who greets every name learns of none.
    The answer is made with a secret that nobody has, another for each name, as that of real sources is.
    """
    secret = b64encode(_drawn(b"greeting", name, filler)).decode("ascii")
    answers = (
        adapter.handshake(delivery, (secret, secret), adapter.CONFIG()) for adapter in SOURCES.values()
    )
    return next((answer for answer in answers if answer is not None), None)


def stand_in_kind(name: str, filler: str) -> str:
    """The kind that a name which is no source is tried as: one for each name, and nobody can tell which.

    Kinds look for their signature in other headers, and hash nothing where it is missing; were every unknown
    name tried as one kind, the time taken would tell which names are sources of another.
    """
    kinds = list(SOURCES)
    return kinds[int.from_bytes(_drawn(b"kind", name, filler)[:8], "big") % len(kinds)]


def _drawn(what: bytes, name: str, filler: str) -> bytes:
    return hmac.digest(filler.encode(), what + b"\0" + name.encode("utf-8", "surrogatepass"), "sha256")
