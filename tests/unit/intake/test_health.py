"""Which sources are said to be unwell: only what is sure, however few deliveries there are."""

from datetime import UTC, datetime, timedelta

import pytest

from services.intake.deliveries.health import BEFORE, Health, diagnosed

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def health(last: tuple[int, int], *before: tuple[int, int]) -> Health:
    """Of (accepted, refused) in the last day and in the days before; one of them stands for all seven."""

    def day(counts: tuple[int, int]) -> dict[str, int]:
        return dict(zip(("accepted", "refused"), counts, strict=True))

    days = before * BEFORE if len(before) == 1 else before
    return Health("ats", day(last), [day(counts) for counts in days])


@pytest.mark.parametrize(
    ("last", "before", "verdicts"),
    [
        ((0, 0), [(20, 0)], ("quiet",)),
        ((2, 0), [(20, 0)], ("quiet",)),
        ((9, 0), [(20, 0)], ("well",)),
        ((40, 0), [(20, 0)], ("well",)),
        # seven a week may well be none in a day
        ((0, 0), [(1, 0)], ("few",)),
        ((0, 0), [(0, 0)], ("few",)),
        # as on the same day a week ago
        ((0, 0), [(30, 0), (30, 0), (30, 0), (30, 0), (30, 0), (30, 0), (0, 0)], ("well",)),
        ((100_000, 0), [(110_000, 0)], ("well",)),
        ((0, 20), [(20, 0)], ("failing",)),
        ((1, 1), [(20, 0)], ("quiet", "failing")),
        ((10, 10), [(10, 10)], ("well",)),
        ((95, 3), [(100, 0)], ("well",)),
        # a source that was never well is told too, once it is sure
        ((0, 20), [(0, 0)], ("failing",)),
        ((0, 2), [(0, 0)], ("few",)),
    ],
)
def test_what_is_said(
    last: tuple[int, int], before: list[tuple[int, int]], verdicts: tuple[str, ...]
) -> None:
    """A weekend is no silence, few prove little, and many need more than a breath of difference."""
    found = health(last, *before)
    assert found.verdicts == verdicts
    assert found.unwell is bool({"quiet", "failing"} & set(verdicts))


def test_hours_become_days() -> None:
    """The last 24 whole hours, and the seven days before them; each source its own."""
    hours = [
        {"source": source, "hour": NOON - timedelta(hours=ago), "accepted": 1}
        for source in ("ats", "other")
        for ago in range(1, 8 * 24 + 1)
    ]
    (found,) = diagnosed(["ats"], hours, NOON)
    assert sum(found.last.values()) == 24
    assert [sum(day.values()) for day in found.before] == [24] * 7
