"""Quiet hours as the minutes of a day that they cover, so that two of them can be compared."""

MINUTES_A_DAY = 24 * 60


def quiet_minutes(quiet_from: str, quiet_to: str) -> frozenset[int]:
    """The minutes of a day (0 to 1439) in quiet hours between two HH:MM; equal ends: none."""
    begin, end = _minute(quiet_from), _minute(quiet_to)
    length = (end - begin) % MINUTES_A_DAY
    return frozenset((begin + step) % MINUTES_A_DAY for step in range(length))


def _minute(time_of_day: str) -> int:
    hours, minutes = time_of_day.split(":")
    return int(hours) * 60 + int(minutes)
