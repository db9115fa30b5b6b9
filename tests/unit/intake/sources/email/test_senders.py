"""Whom a mail is from, in whatever letters."""

from collections.abc import Mapping
from typing import Any

import pytest

from services.intake.sources import Delivery
from services.intake.sources.email import CONFIG, map_events
from shared.checked import checked
from shared.errors import Invalid
from shared.events import InteractionRecorded, OptOutReceived
from tests.unit.intake.sources.deliveries import body_of, stored

CASES = stored("email")
CASE = "case_" + "ab2c" * 8


def read(body: bytes, config: Mapping[str, Any] | None = None) -> Any:
    """The data of the one event that a mail holds."""
    mapped = map_events(Delivery({"content-type": "message/rfc822"}, body), checked(CONFIG, config or {}))
    assert len(mapped.events) == 1
    return mapped.events[0].data


def altered(name: str, old: str, new: str) -> bytes:
    """A stored mail, something in it replaced."""
    body = body_of(CASES[name])
    assert old.encode() in body
    return body.replace(old.encode(), new.encode())


def test_an_opt_out_in_answer_to_a_letter_needs_no_sender_that_can_be_read() -> None:
    """Who got the letter is known; without a letter nobody could tell who does not want any."""
    body = body_of(CASES["a-stop"]).replace(b"ada@example.com", b"j\xfcrgen@example.com")
    told = read(body)
    assert isinstance(told, OptOutReceived)
    assert (told.case, told.person) == (CASE, None)
    with pytest.raises(Invalid):
        read(body.replace(b"In-Reply-To", b"X-Nothing"))


def test_addresses_beyond_ascii_are_who_they_say() -> None:
    """Of a recruiter, of an unsubscription, of two candidates who differ in one letter."""
    config = {"recruiters": ["röy@acme.example"], "unsubscribe": ["ünsub@acme.example"]}
    sent = read(altered("a-stop", "ada@example.com", "röy@acme.example"), config)
    assert isinstance(sent, InteractionRecorded)
    assert sent.direction == "outreach"
    assert isinstance(
        read(altered("a-reply", "rey@acme.example", "ünsub@acme.example"), config), OptOutReceived
    )
    for address in ("jürgen@example.com", "jörgen@example.com"):
        assert read(altered("a-stop", "ada@example.com", address)).person.email == address


@pytest.mark.parametrize(
    ("sender", "name"), [("Example, Ada <ada@example.com>", "Example, Ada"), ("Ex, <ada@example.com>", "Ex")]
)
def test_a_name_that_lacks_its_quotes_is_no_second_sender(sender: str, name: str) -> None:
    """As some programs write it; two addresses are still two."""
    body = altered("a-reply", '"Ada Example" <ada@example.com>', sender)
    told = read(body)
    assert (told.person.name, told.person.email) == (name, "ada@example.com")
    with pytest.raises(Invalid):
        read(body.replace(b"From: ", b"From: bob@example.com, "))


@pytest.mark.parametrize(
    ("address", "wish"),
    [
        ("stop@acme.example", True),
        ("STOP+c42@acme.example", True),
        ("stop+@acme.example", True),
        ("stop+c42@other.example", False),
        ("nonstop+c42@acme.example", False),
        ("+stop@acme.example", False),
    ],
)
def test_the_address_to_opt_out_may_have_a_tag(address: str, *, wish: bool) -> None:
    """By which a mailing knows whom it wrote to."""
    told = read(altered("a-reply", "rey@acme.example", address), {"unsubscribe": ["stop@acme.example"]})
    assert isinstance(told, OptOutReceived) is wish
