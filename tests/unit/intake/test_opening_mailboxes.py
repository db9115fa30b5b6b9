"""What opens a mailbox: in clear to nobody on the way, and in no error."""

from typing import Any

import pytest

from services.intake.mailbox.credentials import MailboxCredentials, plain, xoauth2
from shared.checked import checked
from shared.errors import Invalid

GIVEN = {"host": "imap.example.org", "user": "rey", "password": "s3cr3t"}
OAUTH = {"token_url": "https://login.example.org/token", "client_id": "c1", "refresh_token": "s3cr3t"}
BY_TOKEN = {"host": "imap.example.org", "user": "rey", "oauth": OAUTH}


def test_what_is_left_out_is_the_usual() -> None:
    """The inbox, over TLS."""
    given = checked(MailboxCredentials, GIVEN)
    assert (given.port, given.folder, given.tls) == (993, "INBOX", True)
    assert "s3cr3t" not in repr(given)


def test_by_a_token_instead_of_a_password() -> None:
    """What it is asked for with is kept, and comes back as it was."""
    given = checked(MailboxCredentials, BY_TOKEN)
    assert given.oauth is not None
    assert given.oauth.refresh_token == "s3cr3t"
    assert "s3cr3t" not in repr(given)
    assert checked(MailboxCredentials, given.model_dump(exclude_none=True)) == given


@pytest.mark.parametrize(
    ("told", "where"),
    [
        (BY_TOKEN | {"password": "s3cr3t"}, "/password"),
        (BY_TOKEN | {"oauth": None}, "/password"),
        (BY_TOKEN | {"oauth": OAUTH | {"refresh_token": "two s3cr3ts"}}, "/oauth/refresh_token"),
        (BY_TOKEN | {"oauth": OAUTH | {"token_url": "http://login.example.org/s3cr3t"}}, "/oauth/token_url"),
        (BY_TOKEN | {"oauth": "s3cr3t"}, "/oauth"),
        (GIVEN | {"password": "s3cr3t\r\n"}, "/password"),
        (GIVEN | {"password": None}, "/password"),
    ],
)
def test_there_is_one_way_in(told: dict[str, Any], where: str) -> None:
    """Neither none nor two; of one that is at fault nothing else is said."""
    with pytest.raises(Invalid) as refused:
        checked(MailboxCredentials, told)
    assert [error.pointer for error in refused.value.errors] == [where]
    assert "s3cr3t" not in str(refused.value)


def test_what_is_said_to_the_server() -> None:
    """As RFC 4616 has it, and as the example in Google's document."""
    assert plain("rey", "\u03bc") == ("PLAIN", b"\0rey\0\xce\xbc")
    assert xoauth2("someuser@example.com", "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg") == (
        "XOAUTH2",
        b"user=someuser@example.com\x01auth=Bearer ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg\x01\x01",
    )


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
def test_in_clear_on_this_machine_alone(host: str) -> None:
    """By one of its own names."""
    assert not checked(MailboxCredentials, {**GIVEN, "host": host, "tls": False}).tls


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"tls": False}, "/tls"),
        ({"host": "imap.example.org/s3cr3t"}, "/host"),
        ({"host": ""}, "/host"),
        ({"port": 0}, "/port"),
        ({"user": "rey\0s3cr3t"}, "/user"),
        ({"user": "rey\1auth=Bearer s3cr3t"}, "/user"),
        ({"password": "s3cr3t\r\nA1 LOGOUT"}, "/password"),
        ({"folder": "s3cr3t\r\nA1 LOGOUT"}, "/folder"),
        ({"folder": "s3cr3t\u00e9"}, "/folder"),
        ({"api_url": "https://s3cr3t"}, "/api_url"),
    ],
)
def test_a_fault_names_its_field_and_repeats_nothing(changed: dict[str, Any], where: str) -> None:
    """No command may be smuggled into another."""
    with pytest.raises(Invalid, match=where) as refused:
        checked(MailboxCredentials, {**GIVEN, **changed})
    assert "s3cr3t" not in str(refused.value)
