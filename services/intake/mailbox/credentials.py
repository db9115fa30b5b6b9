"""What opens a folder of a mailbox, kept beside its source as what opens a platform's API is."""

from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo, field_validator

from services.intake.enrichment.credentials import LOOPBACK
from services.intake.mailbox.oauth import OAuth

#: The kind of source that may have one.
KIND = "email"

#: Of any letters, but in one line: a zero byte ends it where it is sent (RFC 4616).
Line = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,1000}$")]


class MailboxCredentials(BaseModel):
    """A folder over IMAP, encrypted from the first byte (RFC 8314)."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    host: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.:-]{1,253}$")] = Field(
        description="The server, under the name that is in its certificate."
    )
    port: int = Field(993, ge=1, le=65535)
    user: Line
    oauth: OAuth | None = None
    password: Line | None = Field(None, repr=False, validate_default=True)
    folder: Annotated[str, StringConstraints(pattern=r"^[ -~]{1,255}$")] = Field(
        "INBOX", description="As IMAP writes it: letters beyond ASCII in its own UTF-7."
    )
    tls: bool = Field(default=True, description="False where the server is on this machine, and only there.")

    @field_validator("password")
    @classmethod
    def _one_way_in(cls, value: str | None, info: ValidationInfo) -> str | None:
        # one that is itself at fault is told of already
        if value is None and info.data.get("oauth", "") is None:
            raise ValueError("either this or oauth is expected")
        if value is not None and info.data.get("oauth"):
            raise ValueError("nothing of this name is expected beside oauth")
        return value

    @field_validator("tls")
    @classmethod
    def _sealed_on_the_way(cls, value: bool, info: ValidationInfo) -> bool:  # noqa: FBT001 - a validator's form
        if not value and info.data.get("host") not in LOOPBACK:
            raise ValueError("true is expected, or what opens it would travel in clear")
        return value


class Login(NamedTuple):
    """How somebody says who they are (SASL, RFC 4422)."""

    mechanism: str
    first: bytes


def plain(user: str, password: str) -> Login:
    """By a password (RFC 4616)."""
    return Login("PLAIN", f"\0{user}\0{password}".encode())


def xoauth2(user: str, token: str) -> Login:
    """By an access token, as Google documents it and Microsoft took it over."""
    return Login("XOAUTH2", f"user={user}\1auth=Bearer {token}\1\1".encode())
