import asyncio
from datetime import timedelta

import pytest

from services.policy import settle
from services.policy.claim import Permits
from services.policy.facts import Review
from services.policy.gates import Gates, Wish
from services.policy.limits import Limit
from shared import events
from tests.integration.policy_families.conftest import OpenHouse
from tests.integration.policy_families.house import DAY, HOUR, NOON

FREE = "reputation: {probation_follow_ups: 0}\n"


@pytest.mark.parametrize(
    ("limit", "recruiters"),
    [
        ("recruiter_per_hour: 7", 1),
        ("recruiter_per_day: 7", 1),
        ("tenant_per_day: 7", 16),
        ("source_per_day: 7", 3),
    ],
)
async def test_replicas_that_approve_at_once_approve_exactly_the_limit(
    open_house: OpenHouse, limit: str, recruiters: int
) -> None:
    """Four of them, with four declines each: seven pass and the rest is held, whoever counted first."""
    house = open_house(f"{FREE}velocity: {{{limit}}}")
    names = [f"p{number}" for number in range(16)]
    told = [(name, f"r{number % recruiters}") for number, name in enumerate(names)]
    await house.record(*(house.outreach(name, recruiter=recruiter) for name, recruiter in told))
    declines = [house.decline(name, recruiter=recruiter) for name, recruiter in told]
    await house.record(*declines)
    cases = [events.case_id(one.id) for one in declines]
    states = await house.race([cases[replica::4] for replica in range(4)])
    assert states == {"approved": 7, "held": 9}
    assert await house.database["permits"].count_documents({}) == 7


async def test_the_window_slides_to_the_millisecond(open_house: OpenHouse) -> None:
    """At its very end a follow-up still counts; a millisecond later it makes room for one."""
    house = open_house(f"{FREE}velocity: {{recruiter_per_hour: 2}}")
    for wait, expected in [
        (timedelta(0), "approved"),
        (HOUR / 2, "approved"),
        (HOUR / 2, "held"),
        (timedelta(milliseconds=1), "approved"),
        (timedelta(milliseconds=1), "held"),
    ]:
        house.clock.advance(wait)
        name = f"p{house.clock.now().timestamp()}"
        await house.record(house.outreach(name))
        assert await house.decide(house.decline(name)) == {expected: 1}


async def test_a_crash_between_gate_and_permit_lets_nobody_through_too_many(
    open_house: OpenHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The places stay taken, the redelivered cases find their own, and nobody else gets one."""
    house = open_house(f"{FREE}velocity: {{recruiter_per_day: 3}}")
    names = [f"p{number}" for number in range(8)]
    await house.record(*(house.outreach(name) for name in names))
    declines = [house.decline(name) for name in names]
    await house.record(*declines)
    cases = [events.case_id(one.id) for one in declines]

    async def killed(*_: object) -> set[str]:
        raise ConnectionResetError

    monkeypatch.setattr(Permits, "claim", killed)
    with pytest.raises(ConnectionResetError):
        await house.settle(cases[:3])
    monkeypatch.undo()
    assert await house.settle(cases[3:]) == {"held": 5}
    house.clock.advance(HOUR)
    assert await house.settle(cases[:3]) == {"approved": 3}


async def test_a_place_moves_with_its_follow_up(
    open_house: OpenHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a crash of hours the window counts from the permit, not from the first try."""
    house = open_house(f"{FREE}velocity: {{recruiter_per_day: 1}}")
    await house.record(house.outreach("late"), house.outreach("next"))
    late = house.decline("late")
    await house.record(late)

    async def killed(*_: object) -> set[str]:
        raise ConnectionResetError

    monkeypatch.setattr(Permits, "claim", killed)
    with pytest.raises(ConnectionResetError):
        await house.settle([events.case_id(late.id)])
    monkeypatch.undo()
    house.clock.advance(DAY - HOUR)
    assert await house.settle([events.case_id(late.id)]) == {"approved": 1}
    house.clock.advance(2 * HOUR)
    assert await house.decide(house.decline("next")) == {"held": 1}


async def test_a_reviewers_yes_counts_and_is_not_limited(open_house: OpenHouse) -> None:
    """A person saw that it is more than usual; the next one is beyond the limit by two."""
    house = open_house(f"{FREE}velocity: {{recruiter_per_day: 1}}")
    names = ["a", "b", "c"]
    await house.record(*(house.outreach(name) for name in names))
    declines = [house.decline(name) for name in names]
    assert await house.decide(*declines[:2]) == {"approved": 1, "held": 1}
    found = await house.database["cases"].find_one({"state": "held"})
    assert found is not None
    held = found["_id"]
    yes = Review(by="key-7", decision="approve", reason="seen", at=NOON)
    assert await house.settle([held], reviews={held: yes}) == {"approved": 1}
    assert await house.decide(declines[2]) == {"held": 1}
    assert (await house.findings(declines[2]))["velocity.recruiter_day"]["evidence"] == {
        "count": 3,
        "limit": 1,
    }


async def test_gates_of_any_size_stay_small_and_never_let_too_many_in(open_house: OpenHouse) -> None:
    """Beyond what is kept one by one the count goes on by the minute, also when replicas race for it."""
    house = open_house()
    gates = [Gates(database) for database in house.databases]
    limits = {"tenant:acme": (Limit(1300, DAY),)}

    async def many(replica: int) -> int:
        passed = 0
        for start in range(0, 400, 50):
            wishes = [Wish(f"case_{replica}_{start + n}", limits) for n in range(50)]
            # the replicas' clocks differ by minutes
            now = NOON + timedelta(seconds=start, minutes=replica)
            while not (inside := await gates[replica].enter(wishes, now)):
                if (await gates[replica].of(limits))["tenant:acme"].count(now, DAY, "") >= 1300:
                    break
            passed += len(inside)
        return passed

    assert sum(await asyncio.gather(*(many(replica) for replica in range(4)))) == 1300
    stored = await house.database["gates"].find_one({"_id": "tenant:acme"})
    assert stored is not None
    assert len(stored["taken"]) == 500
    assert sum(minute["n"] for minute in stored["folded"]) == 800


async def test_a_set_that_loses_its_gates_is_tried_again_and_not_lost(
    open_house: OpenHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever happens at the gates, a case is held or approved or comes again."""
    house = open_house(FREE)
    await house.record(house.outreach("p"))
    declined = house.decline("p")
    await house.record(declined)

    async def lost(*_: object) -> set[str]:
        return set()

    monkeypatch.setattr(Gates, "enter", lost)
    settled = await house.settlers[0].settle([events.case_id(declined.id)], {})
    assert settled.contended == {events.case_id(declined.id)}
    monkeypatch.undo()
    assert await house.settle([events.case_id(declined.id)]) == {"approved": 1}
    assert settle.MAX_ROUNDS > 1
