"""Attackers against the real services: a bounded run, and the holes that longer ones found."""

from collections import Counter
from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from shared import events
from shared.events import Event
from shared.store import client, indexes
from tests.attack.__main__ import attack
from tests.attack.draw import STRATEGIES
from tests.integration.policy_families.house import DAY, NOON, House, person

ATTEMPTS = 150


async def test_no_attempt_gets_a_mail_that_the_design_forbids(amqp_url: str, mongo_url: str) -> None:
    """Every strategy tries, through two policies and a notifier; the honest ones all come through."""
    told = await attack(amqp_url, mongo_url, attempts=ATTEMPTS, seed=7)
    assert told.breaches == []
    assert set(told.lines) == {strategy.__name__ for strategy in STRATEGIES}
    honest = told.lines["honest"]
    assert honest.sent == honest.attempts > 5


@pytest.fixture
async def houses(mongo_url: str) -> AsyncIterator[House]:
    """Four replicas on one database."""
    connections = [client.connect(SecretStr(mongo_url), app=f"test{number}") for number in range(4)]
    await indexes.create(connections[0][1])
    yield House([database for _, database in connections])
    for mongo, _ in connections:
        mongo.close()


async def test_no_number_of_reports_undoes_what_the_candidate_wished(houses: House) -> None:
    """A wish set on the page stands against sixty later ones of a platform, and gives way to the next own
    one.
    """
    await houses.record(houses.outreach("grace"), _wished(houses, "desk", wanted=False))
    for number in range(60):
        await houses.record(_wished(houses, f"report {number}", wanted=True, days=number))
    assert await houses.decide(houses.decline("grace")) == {"denied": 1}
    await houses.record(_wished(houses, "desk", wanted=True, days=1))
    again = houses.event(houses.decline("grace").data, "again")
    assert await houses.decide(again) == {"approved": 1}


def _wished(house: House, sent_id: str, *, wanted: bool, days: int = 0) -> Event:
    data = events.PreferenceSet(person=person("grace"), follow_up=wanted)
    made = house.event(data, f"{sent_id} {wanted}", NOON - DAY + days * DAY)
    return made.model_copy(update={"source": "/desk"}) if sent_id == "desk" else made


@pytest.mark.parametrize("replicas", [1, 4])
async def test_tenants_that_thank_one_person_at_once_see_each_other(houses: House, replicas: int) -> None:
    """Eight at one moment, in one set or on four replicas: at most three pass, a person sees the rest."""
    declines = []
    for number in range(8):
        houses.tenant = f"house{number}"
        await houses.record(houses.outreach("grace"))
        declines.append(houses.decline("grace"))
    await houses.record(*declines)
    cases = [events.case_id(one.id) for one in declines]
    states = await houses.race([cases[replica::replicas] for replica in range(replicas)])
    assert states["approved"] <= 3
    assert states == Counter(approved=states["approved"], held=8 - states["approved"])
    assert replicas > 1 or states["approved"] == 3
