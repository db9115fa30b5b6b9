"""Two replicas at the same moment: the races whose loser must know that it lost."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry

from services.notifier.due import Due
from services.notifier.record import Record, Terms
from services.policy.memory import Memory
from shared.clock import FixedClock
from shared.states import State, chain_faults
from shared.store.cases import Cases, Move, opened
from shared.store.client import Database, Document
from shared.telemetry import Metrics

NOW = datetime(2026, 6, 3, 12, tzinfo=UTC)


async def scheduled(cases: Cases) -> Document:
    """A case that is due."""
    send = {"due_at": NOW, "attempts": 0, "lease_until": NOW + timedelta(hours=1), "lease_by": "one"}
    case = opened("case_1", NOW, by="ats", event_id="evt_1", fields={"tenant": "acme", "keys": ["acme/e1"]})
    await cases.open([case])
    for state in (State.APPROVED, State.SCHEDULED):
        case = (await cases.by_ids(["case_1"]))["case_1"]
        await cases.move([Move(case, state, NOW, "test", "test", set={"send": send})])
    return (await cases.by_ids(["case_1"]))["case_1"]


def record(cases: Cases) -> Record:
    """One replica's pen."""
    clock = FixedClock(NOW)
    due = Due(cases, clock, lease_s=60, limit=10)
    return Record(cases, due, Terms(60, (60, 300)), clock, Metrics(CollectorRegistry()))


@pytest.mark.parametrize("_", range(5))
async def test_of_two_replicas_that_begin_the_same_send_in_the_same_millisecond_one_wins(
    database: Database, _: int
) -> None:
    """The loser finds no trace of its own, whatever the winner wrote: else both would hand the mail over."""
    cases = Cases(database)
    case = await scheduled(cases)
    began = await asyncio.gather(*(record(cases).begin(case) for _ in range(4)))
    (won,) = (one for one in began if one is not None)
    stored = (await cases.by_ids(["case_1"]))["case_1"]
    assert won["head"] == stored["head"]
    assert list(chain_faults("case_1", stored["state"], stored["head"], stored["timeline"])) == []


async def test_a_move_repeated_after_a_lost_answer_is_found_to_be_made(database: Database) -> None:
    """The same wish, tried again by the same replica, is not taken for another's."""
    cases = Cases(database)
    move = Move(await scheduled(cases), State.SENDING, NOW, "notifier", "handing over")
    assert await cases.move([move]) == {"case_1"}
    assert await cases.move([move]) == {"case_1"}


async def test_a_case_that_a_fact_touched_while_it_was_sent_does_not_go_back_to_be_sent_again(
    database: Database,
) -> None:
    """Policy cannot stop a begun send; when the server took nothing, it must not begin again unjudged."""
    cases = Cases(database)
    pen = record(cases)
    case = await pen.begin(await scheduled(cases))
    assert case is not None
    await cases.touch((), ["case_1"])
    await pen.take_back(case, "451 later")
    stored = (await cases.by_ids(["case_1"]))["case_1"]
    assert (stored["state"], stored["announce"]) == ("failed", True)
    assert "451 later" in stored["timeline"][-1]["why"]


async def test_what_replicas_first_learn_of_a_person_at_the_same_moment_is_all_remembered(
    database: Database,
) -> None:
    """An upsert that lost the race to make the document must not take that for its own entry being there."""
    memory = Memory(database)
    for person in range(20):
        entries: list[Document] = [{"id": f"evt_{number}", "at": NOW} for number in range(10)]
        key = f"acme/e{person}"
        await asyncio.gather(*(memory.remember([("messages", [key], entry)]) for entry in entries))
        kept = (await memory.recall([key]))[key]["messages"]
        assert sorted(entry["id"] for entry in kept) == sorted(entry["id"] for entry in entries)
