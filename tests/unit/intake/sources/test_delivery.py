"""What comes: headers and queries as they are, and nothing guessed where something came twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.sources import Delivery, folded


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("challengeCode=abc&x=1", "abc"),
        ("challengeCode=a%20b", "a b"),
        ("challengeCode=", ""),
        ("", None),
        ("challengecode=abc", None),
        ("challengeCode=a&challengeCode=a", None),  # which of the two is meant?
        ("challengeCode=a&" + "x=1&" * 60, None),  # a flood
    ],
)
def test_a_parameter_is_there_exactly_once(query: str, value: str | None) -> None:
    """Or it is not there."""
    assert Delivery({}, b"", "GET", query).parameter("challengeCode") == value


@given(st.text())
def test_any_query_is_read(query: str) -> None:
    """It is a stranger's."""
    Delivery({}, b"", "GET", query).parameter("x")


def test_a_header_that_comes_twice_is_what_none_that_comes_once_can_be() -> None:
    """Whatever the case of its name; the others are untouched."""
    pairs = [("Signature", "a"), ("X", "1, 2"), ("signature", "a")]
    assert folded(pairs) == {"signature": "a\na", "x": "1, 2"}
