"""Whether a queue is behind, by what looks at it found."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.backlog import BACK_WITHIN, QUIET_LOOKS, Backlog

NOW = datetime(2026, 6, 3, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("looks", "waits"),
    [
        ([], False),
        ([0], False),
        ([1], True),
        # what was taken out just before the first empty look may be at work in another replica
        ([7, *[0] * (QUIET_LOOKS - 1)], True),
        ([7, *[0] * QUIET_LOOKS], False),
        ([7, *[0] * QUIET_LOOKS, 1], True),
        ([7, 0, 7, *[0] * (QUIET_LOOKS - 1)], True),
    ],
)
def test_a_queue_is_behind_until_it_was_seen_empty_more_than_once(looks: list[int], waits: bool) -> None:  # noqa: FBT001
    """Before the first look nothing is known to wait."""
    backlog = Backlog()
    for ready in looks:
        backlog.saw(ready)
    assert backlog.waits(NOW) is waits


def test_what_was_put_off_waits_until_it_was_back_for_a_while() -> None:
    """The last of all counts, in whatever order they were put off; a look at the queue does not see them."""
    backlog = Backlog()
    backlog.put_off(NOW + timedelta(minutes=10))
    backlog.put_off(NOW + timedelta(seconds=1))
    for _ in range(QUIET_LOOKS):
        backlog.saw(0)
    end = NOW + timedelta(minutes=10) + BACK_WITHIN
    assert [backlog.waits(at) for at in (NOW, end - timedelta(milliseconds=1), end)] == [True, True, False]
