"""A moment as all of Afterword keeps it: aware, in UTC, to the millisecond."""

from datetime import UTC, datetime


def to_millisecond(at: datetime) -> datetime:
    """`at` in UTC, cut to the millisecond: MongoDB keeps no more, and a signed time must read back as signed.

    Raises ValueError for a time without a zone, whose meaning would depend on the machine, and for one
    that in UTC is before the first year, or after the last.
    """
    if at.tzinfo is None:
        message = "a time needs a zone"
        raise ValueError(message)
    try:
        utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    except OverflowError:
        message = "a moment that has a UTC time is expected"
        raise ValueError(message) from None
    beyond = utc.microsecond % 1000
    return utc.replace(microsecond=utc.microsecond - beyond) if beyond else utc
