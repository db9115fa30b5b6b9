"""The clock: one source of time and chance."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.clock import FixedClock, SystemClock, to_millisecond

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_the_system_s_time_is_utc_to_the_millisecond() -> None:
    """What the database keeps of it is all of it."""
    now = SystemClock().now()
    assert now.tzinfo is UTC
    assert now.microsecond % 1000 == 0
    assert abs(datetime.now(UTC) - now) < timedelta(seconds=5)


def test_system_tokens_are_fresh() -> None:
    """Of 16 bytes, in base64url."""
    tokens = {SystemClock().token(16) for _ in range(100)}
    assert len(tokens) == 100
    assert {len(token) for token in tokens} == {22}


def test_fixed_time_moves_only_when_told() -> None:
    """By as much as told."""
    clock = FixedClock(NOON)
    assert clock.now() == clock.now() == NOON
    clock.advance(timedelta(hours=2))
    assert clock.now() == NOON + timedelta(hours=2)


def test_the_same_seed_draws_the_same_lots() -> None:
    """And another seed draws others."""
    one, same, other = FixedClock(NOON, 1), FixedClock(NOON, 1), FixedClock(NOON, 2)
    drawn = [(clock.token(9), clock.random().uniform(0, 1)) for clock in (one, same, other)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert one.token(9) != drawn[0][0]


@given(st.datetimes(timezones=st.timezones()))
def test_a_millisecond_is_kept_by_cutting_again(at: datetime) -> None:
    """Whatever the zone: less than a millisecond earlier, and cutting again changes nothing."""
    cut = to_millisecond(at)
    assert timedelta(0) <= at.astimezone(UTC) - cut < timedelta(milliseconds=1)
    assert to_millisecond(cut.astimezone(timezone(timedelta(hours=-3)))) == cut


def test_a_time_without_a_zone_is_refused() -> None:
    """Its meaning would depend on the machine."""
    with pytest.raises(ValueError, match="zone"):
        to_millisecond(NOON.replace(tzinfo=None))


@pytest.mark.parametrize("told", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_moment_beyond_the_calendar_is_refused(told: str) -> None:
    """It has no UTC time."""
    with pytest.raises(ValueError, match="UTC"):
        to_millisecond(datetime.fromisoformat(told))
