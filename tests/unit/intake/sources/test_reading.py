"""Reading what is not ours: what is odd is not there, and an id is never another's."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.sources import reading
from shared.errors import Invalid
from tests.unit.intake.sources.deliveries import json_values


@given(json_values, st.lists(st.text(max_size=5) | st.integers(0, 3), max_size=3))
def test_any_path_in_anything_leads_somewhere_or_nowhere(value: Any, path: list[str | int]) -> None:
    """And to no exception."""
    reading.at(value, *path)
    reading.each(value, *path)
    assert len(reading.text(value, *path) or "") <= 200
    reading.rfc3339(value)
    reading.unix_ms(value)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("  x ", "x"),
        ("", None),
        ("   ", None),
        (7, "7"),
        (True, None),
        (7.0, None),
        (None, None),
        (["x"], None),
    ],
)
def test_what_is_text(value: Any, found: str | None) -> None:
    """A number is, for ids are sent as numbers; what is true or false is not."""
    assert reading.text(value) == reading.ident(value) == found


def test_a_name_is_cut_and_an_id_is_not() -> None:
    """A part of an id would be another's."""
    assert reading.text("x" * 300) == "x" * 200
    assert reading.ident("x" * 200) == "x" * 200
    assert reading.ident("x" * 201) is None


@given(
    st.lists(st.text(min_size=1), min_size=1, max_size=3),
    st.lists(st.text(min_size=1), min_size=1, max_size=3),
)
def test_other_parts_make_another_id(one: list[str], other: list[str]) -> None:
    """Wherever they are cut, and however long they are."""
    made = reading.stable_id(*one)
    assert len(made) <= reading.MAX_ID
    assert (made == reading.stable_id(*other)) == (one == other)


def test_a_cut_within_a_part_is_no_cut_between_parts() -> None:
    """What joins the parts may be in them."""
    assert reading.stable_id("a/b", "c") != reading.stable_id("a", "b/c")
    assert reading.stable_id("a%2Fb") != reading.stable_id("a/b")


def test_long_parts_make_ids_of_their_own() -> None:
    """Also where only the end differs."""
    assert reading.stable_id("x" * 300, "1") != reading.stable_id("x" * 300, "2")


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        (
            {"email": ["nobody", None, " ada@example.org "], "name": 5},
            {"email": "ada@example.org", "name": "5"},
        ),
        ({"email": ["http://x@example.org", "MailTo:ada@example.org"]}, {"email": "ada@example.org"}),
        ({"email": "ada@example.org", "phone": "1" * 41}, {"email": "ada@example.org"}),
        ({"profile_urls": "https://x.example/ada"}, {"profile_urls": ("https://x.example/ada",)}),
        ({"external_id": 7, "profile_urls": {"url": "https://x.example/ada"}}, {"external_id": "7"}),
        ({"external_id": 7, "profile_urls": ["@ada", "javascript:1"]}, {"external_id": "7"}),
        (
            {"profile_urls": [None, "https://www.linkedin.com/in/ada"] * 20},
            {"profile_urls": ("https://www.linkedin.com/in/ada",) * 10},
        ),
    ],
)
def test_a_person_is_what_can_be_used(fields: dict[str, Any], kept: dict[str, Any]) -> None:
    """What is no address, number or profile is left out, and harms nothing else."""
    assert reading.person(fields, "/x").model_dump(exclude_defaults=True) == kept


@pytest.mark.parametrize("fields", [{}, {"name": "Ada"}, {"email": "nobody"}, {"external_id": "x" * 201}])
def test_a_person_whom_nothing_names_is_told(fields: dict[str, Any]) -> None:
    """By the place where they were looked for."""
    with pytest.raises(Invalid, match=r"^/candidate: "):
        reading.person(fields, "/candidate")


def test_milliseconds_are_a_moment() -> None:
    """To the millisecond, and none where there is no such year."""
    assert reading.unix_ms(1777885950123) == datetime(2026, 5, 4, 9, 12, 30, 123_000, tzinfo=UTC)
    assert reading.unix_ms(True) is reading.unix_ms(10**30) is reading.unix_ms(1.5) is None


@given(*[json_values | st.just("x" * 400) | st.just("rey@acme.example")] * 4)
def test_anything_makes_a_recruiter_and_a_job_or_none(name: Any, email: Any, own_id: Any, team: Any) -> None:
    """What cannot be used is left out, and no adapter has to look first."""
    recruiter, job = reading.recruiter(name, email, own_id, team), reading.job(name, own_id)
    if email == "rey@acme.example":
        assert recruiter is not None
        assert recruiter.email == email
    assert recruiter is None or recruiter.email or recruiter.external_id or recruiter.team
    assert job is None or job.title or job.external_id


def test_a_personal_address_comes_before_one_at_work() -> None:
    """Whatever stands first; of what says nothing the order stays."""
    told = [("w", "WORK"), ("a", None), ("p", " Personal"), ("b", 7), ("q", "personal")]
    items = [{"value": value, "type": kind} for value, kind in told]
    assert reading.personal_first([*items, None, []], "type") == ["p", "q", "a", "b", None, None, "w"]
