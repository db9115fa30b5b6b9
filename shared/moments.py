"""A moment as all of Afterword keeps it: aware, in UTC, to the millisecond."""

from datetime import UTC, datetime

from shared.errors import Invalid


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


def since(text: str) -> datetime:
    """The moment of a day, which begins in UTC, or of a time as in RFC 3339. Raises Invalid."""
    try:
        at = datetime.fromisoformat(text)
        return to_millisecond(at if at.tzinfo else at.replace(tzinfo=UTC))
    except ValueError:
        told = f"--since: a day like 2026-01-31 or a time like 2026-01-31T12:00:00Z is expected, not {text!r}"
        raise Invalid.at("", told) from None
