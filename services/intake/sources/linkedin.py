"""The kind `linkedin`: webhooks of LinkedIn, which tell of no decline so far.

Facts: learn.microsoft.com/linkedin, shared/api-guide/webhook-validation (challenge, signature) and
talent/receive-push-events (a push holds an id only). The address is challenged every two hours, and is
blocked after three failures, so it is worth an answer of its own.

No documented event tells that somebody declined: answers to InMails are polled by partners of Recruiter
System Connect, and a field for a decline is documented there neither. So everything genuine is taken and
ignored, and nobody's no is guessed. Should LinkedIn ever send one, this is the place to read it.

Not documented, and how it is read here: some public integrations take a digest in the header with
``hmacsha256=`` before it, the documents without; both are read, for the signed bytes are the same.
"""

import hmac
import json
import re
from collections.abc import Sequence

from services.intake.sources import reading, signing
from services.intake.sources.config import Config
from services.intake.sources.delivery import Answer, Delivery, Mapped, ignore
from shared.errors import Invalid

ABOUT = "LinkedIn: answers its challenges; none of its events tells of a decline so far"
SUCCESS_STATUS = 200
CONFIG = Config

_PREFIX = "hmacsha256="
_UUID4 = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE
)


def verify(delivery: Delivery, secrets: Sequence[str], _: Config, /, **_age: object) -> None:
    """``X-LI-Signature``: hexadecimal, over ``hmacsha256=`` and the body; no time is signed."""
    digest = signing.hex_digest(delivery.headers.get("x-li-signature", "").removeprefix(_PREFIX))
    expected = "X-LI-Signature with a digest in hexadecimal is expected"
    signing.check_digest(_PREFIX.encode() + delivery.body, secrets, digest, expected)


def handshake(delivery: Delivery, secrets: Sequence[str], _config: Config, /) -> Answer | None:
    """The challenge, signed by the current secret.

    Only a random UUID, as documented: whoever got ``hmacsha256={...}`` signed here would hold a signature for
    an event of their own making. Raises Invalid for any other, and where there is nothing to sign it with.
    """
    if delivery.method != "GET":
        return None
    code = delivery.parameter("challengeCode")
    if code is None or not _UUID4.fullmatch(code):
        raise Invalid.at("", "challengeCode in the query: a UUID of version 4 is expected there, once")
    if not secrets:
        raise Invalid.at("", "a secret is expected, to sign challengeCode with")
    response = hmac.new(secrets[0].encode(), code.encode(), "sha256").hexdigest()
    body = json.dumps({"challengeCode": code, "challengeResponse": response})
    return Answer(200, {"Content-Type": "application/json"}, body)


def delivery_id(delivery: Delivery, _config: Config, /) -> str | None:
    """The id of the notification, where it has one of its own."""
    return reading.id_in(delivery.body, "id")


def map_events(delivery: Delivery, _config: Config, /) -> Mapped:
    """Nothing: no event tells of a decline. Raises Invalid for what is no JSON object."""
    reading.read_object(delivery.body)
    return ignore("LinkedIn documents no event that tells of a decline")
