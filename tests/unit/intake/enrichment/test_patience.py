"""When a platform is asked again, and what need not be asked twice."""

from datetime import UTC, datetime, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from services.intake.enrichment.cache import Cache
from services.intake.enrichment.client import retry_after
from services.intake.enrichment.gate import LONGEST_ASKED_S, LONGEST_WAIT_S, Gate
from shared.clock import FixedClock

NOW = datetime(2026, 6, 3, 12, tzinfo=UTC)


@given(st.integers(0, 2**32), st.integers(1, 100))
def test_a_platform_that_fails_on_is_left_alone_longer_and_never_for_ever(seed: int, failures: int) -> None:
    """Up to twice as long each time, and at least half of that; whatever is drawn."""
    gate, random, now = Gate(), FixedClock(NOW, seed).random(), NOW
    for number in range(failures):
        wait_s = gate.fail(now, random)
        longest = min(2.0**number, LONGEST_WAIT_S)
        assert longest / 2 - 0.001 <= wait_s <= longest
        assert gate.closed_for(now) == wait_s
        now += timedelta(seconds=wait_s)
        assert gate.closed_for(now) == 0


def test_a_failure_does_not_shorten_what_was_asked_for() -> None:
    """Others were on their way when the platform asked to wait."""
    gate = Gate()
    assert gate.close(NOW, 60) == 60
    gate.fail(NOW, FixedClock(NOW).random())
    assert gate.closed_for(NOW) == 60
    assert gate.close(NOW, 1e9) == LONGEST_ASKED_S


def test_questions_that_fail_together_are_one_failure() -> None:
    """Four on their way at once do not make the wait sixteen times as long."""
    gate, random = Gate(), FixedClock(NOW).random()
    (wait_s,) = {gate.fail(NOW, random) for _ in range(4)}
    assert gate.fail(NOW + timedelta(seconds=wait_s), random) <= 2


def test_an_answer_forgives() -> None:
    """The next failure is the first again."""
    gate, random, later = Gate(), FixedClock(NOW).random(), NOW
    for _ in range(5):
        later += timedelta(hours=1)
        gate.fail(later, random)
    gate.succeed()
    assert gate.fail(later + timedelta(hours=1), random) <= 1


_NUMBERS = st.integers(0, 10**25).map(str)
_DATES = st.tuples(_NUMBERS, _NUMBERS, _NUMBERS, st.sampled_from("+-"), _NUMBERS).map(
    lambda part: f"Mon, {part[0]} Jan {part[1]} {part[2]}:00:00 {part[3]}{part[4]}"
)


@given(st.text(max_size=40) | _NUMBERS | _DATES)
@example("9" * 400)
@example("Fri, 31 Dec 9999 23:59:59 -2359")
@example("Mon, 01 Jan 0001 00:00:00 +2359")
@example("Mon, 01 Jan 99999999999999999999 00:00:00 GMT")
@example("Mon, 99999999999 Jan 2026 00:00:00 GMT")
@example("Mon, 01 Jan 2026 00:00:00 +99999999999999")
def test_any_retry_after_is_seconds_or_nothing(told: str) -> None:
    """A stranger's word: never an exception, never a wait into the past."""
    found = retry_after({"retry-after": told}, NOW)
    assert found is None or found >= 0


def test_retry_after_in_both_its_forms() -> None:
    """RFC 9110, section 10.2.3."""
    assert retry_after({"retry-after": "120"}, NOW) == 120
    assert retry_after({"retry-after": "Wed, 03 Jun 2026 12:01:00 GMT"}, NOW) == 60
    assert retry_after({"retry-after": "Wed, 03 Jun 2026 11:00:00 GMT"}, NOW) == 0
    assert retry_after({}, NOW) is None


def test_what_is_kept_has_its_time_and_its_room() -> None:
    """The oldest goes first, and what is too large is not kept at all."""
    cache: Cache[str] = Cache(timedelta(seconds=60), 10)
    cache.put("a", "A", 4, NOW)
    cache.put("b", "B", 4, NOW + timedelta(seconds=1))
    assert (cache.get("a", NOW), cache.get("b", NOW)) == ("A", "B")
    cache.put("c", "C", 4, NOW + timedelta(seconds=2))
    assert (cache.get("a", NOW), cache.get("b", NOW), cache.get("c", NOW)) == (None, "B", "C")
    assert cache.get("b", NOW + timedelta(seconds=61)) is None
    cache.put("d", "D", 11, NOW + timedelta(seconds=3))
    assert cache.get("d", NOW + timedelta(seconds=3)) is None
    cache.put("b", "B2", 10, NOW + timedelta(seconds=3))
    assert cache.get("b", NOW + timedelta(seconds=3)) == "B2"
