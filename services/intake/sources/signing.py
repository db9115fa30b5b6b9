"""HMAC signatures as platforms send them, compared in constant time."""

import base64
import binascii
import hmac
import re
from collections.abc import Mapping, Sequence

from shared.errors import SignatureInvalid

_HEX = re.compile(r"(?:[0-9a-fA-F]{2}){16,64}", re.ASCII)
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{20,128}={0,2}", re.ASCII)
#: In the names of headers by which senders prove who they are.
_PROOF = re.compile(r"signature|hmac|digest|authorization|token", re.ASCII)


def proves_otherwise(headers: Mapping[str, str], *own: str) -> bool:
    """Whether a header that is none of a kind's own is to prove who sends this: it is a delivery of another
    kind, however much it looks like a greeting of this one.
    """
    return any(_PROOF.search(name) and name not in own for name in headers)


def hex_digest(text: str) -> bytes | None:
    """The digest written in hexadecimal; None for anything else, so that a digest cannot be respelled."""
    return bytes.fromhex(text) if _HEX.fullmatch(text) else None


def base64_digest(text: str) -> bytes | None:
    """The digest written in base64 of either alphabet, padded or not; None for anything else."""
    if not _BASE64.fullmatch(text):
        return None
    plain = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except binascii.Error:
        return None


def check_digest(signed: bytes, secrets: Sequence[str], digest: bytes | None, expected: str) -> None:
    """Raises SignatureInvalid unless one of the secrets made this digest over these bytes, with SHA-256.

    None stands for a header that holds none; then the error says what was ``expected``.
    """
    if digest is None:
        raise SignatureInvalid(expected)
    check(signed, [secret.encode() for secret in secrets], [digest])


def check(
    signed: bytes, keys: Sequence[bytes], signatures: Sequence[bytes], algorithm: str = "sha256"
) -> None:
    """Raises SignatureInvalid unless one of the keys made one of the signatures over these bytes.

    Every pair is compared, whatever was found before: the time taken tells nothing. An empty key is
    everybody's, so it counts for nobody.
    """
    genuine = False
    for key in keys:
        expected = hmac.digest(key, signed, algorithm)
        for signature in signatures:
            genuine |= hmac.compare_digest(expected, signature) and key != b""
    if not genuine:
        raise SignatureInvalid("no signature is right")
