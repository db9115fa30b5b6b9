"""The signature of Standard Webhooks 1.0.0, scheme v1 (HMAC-SHA256)."""

import base64
import binascii
import hmac
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from services.intake.sources import signing
from shared.errors import SignatureInvalid

SECRET_PREFIX = "whsec_"  # noqa: S105 - the prefix of a secret, not one
#: Signatures looked at, at most: a sender that rotates has two, a hostile one has as many as headers allow.
MAX_SIGNATURES = 8

_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)


def verify(
    headers: Mapping[str, str], body: bytes, secrets: Sequence[str], *, now: datetime, tolerance_s: float
) -> None:
    """Raises SignatureInvalid unless one of the secrets signed these bytes within the tolerance."""
    sent_id, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    signatures = _signatures(headers.get("webhook-signature", ""))
    # the id is joined to the rest by a full stop: one inside it would let another id and time be read out
    if not sent_id or "." in sent_id or not _SECONDS.fullmatch(at) or not signatures:
        raise SignatureInvalid("webhook-id, webhook-timestamp and webhook-signature (v1) are expected")
    if abs(now.timestamp() - int(at)) > tolerance_s:
        raise SignatureInvalid(f"webhook-timestamp is more than {tolerance_s:g} s from now")
    signed = f"{sent_id}.{at}.".encode("latin-1", "backslashreplace") + body
    try:
        signing.check(signed, [_key(secret) for secret in secrets], signatures)
    except SignatureInvalid:
        raise SignatureInvalid("no signature in webhook-signature is right") from None


def sign(body: bytes, secret: str, *, now: datetime, delivery_id: str) -> dict[str, str]:
    """The headers by which this body is signed now."""
    at = str(int(now.timestamp()))
    digest = hmac.digest(_key(secret), f"{delivery_id}.{at}.".encode() + body, "sha256")
    return {
        "webhook-id": delivery_id,
        "webhook-timestamp": at,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def _signatures(header: str) -> list[bytes]:
    """The signatures of version 1; other versions are for other readers.

    None at all where two are joined by a comma: that is a header that came twice, and not a list.
    """
    found = []
    for token in header.split(" ")[:MAX_SIGNATURES]:
        version, _, encoded = token.partition(",")
        if "," in encoded:
            return []
        if version == "v1":
            with suppress(ValueError):
                found.append(binascii.a2b_base64(encoded, strict_mode=True))
    return found


def _key(secret: str) -> bytes:
    """The key in the secret; none, which counts for nobody, where the secret is no base64."""
    encoded = secret.removeprefix(SECRET_PREFIX).rstrip("=")
    try:
        return binascii.a2b_base64(encoded + "=" * (-len(encoded) % 4), strict_mode=True)
    except ValueError:
        return b""
