"""What a person prefers, and what two prefer who turn out to be one."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.policy.preferences import preferred
from tests.unit.policy.building import NOW

HOUR = timedelta(hours=1)
ENTRIES = st.builds(
    lambda ago, wanted, days: {
        "id": f"p{ago}",
        "at": NOW - ago * HOUR,
        "follow_up": wanted,
        "not_before": None if days is None else NOW + timedelta(days=days),
    },
    st.integers(1, 48),
    st.booleans(),
    st.none() | st.integers(-5, 5),
)
MEMORIES = st.fixed_dictionaries(
    {},
    optional={part: st.lists(ENTRIES, max_size=3) for part in ("wishes", "preferences")},
)
PEOPLE = st.lists(MEMORIES, max_size=3)


def merged(*memories: dict[str, Any], at: datetime = NOW) -> list[dict[str, Any]]:
    """What is remembered of one person whom all of these turned out to be."""
    return [*memories, {"merges": [{"id": "m", "at": at}]}]


def allows(preference: dict[str, Any], at: datetime) -> bool:
    """Whether a follow-up at this time is in keeping with it."""
    begins = preference.get("not_before")
    return preference.get("follow_up") is not False and (begins is None or at >= begins)


@given(PEOPLE, PEOPLE, st.integers(-10, 10))
def test_of_two_who_are_one_the_stricter_holds(
    one: list[dict[str, Any]], other: list[dict[str, Any]], days: int
) -> None:
    """Whatever either alone would have forbidden is forbidden to both, in whatever order it was said."""
    at = NOW + timedelta(days=days)
    both = preferred(merged(*one, *other))
    if allows(both, at):
        assert allows(preferred(one), at)
        assert allows(preferred(other), at)
    assert preferred(list(reversed(merged(*one, *other)))) == both


@given(PEOPLE, st.booleans())
def test_what_is_said_of_the_one_person_afterwards_holds(people: list[dict[str, Any]], wanted: bool) -> None:  # noqa: FBT001
    """By the candidate's own word; a source's counts only where no word of the candidate's own is kept."""
    later = {"id": "later", "at": NOW + HOUR, "follow_up": wanted, "not_before": None}
    assert preferred(merged(*people, {"wishes": [later]})) == later
    own = any(memory.get("wishes") for memory in people)
    reported = preferred(merged(*people, {"preferences": [later]}))
    assert reported == (preferred(merged(*people)) if own else later)


@given(MEMORIES)
def test_without_a_merge_the_newest_word_holds(memory: dict[str, Any]) -> None:
    """Somebody may change their mind."""
    said = memory.get("wishes") or memory.get("preferences") or []
    assert preferred([memory]).get("at") == max((entry["at"] for entry in said), default=None)
