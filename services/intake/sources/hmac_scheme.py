"""An HMAC scheme that an operator describes: what is signed, how it is written, and where it stands."""

import binascii
import hmac
import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from services.intake.sources import signing
from services.intake.sources.delivery import Delivery
from shared.errors import SignatureInvalid

HeaderName = Annotated[str, StringConstraints(to_lower=True, pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$")]
_PLACE = re.compile(r"\{(\w*)\}")
_DIGITS = re.compile(r"[0-9]{1,15}", re.ASCII)


def _template(signed: str) -> str:
    places = _PLACE.findall(signed)
    if places.count("body") != 1 or not set(places) <= {"body", "timestamp", "id"}:
        raise ValueError("{body} is expected once, and beside it {timestamp} and {id} at most")
    return signed


class Signature(BaseModel):
    """An HMAC over the body, and what else ``signed`` names, in a header."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    header: HeaderName = "x-signature"
    algorithm: Literal["sha256", "sha384", "sha512"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    prefix: Annotated[str, StringConstraints(max_length=40)] = Field(
        "", description="What stands before the signature in the header, for instance `sha256=`."
    )
    key: Literal["text", "hex", "base64"] = Field("text", description="How the key is written in the secret.")
    signed: Annotated[str, StringConstraints(max_length=200), AfterValidator(_template)] = "{body}"
    timestamp_header: HeaderName | None = None
    timestamp_unit: Literal["s", "ms"] = "s"
    id_header: HeaderName | None = Field(None, description="Names the delivery, the same for every try.")

    @model_validator(mode="after")
    def _told(self) -> "Signature":
        """What is signed has to come from somewhere, and a time that nobody signed proves nothing."""
        if ("{timestamp}" in self.signed) != (self.timestamp_header is not None):
            raise ValueError("timestamp_header and {timestamp} in signed are expected both or neither")
        if "{id}" in self.signed and self.id_header is None:
            raise ValueError("{id} in signed needs id_header")
        return self


def verify(
    scheme: Signature, delivery: Delivery, secrets: Sequence[str], *, now: datetime, tolerance_s: float
) -> None:
    """Raises SignatureInvalid unless one of the secrets signed this as the scheme says, and lately."""
    headers = delivery.headers
    value = headers.get(scheme.header, "")
    if not value.startswith(scheme.prefix):
        raise SignatureInvalid(f"{scheme.header} is expected to begin with {scheme.prefix}")
    encoded = value.removeprefix(scheme.prefix)
    digest = signing.hex_digest(encoded) if scheme.encoding == "hex" else signing.base64_digest(encoded)
    if digest is None:
        raise SignatureInvalid(f"{scheme.header} with a signature in {scheme.encoding} is expected")
    stamp = headers.get(scheme.timestamp_header or "", "")
    if scheme.timestamp_header is not None:
        if not _DIGITS.fullmatch(stamp):
            raise SignatureInvalid(f"{scheme.timestamp_header} with a number is expected")
        at_s = int(stamp) / (1000 if scheme.timestamp_unit == "ms" else 1)
        if abs(now.timestamp() - at_s) > tolerance_s:
            raise SignatureInvalid(f"{scheme.timestamp_header} is more than {tolerance_s:g} s from now")
    signed = _signed(scheme, stamp, headers.get(scheme.id_header or "", ""), delivery.body)
    signing.check(signed, [_key(scheme, secret) for secret in secrets], [digest], scheme.algorithm)


def sign(scheme: Signature, body: bytes, secret: str, *, now: datetime, delivery_id: str) -> dict[str, str]:
    """The headers by which the scheme signs this body now."""
    stamp = str(int(now.timestamp() * (1000 if scheme.timestamp_unit == "ms" else 1)))
    digest = hmac.digest(_key(scheme, secret), _signed(scheme, stamp, delivery_id, body), scheme.algorithm)
    encoded = digest.hex() if scheme.encoding == "hex" else b64encode(digest).decode()
    headers = {scheme.header: scheme.prefix + encoded}
    if scheme.timestamp_header is not None:
        headers[scheme.timestamp_header] = stamp
    if scheme.id_header is not None:
        headers[scheme.id_header] = delivery_id
    return headers


def _signed(scheme: Signature, stamp: str, delivery_id: str, body: bytes) -> bytes:
    parts = {"{timestamp}": stamp.encode(), "{id}": delivery_id.encode("latin-1", "backslashreplace")}
    pieces = re.split(r"(\{\w+\})", scheme.signed)
    return b"".join(body if piece == "{body}" else parts.get(piece, piece.encode()) for piece in pieces)


def _key(scheme: Signature, secret: str) -> bytes:
    """The key in the secret; none, which counts for nobody, where it is not written as was said."""
    try:
        if scheme.key == "hex":
            return bytes.fromhex(secret)
        return b64decode(secret, validate=True) if scheme.key == "base64" else secret.encode()
    except (binascii.Error, ValueError):
        return b""
