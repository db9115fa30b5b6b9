"""What opens a platform's API, or a mailbox: checked by the model of its kind, and sealed beside the source's
secret.
"""

from typing import Annotated, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from shared.checked import checked
from shared.strict_json import read
from shared.vault import Keyring

#: Names of this machine alone; the one place to which nothing has to be encrypted on its way.
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

#: Printable ASCII: it goes into a header, or a form.
Key = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[!-~]{1,4000}$")]
Secret = Annotated[Key, Field(repr=False)]


def safe_url(value: str) -> str:
    """The same address, if secrets may be sent to it. Raises ValueError."""
    try:
        url = urlsplit(value)
        _ = url.port
    except ValueError:
        raise ValueError("a URL is expected") from None
    schemes = {"https", "http"} if url.hostname in LOOPBACK else {"https"}
    if url.scheme not in schemes or not url.hostname or "@" in url.netloc or url.query or url.fragment:
        raise ValueError("an https:// URL without user, query and fragment is expected")
    return value


class Credentials(BaseModel):
    """What every kind takes beside its keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    #: Beside the key, and not in the source's configuration: a key goes nowhere that it was not meant for.
    api_url: str | None = Field(
        None, description="Where the API is, if not where the platform has it: another region, or a gateway."
    )

    @field_validator("api_url")
    @classmethod
    def _safe_to_send_to(cls, value: str | None) -> str | None:
        return None if value is None else safe_url(value).rstrip("/")


C = TypeVar("C", bound=BaseModel)


def sealed(credentials: BaseModel, source: str, keyring: Keyring) -> bytes:
    """The credentials encrypted, bound to their source."""
    return keyring.seal(credentials.model_dump_json(exclude_none=True).encode(), bound_to(source))


def opened(model: type[C], stored: bytes, source: str, keyring: Keyring) -> C:
    """The credentials in clear. Raises NotFound where their key is not in the ring, Invalid where they were
    altered or are of another kind.
    """
    return checked(model, read(keyring.open(stored, bound_to(source))))


def bound_to(source: str) -> bytes:
    """What they are sealed with: in no other source's place, nor in that of its secret, do they open."""
    return f"{source}/credentials".encode()
