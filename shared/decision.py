"""The decision as it is stored, signed and carried to the notifier.

Ed25519 (RFC 8032): policy holds the seed, everybody else the public key, so that who can publish on the bus
still cannot cause a send.
"""

import base64
import binascii
import json
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from typing import Annotated, Literal, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import to_jsonable_python

from shared.encoding import key_bytes
from shared.errors import SignatureInvalid
from shared.moments import to_millisecond

Verdict = Literal["approve", "hold", "deny"]

#: Bound into every signature, so that no other signed bytes can pass for a decision.
_PURPOSE = b"afterword.decision.v1\0"

_TimeOfDay = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
_Moment = Annotated[AwareDatetime, AfterValidator(to_millisecond)]
_Frozen = ConfigDict(frozen=True, extra="forbid")


class Schedule(BaseModel):
    """When a permitted follow-up may begin.

    A courtesy delay drawn between two bounds, in seconds, and hours of quiet in the candidate's zone (equal
    ends: none). `weekends` says whether weekends are allowed. `not_after` is the last moment at which it may
    begin, however long it had to wait; None in what was signed before there was one.
    """

    model_config = _Frozen

    delay_min_s: Annotated[int, Field(ge=0)]
    delay_max_s: Annotated[int, Field(ge=0)]
    quiet_from: _TimeOfDay
    quiet_to: _TimeOfDay
    weekends: bool
    #: Left out where there is none, so that what was signed before keeps its written form.
    not_after: Annotated[_Moment | None, Field(exclude_if=lambda at: at is None)] = None

    @model_validator(mode="after")
    def _bounds_in_order(self) -> Self:
        if self.delay_max_s < self.delay_min_s:
            message = "delay_max_s must not be less than delay_min_s"
            raise ValueError(message)
        return self


class Decision(BaseModel):
    """What was decided on one case.

    `version` is the policy's content hash, `digest` that of all it looked at, `codes` the findings that
    spoke. `schedule` is set where the verdict is approve.
    """

    model_config = _Frozen

    case: str
    tenant: str
    verdict: Verdict
    version: str
    digest: str
    codes: tuple[str, ...]
    at: _Moment
    schedule: Schedule | None = None


class SignedDecision(BaseModel):
    """A decision with the signature of the policy that made it (base64)."""

    model_config = _Frozen

    decision: Decision
    signature: str


def canonical(model: BaseModel) -> bytes:
    """The one way `model` is written for signing and hashing.

    UTF-8 JSON, keys sorted, no spaces, times in UTC with microseconds, sets sorted. Raises ValueError for a
    time without a zone or a number that JSON cannot write.
    """
    text = json.dumps(
        model.model_dump(),
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        allow_nan=False,
        default=_plain,
    )
    return text.encode("utf-8")


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            message = "a time needs a zone to be signed"
            raise ValueError(message)
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, AbstractSet):
        return sorted(value)
    return to_jsonable_python(value)


def new_seed() -> str:
    """A fresh signing seed in base64, from the operating system's randomness."""
    return base64.b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode("ascii")


class Signer:
    """Signs decisions with the seed given in base64, of 32 bytes or a ValueError is raised."""

    def __init__(self, seed_b64: str) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(key_bytes(seed_b64, 32))

    @property
    def public_key(self) -> str:
        """The key to verify with, in base64; no secret."""
        return base64.b64encode(self._key.public_key().public_bytes_raw()).decode("ascii")

    def sign(self, decision: Decision) -> SignedDecision:
        """`decision` with its signature; the same decision always gets the same one."""
        signature = self._key.sign(_PURPOSE + canonical(decision))
        return SignedDecision(decision=decision, signature=base64.b64encode(signature).decode("ascii"))


class Verifier:
    """Checks signatures against the public key given in base64, of 32 bytes or a ValueError is raised."""

    def __init__(self, public_b64: str) -> None:
        self._key = Ed25519PublicKey.from_public_bytes(key_bytes(public_b64, 32))

    def verify(self, signed: SignedDecision) -> Decision:
        """The decision inside `signed`. Raises SignatureInvalid unless the policy signed exactly that."""
        message = f"the decision on case {signed.decision.case} is not signed by the policy"
        try:
            signature = base64.b64decode(signed.signature, validate=True)
            self._key.verify(signature, _PURPOSE + canonical(signed.decision))
        except (InvalidSignature, binascii.Error, ValueError):
            raise SignatureInvalid(message) from None
        return signed.decision
