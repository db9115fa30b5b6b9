"""The headers of a mail: who and what they name, and whom they do not."""

import pytest

from services.intake.sources import mail
from tests.unit.intake.sources.email.letters import written


def test_a_header_that_came_twice_or_is_too_long_names_nobody() -> None:
    """A part of an address is somebody else's, and of two senders nobody knows which to believe."""
    assert mail.addresses(mail.read(written("From: a@example.com", "", "x")), "from")
    assert not mail.addresses(mail.read(written("From: a@example.com", "From: b@example.com", "")), "From")
    long = "From: " + "a@example.com, " * 70 + "b@example.com"
    assert not mail.addresses(mail.read(written(long, "")), "From")


@pytest.mark.parametrize(
    ("sender", "told"),
    [
        ("Jürgen Ä <jürgen@exämple.com>", ("Jürgen Ä", "jürgen@exämple.com")),
        ("用户@例子.广告", ("", "用户@例子.广告")),
        ("=?utf-8?q?M=C3=BCll?=\r\n =?utf-8?q?er=2C_J?= <m@example.com>", ("Müller, J", "m@example.com")),
        ('"=?utf-8?b?TcO8bGw=?= =?UTF-8?Q?er?=" <m@example.com>', ("Müller", "m@example.com")),
        ("=?utf-8?q?Ada?= E =?utf-8?q?xample?= <m@example.com>", ("Ada E xample", "m@example.com")),
    ],
)
def test_names_and_addresses_are_read_in_all_letters(sender: str, told: tuple[str, str]) -> None:
    """As they stand, or encoded, where the space between two encoded words is nobody's."""
    assert mail.addresses(mail.read(written(f"From: {sender}", "", "x")), "From") == [told]


@pytest.mark.parametrize("sender", [b"j\xfcrgen@example.com", b"Ada <ada@ex\xe4mple.com>"])
def test_an_address_that_cannot_be_read_is_nobody_elses(sender: bytes) -> None:
    """Two of them would else become one."""
    assert [one for _, one in mail.addresses(mail.read(b"From: " + sender + b"\n\nx"), "From")] == [""]


@pytest.mark.parametrize(
    ("line", "told"), [("No", "no"), ("(yes) Auto-Replied (x)", "auto-replied"), ("(a", ""), ("", "")]
)
def test_the_first_word_of_a_header_stands_behind_its_comments(line: str, told: str) -> None:
    """Which anybody may put anywhere."""
    assert mail.word(mail.read(written(f"Auto-Submitted: {line}", "X: y", "", "x")), "auto-submitted") == told


def test_each_server_on_the_way_may_name_whom_it_brought_it_to() -> None:
    """In a line of its own, where the address stands bare or not; a flood of them is none."""
    for name in ("Delivered-To", "X-Original-To"):
        lines = [f"{name}: ada@example.com", f"{name}: <bob@example.com>"]
        read = mail.addresses(mail.read(written(*lines, "", "x")), name)
        assert [address for _, address in read] == ["ada@example.com", "bob@example.com"]
        assert not mail.addresses(mail.read(written(*lines * 10, "", "x")), name)
