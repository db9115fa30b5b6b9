"""What a platform has on record, whoever wrote it, is read within bounds."""

from datetime import UTC, datetime

import pytest

from services.intake.enrichment import found
from services.intake.sources import Sent, mail
from shared.events import InteractionRecorded

AT = datetime(2026, 5, 4, tzinfo=UTC)


def words(text: str) -> str | None:
    """What is read of a message with this text."""
    read = found.message("m1", AT, "reply", candidate="c1", recruiter=None, text=text)
    assert isinstance(read, Sent)
    assert isinstance(read.data, InteractionRecorded)
    return read.data.text


def test_of_a_long_page_the_beginning_is_read() -> None:
    """As much as of any mail."""
    assert words("<p>No</p>" + " " * mail.MAX_BYTES + "late") == "No"
    assert words("<p>No</p>&#" + "9" * 5_000 + ";") == "No\n\ufffd"


def test_addresses_are_read_in_texts_and_lists_of_them() -> None:
    """As they are compared."""
    told = "Ada <ADA@example.com>, bob@example.com", ["c@example.com", None, 7], None
    assert found.addresses(*told) == {"ada@example.com", "bob@example.com", "c@example.com"}


@pytest.mark.parametrize("odd", ["(" * 5_000, "a:" * 5_000, "a@b.c, " * 50_000, "broken@@x"])
def test_an_odd_text_names_nobody_and_spoils_no_other(odd: str) -> None:
    """Nor does one that is too long, for of whom else it names nobody knows."""
    assert found.addresses(odd, ["ada@example.com", odd]) == {"ada@example.com"}
