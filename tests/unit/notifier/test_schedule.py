"""When a follow-up may begin."""

from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.notifier.schedule import due_at, next_allowed
from shared.decision import Schedule

MINUTE = timedelta(minutes=1)
ZONES = (
    "Europe/London",
    "Europe/Berlin",
    "America/New_York",
    "America/Santiago",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Asia/Tehran",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Pacific/Apia",
    "Asia/Beirut",
    "UTC",
)
times_of_day = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))
schedules = st.builds(
    lambda low, more, quiet_from, quiet_to, weekends: Schedule(
        delay_min_s=low, delay_max_s=low + more, quiet_from=quiet_from, quiet_to=quiet_to, weekends=weekends
    ),
    st.integers(0, 90_000),
    st.integers(0, 90_000),
    times_of_day,
    times_of_day,
    st.booleans(),
)
moments = st.integers(0, 7 * 366 * 86_400_000).map(
    lambda ms: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
)
zones = st.sampled_from(ZONES)


def plan(quiet_from: str = "00:00", quiet_to: str = "00:00", *, weekends: bool = True) -> Schedule:
    """A schedule without delay."""
    return Schedule(delay_min_s=0, delay_max_s=0, quiet_from=quiet_from, quiet_to=quiet_to, weekends=weekends)


def forbidden(at: datetime, schedule: Schedule, zone: str) -> bool:
    """The rule, said in another way than the code says it: by minutes of the local day."""
    local = at.astimezone(ZoneInfo(zone))
    if not schedule.weekends and local.isoweekday() in {6, 7}:
        return True
    start, end = (int(text[:2]) * 60 + int(text[3:]) for text in (schedule.quiet_from, schedule.quiet_to))
    since_start = (local.hour * 60 + local.minute - start) % 1440
    return since_start < (end - start) % 1440


@given(now=moments, schedule=schedules, zone=zones, seed=st.integers(0, 2**32))
def test_a_follow_up_is_never_due_before_the_shortest_delay_nor_in_forbidden_hours(
    now: datetime, schedule: Schedule, zone: str, seed: int
) -> None:
    """Delay and quiet hours hold in every zone, through every change of clocks."""
    due = due_at(now, schedule, zone, "UTC", Random(seed))  # noqa: S311 - repeatable
    assert due >= now + timedelta(seconds=schedule.delay_min_s)
    assert not forbidden(due, schedule, zone)


@given(at=moments, schedule=schedules, zone=zones)
@settings(max_examples=60, deadline=None)
def test_a_follow_up_is_moved_no_further_than_needed(at: datetime, schedule: Schedule, zone: str) -> None:
    """Every minute between the drawn moment and the one that is taken is forbidden."""
    moved = next_allowed(at, schedule, zone, "UTC")
    minute = at
    while minute < moved:
        assert forbidden(minute, schedule, zone)
        minute = minute.replace(second=0, microsecond=0) + MINUTE


@given(at=moments, schedule=schedules, zone=zones)
def test_an_allowed_moment_stays_and_moving_twice_is_moving_once(
    at: datetime, schedule: Schedule, zone: str
) -> None:
    """Looking again, at the send or after a restart, changes nothing more."""
    moved = next_allowed(at, schedule, zone, "UTC")
    assert next_allowed(moved, schedule, zone, "UTC") == moved
    if not forbidden(at, schedule, zone):
        assert moved == at


@pytest.mark.parametrize(
    ("at", "schedule", "zone", "expected"),
    [
        # a window over midnight, from its evening and from its morning
        ("2026-06-02T21:00Z", plan("20:00", "08:00"), "Europe/Berlin", "2026-06-03T06:00Z"),
        ("2026-06-03T01:00Z", plan("20:00", "08:00"), "Europe/Berlin", "2026-06-03T06:00Z"),
        # a window within a day; its end is allowed
        ("2026-06-03T10:30Z", plan("12:00", "14:00"), "Europe/Berlin", "2026-06-03T12:00Z"),
        ("2026-06-03T12:00Z", plan("12:00", "14:00"), "Europe/Berlin", "2026-06-03T12:00Z"),
        # equal ends: no window
        ("2026-06-03T01:00Z", plan("08:00", "08:00"), "Europe/Berlin", "2026-06-03T01:00Z"),
        # Friday evening goes to Monday morning
        ("2026-06-05T19:00Z", plan("20:00", "08:00", weekends=False), "Europe/Berlin", "2026-06-08T06:00Z"),
        # a weekend alone ends at its midnight
        ("2026-06-06T12:00Z", plan(weekends=False), "Europe/Berlin", "2026-06-07T22:00Z"),
        # the window ends at 02:30, which the clocks jump over: at 03:00 summer time, no later
        ("2026-03-29T00:30Z", plan("01:00", "02:30"), "Europe/Berlin", "2026-03-29T01:00Z"),
        # 02:30 to 03:00 is quiet, and after 02:59 comes 02:00 again, which is not
        ("2026-10-25T00:40Z", plan("02:30", "03:00"), "Europe/Berlin", "2026-10-25T01:00Z"),
        # ... 02:10 comes twice, and its window ends at the second 02:30
        ("2026-10-25T01:10Z", plan("01:00", "02:30"), "Europe/Berlin", "2026-10-25T01:30Z"),
        # ... and the second 02:30 is quiet as well
        ("2026-10-25T01:40Z", plan("02:30", "03:00"), "Europe/Berlin", "2026-10-25T02:00Z"),
    ],
)
def test_quiet_hours_end_when_the_candidates_clock_says_so(
    at: str, schedule: Schedule, zone: str, expected: str
) -> None:
    """Windows over midnight, empty ones, weekends, and hours that a change of clocks skips or repeats."""
    moved = next_allowed(datetime.fromisoformat(at), schedule, zone, "UTC")
    assert moved == datetime.fromisoformat(expected)


@pytest.mark.parametrize("unknown", [None, "", "Mars/Olympus", "../etc/passwd", "Europe", "\x00"])
def test_an_unknown_zone_gives_way_to_the_tenants(unknown: str | None) -> None:
    """What a source names as a zone may be anything; the tenant's zone stands in."""
    night = datetime(2026, 6, 3, 1, tzinfo=UTC)
    assert next_allowed(night, plan("20:00", "08:00"), unknown, "Asia/Tokyo") == night


def test_no_known_zone_at_all_means_utc() -> None:
    """A wrong zone of the tenant's must not stop the schedule."""
    night = datetime(2026, 6, 3, 1, tzinfo=UTC)
    assert next_allowed(night, plan("20:00", "08:00"), None, "nowhere") == night.replace(hour=8)


def test_the_delay_is_drawn_between_its_bounds() -> None:
    """Many draws fill the range, and nothing is the same every time."""
    now = datetime(2026, 6, 3, 12, tzinfo=UTC)
    schedule = Schedule(
        delay_min_s=7200, delay_max_s=72_000, quiet_from="00:00", quiet_to="00:00", weekends=True
    )
    chance = Random(7)  # noqa: S311 - repeatable
    delays = [(due_at(now, schedule, None, "UTC", chance) - now).total_seconds() for _ in range(500)]
    assert 7200 <= min(delays) < 9000
    assert 70_000 < max(delays) <= 72_000
