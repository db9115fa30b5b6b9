"""Handshakes at the door: what a platform asks before it sends, answered so that names are not told apart."""

import hmac
from base64 import b64encode
from collections.abc import Sequence
from contextlib import suppress

from services.intake.sources import SOURCES, Answer, Config, Delivery
from shared.errors import Invalid


def answered(kind: str, delivery: Delivery, secrets: Sequence[str], config: Config) -> Answer | None:
    """The answer of a source of this kind; None for a faulty greeting as for none.

    What is wrong with it is not told at the door: it would tell of which kind a name is.
    """
    with suppress(Invalid):
        return SOURCES[kind].handshake(delivery, secrets, config)
    return None


def stand_in(delivery: Delivery, name: str, filler: str) -> Answer | None:
    """The answer of a source of whichever kind it is that is greeted like this; None where none is.

    For names that are no source, or one of another kind: a stranger who greets every name learns of none.
    The answer is made with a secret that nobody has, another for each name, as that of real sources is.
    """
    secret = b64encode(_drawn(b"greeting", name, filler)).decode("ascii")
    answers = (
        answered(kind, delivery, (secret, secret), adapter.CONFIG()) for kind, adapter in SOURCES.items()
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
