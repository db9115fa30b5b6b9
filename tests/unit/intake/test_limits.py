"""Rates and bounds: what fits goes in, what does not is told how long to wait."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.limits import MAX_GREETED, Bound, Bucket, Full, Limits, Portions, Rate, Share

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


def later(seconds: float) -> datetime:
    """So many seconds from now."""
    return NOW + timedelta(seconds=seconds)


def test_a_burst_goes_in_at_once_and_then_the_rate_holds() -> None:
    """Full at first; then one more every 1/rate seconds, and the wait is told to the moment."""
    bucket = Bucket(Rate(per_second=2, burst=3), NOW)
    assert [bucket.take(NOW) for _ in range(4)] == [0, 0, 0, 0.5]
    assert bucket.take(later(0.25)) == 0.25
    assert bucket.take(later(0.5)) == 0
    assert bucket.take(later(0.5)) > 0


def test_a_clock_that_is_set_back_gives_nothing_away() -> None:
    """And costs nothing for long."""
    bucket = Bucket(Rate(per_second=1, burst=1), NOW)
    assert bucket.take(NOW) == 0
    assert bucket.take(later(-3600)) == 1
    assert bucket.take(later(-3599)) == 0


@given(
    st.floats(0.1, 100),
    st.floats(1, 100),
    st.lists(st.floats(0, 5), min_size=1, max_size=100),
)
def test_never_more_than_the_burst_and_the_rate_allow(
    per_second: float, burst: float, gaps: list[float]
) -> None:
    """However the deliveries are spread."""
    bucket, at, taken = Bucket(Rate(per_second, burst), NOW), 0.0, 0
    for gap in gaps:
        at += gap
        taken += bucket.take(later(at)) == 0
        assert taken <= burst + at * per_second + 1e-3


def test_strangers_do_not_use_up_a_source() -> None:
    """What nobody signed has a bucket of its own, and each source has one too."""
    limits, rate = Limits(Rate(1, 2), NOW), Rate(1, 1)
    assert [limits.unsigned(NOW) > 0 for _ in range(5)] == [False, False, True, True, True]
    assert limits.signed("ats", rate, NOW) == 0
    assert limits.signed("ats", rate, NOW) > 0
    assert limits.signed("crm", rate, NOW) == 0


def test_each_name_is_greeted_at_a_rate_of_its_own() -> None:
    """What nobody signed uses up none of it; the names greeted longest ago are forgotten, and begin anew."""
    limits = Limits(Rate(1, 1), NOW)
    assert [limits.unsigned(NOW) > 0, limits.unsigned(NOW) > 0] == [False, True]
    assert [limits.greeting("ats", NOW) > 0 for _ in range(2)] == [False, True]
    assert limits.greeting("crm", NOW) == 0
    for number in range(MAX_GREETED - 2):
        limits.greeting(f"no-{number}", NOW)
    assert limits.greeting("ats", NOW) > 0
    limits.greeting("one more", NOW)
    assert [limits.greeting("ats", NOW) > 0, limits.greeting("crm", NOW) > 0] == [True, False]


def test_a_name_of_any_length_is_remembered_by_its_beginning() -> None:
    """No source has one so long."""
    limits = Limits(Rate(1, 1), NOW)
    assert limits.greeting("a" * 100 + "b", NOW) == 0
    assert limits.greeting("a" * 100 + "c", NOW) > 0


def test_a_changed_rate_holds_from_the_next_delivery_on() -> None:
    """An operator who raises a limit waits for nothing."""
    limits = Limits(Rate(1, 1), NOW)
    assert limits.signed("ats", Rate(1, 1), NOW) == 0
    assert limits.signed("ats", Rate(1, 1), NOW) > 0
    assert limits.signed("ats", Rate(9, 9), NOW) == 0


def test_a_share_is_given_back_whatever_happens() -> None:
    """A request that fails must not hold its part for ever."""
    bound = Bound(10)

    def failing_request() -> None:
        with bound.share() as share:
            share.grow(10)
            raise LookupError

    with pytest.raises(LookupError):
        failing_request()
    with bound.share() as share:
        share.grow(10)


def test_what_does_not_fit_is_refused_and_changes_nothing() -> None:
    """The others keep what they have."""
    bound = Bound(10)
    with bound.share() as first, bound.share() as second:
        first.grow(6)
        with pytest.raises(Full):
            second.grow(5)
        second.grow(4)


def test_a_share_of_several_bounds_fits_into_all_of_them() -> None:
    """Or into none: what one has no room for takes nothing of another, and all of it is given back."""
    wide, narrow = Bound(10), Bound(3)
    with Share(wide, narrow) as share:
        share.grow(3)
        with pytest.raises(Full):
            share.grow(1)
        assert (wide.free, narrow.free) == (7, 0)
    assert (wide.free, narrow.free) == (10, 3)


def test_each_name_has_a_portion_and_only_while_it_holds_something() -> None:
    """The same for all who hold something under it; strangers may make names up without end."""
    portions = Portions(10)
    with Share(portions.of("ats")) as share:
        share.grow(9)
        assert (portions.of("ats").free, portions.of("crm").free) == (1, 10)
        with pytest.raises(Full), Share(portions.of("ats")) as other:
            other.grow(2)
    del share, other
    assert portions.of("ats").free == 10
    assert len(portions._bounds) == 0
