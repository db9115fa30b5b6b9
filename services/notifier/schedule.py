"""When a follow-up may begin: a drawn courtesy delay, then out of their quiet hours and weekends."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from shared.decision import Schedule

_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)
_SATURDAY = 5
#: A weekend, a quiet window on either side of it and a day that a zone skips fit in.
_LOOK_AHEAD_DAYS = 8


class Draw(Protocol):
    """Where chance comes from; `random.Random` is one."""

    def uniform(self, a: float, b: float) -> float:
        """A number between both."""
        ...


def due_at(now: datetime, schedule: Schedule, zone: str | None, fallback_zone: str, random: Draw) -> datetime:
    """The moment, in UTC, at which a follow-up that is approved `now` may begin.

    Never before `now` plus the shortest delay, never in quiet hours or on a weekend (unless allowed), and no
    later than that asks for. `zone` and `fallback_zone` are IANA names; an unknown one gives way to the next,
    then to UTC.
    """
    drawn_ms = int(random.uniform(schedule.delay_min_s * 1000, schedule.delay_max_s * 1000))
    return next_allowed(now + timedelta(milliseconds=drawn_ms), schedule, zone, fallback_zone)


def next_allowed(at: datetime, schedule: Schedule, zone: str | None, fallback_zone: str) -> datetime:
    """`at` itself where it is allowed, else the first allowed moment after it; in UTC, nothing is drawn."""
    place = zone_of(zone, fallback_zone)
    start = at.astimezone(UTC)
    if _allowed(start, schedule, place):
        return start
    return min(
        edge for edge in _edges(start, schedule, place) if edge > start and _allowed(edge, schedule, place)
    )


def zone_of(*names: str | None) -> ZoneInfo:
    """The first of these IANA zones that exists, else UTC."""
    for name in names:
        if name:
            try:
                return ZoneInfo(name)
            except (KeyError, ValueError, OSError):  # unknown, not a name, a folder of the zone database
                continue
    return ZoneInfo("UTC")


def _allowed(at: datetime, schedule: Schedule, zone: ZoneInfo) -> bool:
    local = at.astimezone(zone)
    if not schedule.weekends and local.weekday() >= _SATURDAY:
        return False
    start, end = time.fromisoformat(schedule.quiet_from), time.fromisoformat(schedule.quiet_to)
    wall = local.time()
    quiet = start <= wall < end if start <= end else (wall >= start or wall < end)
    return not quiet


def _edges(start: datetime, schedule: Schedule, zone: ZoneInfo) -> Iterator[datetime]:
    """Every moment at which the forbidden may become allowed: ends of windows, midnights, clock changes."""
    quiet_to = time.fromisoformat(schedule.quiet_to)
    first = start.astimezone(zone).date()
    for number in range(_LOOK_AHEAD_DAYS):
        day = first + number * _DAY
        for wall in (time(), quiet_to):
            for fold in (0, 1):
                yield datetime.combine(day, wall, tzinfo=zone).replace(fold=fold).astimezone(UTC)
        yield from _clock_change(day, zone)


def _clock_change(day: date, zone: ZoneInfo) -> Iterator[datetime]:
    """The moment of this UTC day at which clocks are changed, to the minute; nothing where they are not."""
    before = datetime.combine(day, time(), tzinfo=UTC)
    after = before + _DAY
    offset = before.astimezone(zone).utcoffset()
    if after.astimezone(zone).utcoffset() == offset:
        return
    while after - before > _MINUTE:
        middle = before + (after - before) // 2 // _MINUTE * _MINUTE
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    yield after
