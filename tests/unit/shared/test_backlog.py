"""Whether a queue is behind, by what looks at it found."""

import pytest

from shared.backlog import QUIET_LOOKS, Backlog


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
    assert backlog.waits is waits
