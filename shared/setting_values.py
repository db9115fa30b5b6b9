"""Kinds of values that settings have, each with its check and the words that tell what is expected."""

from collections.abc import Callable
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretBytes, SecretStr

from shared.encoding import key_bytes
from shared.environment import FromFile
from shared.vault import Keyring

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def url_of(*schemes: str) -> Callable[[str], SplitResult]:
    """A parser of URLs of these schemes, with a host."""

    def parse(text: str) -> SplitResult:
        try:
            parts = urlsplit(text)
        except ValueError:
            parts = urlsplit("")
        if parts.scheme not in schemes or not parts.hostname:
            message = f"not a URL of {' or '.join(f'{scheme}://' for scheme in schemes)} with a host"
            raise ValueError(message)
        return parts

    return parse


_http_url = url_of("http", "https")


def checked_secret(check: Callable[[str], object]) -> AfterValidator:
    """Checks the value behind a secret; what `check` raises must not repeat it."""

    def validate(value: SecretStr) -> SecretStr:
        check(value.get_secret_value())
        return value

    return AfterValidator(validate)


def raw_key(text: str) -> bytes:
    """The 32 bytes of a key in base64."""
    return key_bytes(text, 32)


def _address(text: str) -> str:
    if urlsplit(text).query or urlsplit(text).fragment:
        message = "paths are appended to it, so it has no query and no fragment"
        raise ValueError(message)
    _http_url(text)
    return text.rstrip("/")


def reachable_by_candidates(text: str) -> str:
    """A URL that may stand in a mail."""
    if urlsplit(text).scheme != "https" and urlsplit(text).hostname not in LOOPBACK:
        message = "candidates' links must be https, or anybody on the way could read and press them"
        raise ValueError(message)
    return text


def _waits(value: object) -> object:
    return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value


def _decoded(value: object) -> object:
    return key_bytes(value, 32) if isinstance(value, str) else value


Key = Annotated[SecretStr, checked_secret(raw_key), FromFile, Field(description="base64 of 32 bytes")]
KeyBytes = Annotated[
    SecretBytes, BeforeValidator(_decoded), FromFile, Field(description="base64 of 32 bytes")
]
Keys = Annotated[
    SecretStr, checked_secret(Keyring.parse), FromFile, Field(description="kid:base64 of 32 bytes, by commas")
]
Url = Annotated[str, AfterValidator(_address), Field(description="an http:// or https:// URL")]
Port = Annotated[int, Field(ge=1, le=65535, description="a TCP port, 1 to 65535")]
Seconds = Annotated[float, Field(gt=0, le=86_400, description="seconds, more than 0")]
Count = Annotated[int, Field(ge=1, le=100_000, description="a whole number, 1 to 100000")]
BodyBytes = Annotated[int, Field(ge=1024, le=16_777_216, description="1024 to 16777216 bytes")]
Waits = Annotated[
    tuple[Annotated[int, Field(gt=0)], ...],
    BeforeValidator(_waits),
    Field(min_length=1, description="whole seconds, by commas"),
]
