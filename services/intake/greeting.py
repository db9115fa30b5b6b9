"""Handshakes at the door: what a platform asks before it sends, answered so that names are not told apart."""

import hmac
from base64 import b64encode
from collections.abc import Sequence
from contextlib import suppress
from functools import cache

from services.intake.body import UNCOUNTED_BYTES
from services.intake.sources import SOURCES, Answer, Config, Delivery
from shared.errors import Invalid

#: A body that is longer is none of a greeting, for of a stranger's it is not sure that anything was kept.
MAX_GREETING_BYTES = UNCOUNTED_BYTES


def answered(kind: str, delivery: Delivery, secrets: Sequence[str], config: Config) -> Answer | None:
    """The answer of a source of this kind; None for a faulty greeting as for none.

    What is wrong with it is not told at the door: it would tell of which kind a name is.
    """
    if len(delivery.body) > MAX_GREETING_BYTES:
        return None
    with suppress(Invalid):
        return SOURCES[kind].handshake(delivery, secrets, config)
    return None


def stand_in(delivery: Delivery, name: str, filler: str) -> Answer | None:
    """The answer of a source of whichever kind it is that is greeted like this; None where none is.

    For names that are no source, or one of another kind: a stranger who greets every name learns of none.
    The answer is made with a secret that nobody has, another for each name, as that of real sources is.
    """
    secret = b64encode(_drawn(b"greeting", name, filler)).decode("ascii")
    answers = (answered(kind, delivery, (secret, secret), _untold(kind)) for kind in SOURCES)
    return next((answer for answer in answers if answer is not None), None)


def stand_in_kind(name: str, filler: str) -> str:
    """The kind that a name which is no source is tried as: one for each name, and nobody can tell which.

    Kinds look for their signature in other headers, and hash nothing where it is missing; were every unknown
    name tried as one kind, the time taken would tell which names are sources of another.
    """
    kinds = list(SOURCES)
    return kinds[int.from_bytes(_drawn(b"kind", name, filler)[:8], "big") % len(kinds)]


@cache
def _untold(kind: str) -> Config:
    """Made once: to check what nobody told would cost as much as all else does for what nobody signed."""
    config: Config = SOURCES[kind].CONFIG()
    return config


def _drawn(what: bytes, name: str, filler: str) -> bytes:
    return hmac.digest(filler.encode(), what + b"\0" + name.encode("utf-8", "surrogatepass"), "sha256")
