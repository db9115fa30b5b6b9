"""Handshakes at the door: what a platform asks before it sends, answered so that names are not told apart."""

import hmac
from base64 import b64encode

from services.intake.sources import SOURCES, Answer, Delivery


def stand_in(delivery: Delivery, name: str, filler: str) -> Answer | None:
    """The answer of a source of whichever kind it is that is greeted like this; None where none is.

    For names that are no source, or one of another kind: a stranger who greets every name learns of none.
    The answer is made with a secret that nobody has, another for each name, as that of real sources is.
    """
    drawn = hmac.digest(filler.encode(), b"greeting\0" + name.encode("utf-8", "surrogatepass"), "sha256")
    secret = b64encode(drawn).decode("ascii")
    answers = (
        adapter.handshake(delivery, (secret, secret), adapter.CONFIG()) for adapter in SOURCES.values()
    )
    return next((answer for answer in answers if answer is not None), None)
