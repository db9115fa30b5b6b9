"""How bytes are written as text (RFC 4648): keys from the environment in base64, tokens in base64url."""

import base64
import binascii


def key_bytes(text: str, length: int) -> bytes:
    """The key written in `text` (base64, either alphabet, padding optional), which must have `length` bytes.

    Raises ValueError that says what was expected and never what was given: the text is a secret.
    """
    plain = text.strip().rstrip("=").replace("-", "+").replace("_", "/")
    try:
        key = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        message = f"expected base64 of {length} bytes, got something that is not base64"
        raise ValueError(message) from None
    if len(key) != length:
        message = f"expected base64 of {length} bytes, got {len(key)} bytes"
        raise ValueError(message)
    return key


def b64url(data: bytes) -> str:
    """`data` in base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def from_b64url(text: str) -> bytes:
    """The bytes written in `text` by `b64url`, and by nothing else: one text for one value.

    Raises ValueError for any other text, so that a token cannot be respelled.
    """
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        data = None
    if data is None or b64url(data) != text:
        message = "expected base64url without padding"
        raise ValueError(message)
    return data
