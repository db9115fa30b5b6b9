"""Cases move by compare-and-set, and every move is a line of their timeline."""

import asyncio
from datetime import UTC, datetime

import pytest

from shared.states import State, TransitionRefusedError, chain_faults
from shared.store.cases import Cases, Move, opened
from shared.store.client import Database, Document

NOON = datetime(2026, 6, 3, 12, tzinfo=UTC)


def new(case: str, *keys: str) -> Document:
    """A case of the person with these keys."""
    return opened(case, NOON, by="/sources/ats", event_id=f"evt_{case}", fields={"keys": [*keys]})


def move(case: Document, to: State, event_id: str | None = None, by: str = "policy") -> Move:
    """A wish to move a case from what was read of it."""
    return Move(case, to, NOON, by, "because", event_id, {"mark": by})


async def one(cases: Cases, case: str) -> Document:
    """The case as it is stored; its timeline must hold together."""
    stored = (await cases.by_ids([case]))[case]
    assert list(chain_faults(case, stored["state"], stored["head"], stored["timeline"])) == []
    return stored


async def test_a_case_is_opened_once_and_stays_what_it_was(database: Database) -> None:
    """Opening it again, alone or beside others, changes nothing."""
    cases = Cases(database)
    await cases.open([new("a", "k1")])
    await cases.open([new("b", "k2"), new("a", "k9")])
    assert (await one(cases, "a"))["keys"] == ["k1"]
    assert (await one(cases, "b"))["keys"] == ["k2"]


async def test_of_many_who_move_a_case_at_once_one_wins(database: Database) -> None:
    """Each learns whether it was its own move that was made."""
    cases = Cases(database)
    await cases.open([new("a")])
    read = await one(cases, "a")
    states = (State.APPROVED, State.HELD, State.DENIED)
    made = await asyncio.gather(
        *(cases.move([move(read, states[n % 3], by=f"replica {n}")]) for n in range(12))
    )
    winners = [n for n, moved in enumerate(made) if moved == {"a"}]
    assert len(winners) == 1
    assert all(not moved for n, moved in enumerate(made) if n not in winners)
    stored = await one(cases, "a")
    assert stored["mark"] == f"replica {winners[0]}"
    assert len(stored["timeline"]) == 2


async def test_in_a_set_the_moves_that_can_be_made_are_made_and_named(database: Database) -> None:
    """One that somebody else moved, or a fact touched, does not hold up the others."""
    cases = Cases(database)
    await cases.open([new("moved", "k1"), new("touched", "k2"), new("free", "k3")])
    read = await cases.by_ids(["moved", "touched", "free"])
    assert await cases.move([move(read["moved"], State.DENIED, by="another")]) == {"moved"}
    await cases.touch(["k2"])
    assert await cases.move([move(case, State.APPROVED) for case in read.values()]) == {"free"}
    assert (await one(cases, "moved"))["state"] == State.DENIED
    assert (await one(cases, "touched"))["state"] == State.RECEIVED
    assert (await one(cases, "free"))["state"] == State.APPROVED


async def test_a_move_that_was_made_already_is_not_made_again(database: Database) -> None:
    """A second replica with the same wish from the same look adds no second line."""
    cases = Cases(database)
    await cases.open([new("a")])
    read = await one(cases, "a")
    wish = move(read, State.APPROVED, "evt_1")
    await cases.move([wish])
    await cases.move([wish])
    assert len((await one(cases, "a"))["timeline"]) == 2


async def test_a_fact_does_not_keep_the_outcome_of_a_begun_send_from_being_recorded(
    database: Database,
) -> None:
    """Until the send begins a touch makes a move fail; from then on it does not."""
    cases = Cases(database)
    await cases.open([new("a", "k1")])
    for to in (State.APPROVED, State.SCHEDULED):
        read = await one(cases, "a")
        await cases.touch(["k1"])
        assert await cases.move([move(read, to)]) == set()
        assert await cases.move([move(await one(cases, "a"), to)]) == {"a"}
    await cases.move([move(await one(cases, "a"), State.SENDING)])
    sending = await one(cases, "a")
    await cases.touch(["k1"])
    assert await cases.move([move(sending, State.SENT)]) == {"a"}


async def test_a_touch_returns_the_open_cases_of_a_person_and_those_named(database: Database) -> None:
    """Closed ones and other people's are left alone; no key at all touches nothing."""
    cases = Cases(database)
    await cases.open([new("open", "k1", "k2"), new("closed", "k1"), new("other", "k3"), new("named", "k4")])
    await cases.move([move(await one(cases, "closed"), State.DENIED)])
    touched = await cases.touch(["k1", "k2"], ["named"])
    assert {(case["_id"], case["rev"]) for case in touched} == {("open", 1), ("named", 1)}
    assert (await one(cases, "closed"))["rev"] == (await one(cases, "other"))["rev"] == 0
    assert await cases.touch([]) == []


async def test_a_move_that_the_table_does_not_allow_is_refused_before_it_is_written(
    database: Database,
) -> None:
    """A terminal state stays one."""
    cases = Cases(database)
    await cases.open([new("a")])
    await cases.move([move(await one(cases, "a"), State.DENIED)])
    with pytest.raises(TransitionRefusedError):
        await cases.move([move(await one(cases, "a"), State.APPROVED)])
    assert (await one(cases, "a"))["state"] == State.DENIED


async def test_the_cases_that_an_event_moved_are_found_by_it(database: Database) -> None:
    """A redelivered event finds what it did."""
    cases = Cases(database)
    await cases.open([new("a"), new("b")])
    await cases.move([move(await one(cases, "a"), State.DENIED, "evt_stop")])
    assert [case["_id"] for case in await cases.moved_by(["evt_stop"])] == ["a"]
    assert [case["_id"] for case in await cases.moved_by(["evt_b", "evt_none"])] == ["b"]
    assert await cases.moved_by([]) == []
