"""The table of states and the chain that makes a timeline tamper-evident."""

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise, product
from typing import Any

import pytest

from shared.states import (
    OPEN,
    STOPPABLE,
    TERMINAL,
    TRANSITIONS,
    State,
    TransitionRefusedError,
    chain_faults,
    entry,
)

NOON = datetime(2026, 6, 3, 12, tzinfo=UTC)
LIFE = (State.RECEIVED, State.APPROVED, State.SCHEDULED, State.SENDING, State.SENT)


def timeline(states: tuple[State, ...] = LIFE, case: str = "case_1") -> list[dict[str, Any]]:
    """The lines of a case that went through these states."""
    lines: list[dict[str, Any]] = []
    head, before = "", None
    for state in states:
        line = entry(case, head, NOON, before, state, by="policy", why="because", event_id="evt_1").stored()
        lines.append(line)
        head, before = line["hash"], state
    return lines


def faults(lines: list[dict[str, Any]], state: str | None = None, head: str | None = None) -> list[str]:
    """What is wrong with a case that has these lines."""
    last = lines[-1] if lines else {"to_state": "received", "hash": ""}
    return list(chain_faults("case_1", state or last["to_state"], head or last["hash"], lines))


def test_every_state_is_in_the_table_and_can_be_reached() -> None:
    """A state that nothing leads to, or that the table forgot, would be a mistake."""
    assert set(TRANSITIONS) == set(State)
    assert {state for nexts in TRANSITIONS.values() for state in nexts} == set(State) - {State.RECEIVED}


def test_a_case_that_ended_stays_as_it_is_and_every_other_can_end() -> None:
    """So that each case reaches exactly one terminal state."""
    assert {
        State.SENT,
        State.FAILED,
        State.UNCERTAIN,
        State.DENIED,
        State.EXPIRED,
        State.CANCELLED,
    } == TERMINAL
    reach = {state: set(TRANSITIONS[state]) for state in State}
    for _ in State:
        for found in reach.values():
            found |= {further for state in tuple(found) for further in reach[state]}
    assert all(reach[state] & TERMINAL for state in OPEN)
    assert not any(reach[state] for state in TERMINAL)


def test_what_may_be_sending_leads_past_an_approval_and_what_is_stopped_does_not_send() -> None:
    """Nothing is sent unjudged, and an unknown outcome is never repeated."""
    leads_to = {to: {state for state in State if to in TRANSITIONS[state]} for to in State}
    assert leads_to[State.SENDING] == {State.SCHEDULED}
    assert leads_to[State.SCHEDULED] == {State.APPROVED, State.SENDING}
    assert leads_to[State.CANCELLED] == STOPPABLE
    assert State.SENDING not in TRANSITIONS[State.UNCERTAIN]


def test_a_move_outside_the_table_is_refused() -> None:
    """Each of them, by name and with the case."""
    for before, to in product(State, State):
        if to not in TRANSITIONS[before]:
            with pytest.raises(TransitionRefusedError, match=f"case_1: {before} cannot become {to}"):
                entry("case_1", "", NOON, before, to, by="policy", why="because", event_id=None)


def test_an_untouched_timeline_has_no_fault() -> None:
    """Each line carries the hash of the one before."""
    lines = timeline()
    assert faults(lines) == []
    assert all(line["prev"] == before["hash"] for before, line in pairwise(lines))


def _changed(field: str, value: str | None) -> Callable[[list[dict[str, Any]]], None]:
    def change(lines: list[dict[str, Any]]) -> None:
        lines[2][field] = value

    return change


@pytest.mark.parametrize(
    ("field", "value"),
    [("at", "2027"), ("by", "me"), ("why", "no reason"), ("event_id", None), ("to_state", "cancelled")],
)
def test_a_changed_line_is_named(field: str, value: str | None) -> None:
    """Every part of a line is covered by its hash."""
    lines = timeline()
    _changed(field, value)(lines)
    assert "line 3 was changed after it was written" in faults(lines)


def test_lines_that_were_taken_out_added_or_swapped_are_named() -> None:
    """Also the last one, which only the case's own head gives away."""
    whole = timeline()
    assert "line 3 does not follow line 2" in faults([*whole[:2], *whole[3:]])
    assert "line 2 does not follow line 1" in faults([whole[0], whole[2], whole[1], *whole[3:]])
    cut = faults(whole[:-1], state="sending", head=whole[-1]["hash"])
    assert cut == ["the last line is not the one that the case names: lines are missing or were added"]
    assert faults(whole, state="failed") == ["the case says failed, its timeline says sent"]


def test_a_line_of_another_case_does_not_fit() -> None:
    """The hash covers whose line it is."""
    assert "line 1 was changed after it was written" in faults(timeline(case="case_2"))


def test_a_forged_line_that_hashes_well_still_has_to_be_a_move_of_the_table() -> None:
    """Who can compute hashes still cannot write a history that never could have been."""
    lines = timeline((State.RECEIVED, State.DENIED))
    forged = entry("case_1", lines[-1]["hash"], NOON, None, State.SENT, by="x", why="y", event_id=None)
    assert faults([*lines, forged.stored()]) == ["line 3 starts from None, but the case was denied"]
