"""Access tokens of OAuth 2.0 (RFC 6749): what is asked for one, and what is made of the answer. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo, field_validator

from services.intake.enrichment.credentials import Key, safe_url
from shared import strict_json
from shared.checked import checked
from shared.errors import Invalid

#: A token ends so long before its server says, so that what is begun with it is over by then.
MARGIN = timedelta(minutes=5)
#: None is kept longer, whatever its server says.
LONGEST_S = 24 * 60 * 60

#: What is wrong where a server tells one of these (RFC 6749, section 5.2), and of no other word of its.
_EXPECTED = {
    "invalid_request": "a token_url that takes this grant is expected",
    "invalid_client": "a client_id and client_secret that it knows are expected",
    "invalid_grant": "a refresh_token that still holds, and of this client, is expected",
    "unauthorized_client": "a client_id that may use this grant is expected",
    "unsupported_grant_type": "a token_url that takes this grant is expected",
    "invalid_scope": "a scope that it knows, and grants, is expected",
}


class OAuth(BaseModel):
    """With what a token is asked for: by a refresh token (section 6), else in the client's own name (4.4)."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    token_url: Annotated[str, StringConstraints(pattern=r"^[!-~]{1,2000}$")]
    client_id: Annotated[str, StringConstraints(pattern=r"^[ -~]{1,1000}$")]
    refresh_token: Key | None = Field(None, repr=False)
    client_secret: Key | None = Field(None, repr=False, validate_default=True)
    scope: Annotated[str, StringConstraints(pattern=r"^[!-~]+( [!-~]+)*$", max_length=2000)] | None = Field(
        None, validate_default=True, description="One or more, with a space between."
    )

    @field_validator("token_url")
    @classmethod
    def _safe_to_send_to(cls, value: str) -> str:
        return safe_url(value)

    @field_validator("client_secret", "scope")
    @classmethod
    def _enough_for_a_grant(cls, value: str | None, info: ValidationInfo) -> str | None:
        # a refresh token that is itself at fault is told of, and nothing is missing for it
        if value is None and info.data.get("refresh_token", "") is None:
            raise ValueError("is expected where there is no refresh_token")
        return value

    @property
    def form(self) -> Mapping[str, str]:
        """What is sent.

        The client in it too, and not in a header: so do the documents of Microsoft and Google, and a client
        without a secret has no other way (section 2.3.1).
        """
        told = {
            "grant_type": "refresh_token" if self.refresh_token else "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "refresh_token": self.refresh_token,
            "scope": self.scope,
        }
        return {name: value for name, value in told.items() if value is not None}


class Token(NamedTuple):
    """What opens a mailbox, and until when it is used."""

    value: str
    until: datetime


class _Granted(BaseModel):
    """A server's answer (section 5.1)."""

    model_config = ConfigDict(hide_input_in_errors=True)

    #: As RFC 6750 writes it: it goes between other fields of a login.
    access_token: Annotated[str, StringConstraints(pattern=r"^[!-~]{1,16000}$")]
    token_type: Annotated[str, StringConstraints(pattern=r"^[Bb][Ee][Aa][Rr][Ee][Rr]$")]
    #: Some send it as text. Without it nobody knows how long it holds, so it is used once.
    expires_in: Annotated[int, Field(ge=0)] = 0


class _Refused(BaseModel):
    """A server's no (section 5.2)."""

    error: str


def granted(body: bytes, now: datetime) -> Token:
    """The token in an answer. Raises Invalid, which repeats nothing of it."""
    answer = checked(_Granted, strict_json.read(body))
    return Token(answer.access_token, now + timedelta(seconds=min(answer.expires_in, LONGEST_S)) - MARGIN)


def refusal(status: int, body: bytes) -> str:
    """What another answer than a token means, in our words."""
    if status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED}:
        try:
            error = checked(_Refused, strict_json.read(body)).error
        except Invalid:
            error = ""
        if error in _EXPECTED:
            return f"the token server refuses ({status}, {error}): {_EXPECTED[error]}"
    return f"the token server answered {status}"
