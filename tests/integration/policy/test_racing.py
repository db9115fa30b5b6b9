"""Many at once: connections, replicas, aliases and repeats; the database lets one win."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import combinations

import pytest
from pydantic import SecretStr

from services.policy.claim import Permits, permit
from services.policy.moves import Judged
from services.policy.settle import Settler
from shared import topology
from shared.events import Event, OptOutReceived, Person
from shared.states import State
from shared.store import client, indexes
from shared.store.cases import Cases
from shared.store.suppressions import Suppressions, suppression
from tests.integration.policy.stage import (
    DAY,
    HOUR,
    NOON,
    Stage,
    case_of,
    decline,
    event,
    eventually,
    outreach,
)


async def test_of_fifty_claims_by_aliases_at_once_exactly_one_wins(mongo_url: str) -> None:
    """No key is common to all: any two of the key sets overlap somewhere, and that is enough."""
    connections = [client.connect(SecretStr(mongo_url), app=f"test{n}") for n in range(5)]
    await indexes.create(connections[0][1])
    aliases = list(combinations([f"acme/e{n}" for n in range(5)], 3))
    for attempt in range(3):

        async def claim(number: int, attempt: int = attempt) -> set[str]:
            wanted = permit(
                f"case_{attempt}_{number}",
                {f"{key}_{attempt}" for key in aliases[number % len(aliases)]},
                tenant="acme",
                source="/sources/ats",
                recruiter=None,
                at=NOON,
                latest=NOON,
                cooldown=timedelta(days=180),
            )
            return await Permits(connections[number % 5][1]).claim([wanted], NOON)

        won = await asyncio.gather(*(claim(number) for number in range(50)))
        assert len([one for one in won if one]) == 1
        assert await connections[0][1]["permits"].count_documents({"_id": {"$regex": f"_{attempt}_"}}) == 1
    for mongo, _ in connections:
        mongo.close()


async def test_an_expired_permit_makes_room_for_one_and_is_archived(mongo_url: str) -> None:
    """Replicas that retire it at once do not lose it, and still only one claim wins; not before its mail,
    which may have gone out late, is a cool-down ago.
    """
    mongo, database = client.connect(SecretStr(mongo_url), app="test")
    await indexes.create(database)
    permits = Permits(database)

    def wanted(case: str, days: int) -> dict[str, object]:
        return permit(
            case,
            ["acme/e1", f"acme/p{case}"],
            tenant="acme",
            source="/sources/ats",
            recruiter=None,
            at=NOON + days * DAY,
            latest=NOON + (days + 30) * DAY,
            cooldown=timedelta(days=180),
        )

    assert await permits.claim([wanted("first", 0)], NOON) == {"first"}
    early = NOON + 210 * DAY - timedelta(milliseconds=1)
    assert await permits.claim([wanted("early", 209)], early) == set()
    later = NOON + 210 * DAY
    won = await asyncio.gather(*(permits.claim([wanted(f"late{n}", 210)], later) for n in range(8)))
    assert len([one for one in won if one]) == 1
    assert [found["_id"] async for found in database["permits_archive"].find()] == ["first"]
    assert await database["permits"].count_documents({}) == 1
    mongo.close()


async def test_two_replicas_settle_a_mixed_load_of_repeats_and_aliases_once_a_person(stage: Stage) -> None:
    """Every case ends somewhere with a history that verifies, and nobody is permitted twice."""
    people = [
        Person(email=f"p{n}@example.org", phone=f"+4930100{n:03}", external_id=f"ext-{n}") for n in range(24)
    ]
    # linked a day before, so that any two of a person's identifiers are known to belong together
    known = [outreach(person, f"o{n}") for n, person in enumerate(people)]
    aliases: list[Event] = []
    for n, person in enumerate(people):
        aliases += [
            decline(Person(email=person.email), f"mail {n}"),
            decline(Person(phone=person.phone), f"phone {n}"),
            decline(Person(external_id=person.external_id), f"own {n}"),
        ]
    stops = [event(OptOutReceived(person=people[n]), f"stop {n}", NOON) for n in range(4)]
    async with stage.policy(gather_limit=20), stage.policy(gather_limit=20):
        await stage.publish(*known)
        for start in range(0, len(aliases), 6):
            await stage.bus.publish(aliases[start : start + 6])
            await stage.bus.publish(list(reversed(aliases[start : start + 6])))
        said = await stage.bus.request(stops, timeout_s=10)
        assert set(said.values()) == {"done"}
        unsettled = {"state": State.RECEIVED.value}

        async def all_settled() -> bool:
            cases = await stage.database["cases"].count_documents({})
            return cases == len(aliases) and not await stage.database["cases"].count_documents(unsettled)

        await eventually(all_settled, "every case is settled", 40)
    approved: list[int] = []
    for place, declined in enumerate(aliases):
        stored = await stage.case(declined)
        assert stored["state"] in {State.APPROVED, State.DENIED, State.CANCELLED, State.HELD}
        if stored["state"] == State.APPROVED:
            approved.append(place // 3)
    assert len(approved) == len(set(approved))
    assert not {0, 1, 2, 3} & set(approved)
    assert await stage.waiting(topology.DEAD_QUEUE) == 0
    kinds = Counter(kind for kind, _, _ in set(await stage.told(len(aliases))))
    assert kinds["approved"] == len(approved) + kinds["cancelled"]


async def test_a_fact_that_arrives_between_the_look_and_the_move_is_not_missed(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An opt-out in force after the judge looked makes the move fail and the judge look again."""
    claim = Settler._claim
    declined = decline(Person(email="p@example.org"))

    async def meanwhile(settler: Settler, judged: Sequence[Judged], now: datetime) -> set[str]:
        won = await claim(settler, judged, now)
        if not judged:
            return won
        monkeypatch.undo()
        stored = await stage.database["cases"].find_one({"_id": case_of(declined)})
        assert stored is not None
        (key,) = stored["keys"]
        await Suppressions(stage.database).add(
            [suppression("acme", key.rpartition("/")[2], "opt_out", NOON, "evt_stop")]
        )
        await Cases(stage.database).touch([key])
        return won

    async with stage.policy():
        await stage.publish(outreach(Person(email="p@example.org"), at=NOON - 3 * HOUR))
        monkeypatch.setattr(Settler, "_claim", meanwhile)
        await stage.publish(declined)
        await stage.becomes(declined, State.DENIED)
    assert "consent.opted_out" in await stage.codes(declined)
