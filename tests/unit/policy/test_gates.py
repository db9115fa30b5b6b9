"""Counting at the gates, without a database."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.policy.gates import KEPT, ROOM, Gate, Wish, admit
from services.policy.limits import DAY, HOUR, Limit
from tests.unit.policy.building import MILLISECOND, NOW

_STEPS = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from([0, 1, 59, 60, 1799, 3599, 3600, 3601, 40_000, 86_400])),
    max_size=60,
)


@settings(max_examples=100)
@given(_STEPS, st.integers(1, 4), st.integers(4, 9))
def test_no_window_ever_holds_more_than_its_limit(
    steps: list[tuple[int, int]], an_hour: int, a_day: int
) -> None:
    """Whoever comes whenever, repeats included: wherever an hour or a day is laid, no more are in it."""
    gate, now = Gate("recruiter:r"), NOW
    limits = {"recruiter:r": (Limit(an_hour, HOUR), Limit(a_day, DAY))}
    last = {}
    for case, seconds in steps:
        now += timedelta(seconds=seconds)
        name = f"case_{case}"
        if admit({"recruiter:r": gate}, [Wish(name, limits)], now):
            last[name] = now
        for window, most in ((HOUR, an_hour), (DAY, a_day)):
            assert sum(1 for at in last.values() if at >= now - window) <= most


def test_a_case_passes_all_its_gates_or_takes_no_place() -> None:
    """Who is refused at one gate does not use up the others."""
    gates = {"tenant:t": Gate("tenant:t"), "recruiter:r": Gate("recruiter:r")}
    limits = {"tenant:t": (Limit(5, DAY),), "recruiter:r": (Limit(1, DAY),)}
    wishes = [Wish(f"case_{number}", limits) for number in range(3)]
    assert admit(gates, wishes, NOW) == {"case_0"}
    assert gates["tenant:t"].count(NOW, DAY, "") == 1


def test_a_place_counts_to_the_very_end_of_the_window() -> None:
    """And its own case does not count against itself."""
    gate = Gate("tenant:t")
    gate.take("case_1", NOW)
    assert gate.count(NOW + DAY, DAY, "") == 1
    assert gate.count(NOW + DAY + MILLISECOND, DAY, "") == 0
    assert gate.count(NOW, DAY, "case_1") == 0


def test_what_is_folded_is_counted_until_its_minute_is_past() -> None:
    """Never too few: a folded place counts at most a minute longer, and then not for ever."""
    gate = Gate("tenant:t")
    for number in range(ROOM + 10):
        gate.take(f"case_{number}", NOW + timedelta(seconds=number))
    assert (len(gate.taken), sum(gate.folded.values())) == (ROOM, 10)
    end = NOW + timedelta(seconds=ROOM + 10)
    assert gate.count(end, DAY, "") == ROOM + 10
    past_the_minute = NOW + timedelta(minutes=1) + DAY + MILLISECOND
    assert gate.count(past_the_minute, DAY, "") == ROOM + 10 - 61
    gate.take("case_late", end + KEPT + timedelta(minutes=2))
    assert (list(gate.taken), gate.folded) == (["case_late"], {})


def test_a_person_who_decides_is_counted_and_not_limited() -> None:
    """A reviewer's yes passes a full gate, and the next one sees it."""
    gate = Gate("tenant:t")
    limits = {"tenant:t": (Limit(1, DAY),)}
    gates = {"tenant:t": gate}
    assert admit(gates, [Wish("a", limits), Wish("b", limits, forced=True), Wish("c", limits)], NOW) == {
        "a",
        "b",
    }
    assert gate.count(NOW, DAY, "") == 2
