"""The cursor of a page."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.desk.cursor import Cursor
from shared.encoding import b64url
from shared.errors import Invalid

AT = datetime(2026, 3, 2, 9, 30, 0, 123000, tzinfo=UTC)


@given(st.integers(0, 10**13 - 1), st.from_regex(r"[A-Za-z0-9_:.-]{1,200}", fullmatch=True))
def test_a_cursor_reads_back_as_it_was_given_out(milliseconds: int, row: str) -> None:
    """What a page gives out is the exact place, to the millisecond."""
    cursor = Cursor(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds), row)
    assert Cursor.parse(cursor.text()) == cursor


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no base64!",
        b64url(b"12345"),  # no id
        b64url(b".case_a"),  # no time
        b64url(b"-1.case_a"),  # before the epoch
        b64url(b"99999999999999.case_a"),  # beyond the years that a datetime has
        b64url(b'1.{"$gt":""}'),  # a query in the id's place
        b64url(b"1.case_a\n"),  # a line end, which $ would let pass
        b64url("1.cäse".encode()),
        b64url("\u0661.case_a".encode()),  # a digit, but not ours
        b64url(b"1." + b"a" * 201),
        Cursor(AT, "case_a").text() + "=",  # respelled
    ],
)
def test_no_other_text_is_a_cursor(text: str) -> None:
    """A cursor is validated whole, so nothing else of it can reach the database."""
    with pytest.raises(Invalid):
        Cursor.parse(text)


def test_what_follows_is_older_or_of_the_same_time_with_a_lower_id() -> None:
    """Rows of one millisecond are told apart by their id, so none is skipped and none repeated."""
    query = Cursor(AT, "case_m").after("received_at")
    assert query == {
        "received_at": {"$lte": AT},
        "$or": [{"received_at": {"$lt": AT}}, {"_id": {"$lt": "case_m"}}],
    }
