"""What opens a mailbox: in clear to nobody on the way, and in no error."""

from typing import Any

import pytest

from services.intake.mailbox.credentials import MailboxCredentials
from shared.checked import checked
from shared.errors import Invalid

GIVEN = {"host": "imap.example.org", "user": "rey", "password": "s3cr3t"}


def test_what_is_left_out_is_the_usual() -> None:
    """The inbox, over TLS."""
    given = checked(MailboxCredentials, GIVEN)
    assert (given.port, given.folder, given.tls) == (993, "INBOX", True)
    assert "s3cr3t" not in repr(given)


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
