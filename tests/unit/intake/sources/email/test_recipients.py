"""Whom outreach went to: everybody whose address can be read, whoever else stands beside them."""

import pytest

from services.intake.sources import Delivery, Mapped
from services.intake.sources.email import MAX_RECIPIENTS, EmailConfig, map_events
from shared.events import InteractionRecorded
from tests.unit.intake.sources.email.letters import written

CONFIG = EmailConfig(recruiters=("rey@acme.example", "roy@acme.example"), unsubscribe=("stop@acme.example",))


def sent(*recipients: str) -> Mapped:
    """What a recruiter's mail with these headers tells."""
    head = ("From: rey@acme.example", "Date: Mon, 4 May 2026 11:11:50 +0200", "Message-ID: <o@acme.example>")
    body = written(*head, *recipients, "", "Answer me now.")
    return map_events(Delivery({"content-type": "message/rfc822"}, body), CONFIG)


def people(mapped: Mapped) -> list[str | None]:
    """The addresses for which it is recorded."""
    data = [event.data for event in mapped.events]
    assert all(isinstance(one, InteractionRecorded) and one.direction == "outreach" for one in data)
    return [one.person.email for one in data if isinstance(one, InteractionRecorded)]


@pytest.mark.parametrize("header", ["To", "Cc"])
@pytest.mark.parametrize(
    "odd", ["broken@@x", "nobody", "<>", '"@"@', "a@", "x" * 400 + "@example.com", "=?utf-8?b?DQo=?= <b@@x>"]
)
def test_an_odd_recipient_hides_no_other(header: str, odd: str) -> None:
    """It is told that there was one, not who."""
    mapped = sent(f"{header}: ada@example.com, {odd}, eve@example.com")
    assert people(mapped) == ["ada@example.com", "eve@example.com"]
    assert {one.why for one in mapped.ignored} <= {"a recipient whose address cannot be read"}


def test_outreach_to_an_odd_recipient_alone_is_told_as_ignored() -> None:
    """Nobody could say later whom it was for."""
    mapped = sent("To: broken@@x")
    assert not mapped.events
    assert [one.why for one in mapped.ignored] == ["a recipient whose address cannot be read"]


def test_who_got_a_copy_was_written_to_as_well() -> None:
    """Each once, in whatever spelling, and nobody of the house."""
    mapped = sent(
        "X-Afterword-Direction: outreach",
        "To: Ada <ada@example.com>, Roy <roy@acme.example>",
        "Cc: Bob <bob@example.com>, ADA@example.com, Rey@acme.example, stop@acme.example",
    )
    assert people(mapped) == ["ada@example.com", "bob@example.com"]
    assert not mapped.ignored
    assert people(sent("To: rey@acme.example", "Cc: bob@example.com")) == ["bob@example.com"]


def test_in_whichever_header_a_recipient_stands_it_is_the_same_event() -> None:
    """For the list may come in another order with a copy of the mail."""
    to, copied = sent("To: ada@example.com"), sent("To: roy@acme.example", "Cc: ada@example.com")
    assert to.events == copied.events


@pytest.mark.parametrize("name", ["", "A Name of Some Length ", '"Example, P" ', "=?utf-8?q?P=C3=A4?= "])
def test_a_long_list_is_read_as_far_as_agreed(name: str) -> None:
    """A mail to many is outreach to each of them; where there are more, that is told."""
    everybody = [f"person{number:03}@example.com" for number in range(70)]
    mapped = sent("To: " + ",\r\n ".join(f"{name}<{one}>" for one in everybody))
    assert people(mapped) == everybody
    assert not mapped.ignored


def test_of_more_recipients_than_agreed_the_first_are_recorded() -> None:
    """And of a list without end its beginning; both are told, for somebody was written to unrecorded."""
    many = [f"p{number:03}@x.example" for number in range(MAX_RECIPIENTS + 7)]
    mapped = sent("To: " + ", ".join(many))
    assert people(mapped) == many[:MAX_RECIPIENTS]
    assert [one.why for one in mapped.ignored] == [f"7 recipients beyond the first {MAX_RECIPIENTS}"]
    long = "A Name of Some Length " * 5
    endless = sent("Cc: " + ", ".join(f"{long}<{one}>" for one in many))
    assert people(endless) == many[: len(endless.events)]
    assert len(endless.events) > 30
    assert [one.why for one in endless.ignored] == ["a recipient whose address cannot be read"]


def test_one_recipient_of_endless_length_hides_no_other() -> None:
    """Before and behind it."""
    mapped = sent("To: ada@example.com, " + "x" * 3_000 + "@example.com, eve@example.com")
    assert people(mapped) == ["ada@example.com", "eve@example.com"]
    assert mapped.ignored
