"""What lies in the queue after an outage is judged as if there had been none."""

import json
from collections.abc import Sequence
from datetime import timedelta

import pytest
from pymongo.errors import AutoReconnect

from services.policy.inbox import Inbox
from shared import consumer, topology
from shared.states import State
from shared.store.client import Document
from shared.topology import Lane
from tests.integration.policy.stage import Stage, decline, grace, outreach

#: Longer than the grace.
OUTAGE = timedelta(minutes=3)


async def test_outreach_that_lies_behind_its_decline_counts(stage: Stage) -> None:
    """Intake took in both while policy was away: the declines first, then what they answer."""
    people = [grace(f"p{number}") for number in range(10)]
    declines = [decline(person, f"decline {number}") for number, person in enumerate(people)]
    for declined in declines:
        await stage.bus.publish([declined])
    for number, person in enumerate(people):
        await stage.bus.publish([outreach(person, f"outreach {number}")])
    stage.clock.advance(OUTAGE)
    async with stage.policy():
        for declined in declines:
            await stage.becomes(declined, State.APPROVED, State.DENIED)
            assert await stage.codes(declined) == []
    assert await stage.database["outcomes"].count_documents({"kind": "invented"}) == 0


@pytest.mark.parametrize("lane", [Lane.FACT, Lane.HISTORY])
async def test_outreach_that_was_put_off_counts(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, lane: Lane
) -> None:
    """The database was away when it came; while it lies in a wait queue its decline is not judged without."""
    monkeypatch.setattr(consumer, "WAITS_S", (120,))
    wait = topology.wait_exchange(120).name
    declined = decline(grace())

    async def away(inbox: Inbox, documents: Sequence[Document]) -> None:
        raise AutoReconnect("no primary")

    async with stage.policy():
        with monkeypatch.context() as outage:
            outage.setattr(Inbox, "take_in", away)
            publish = stage.bus.publish_history if lane is Lane.HISTORY else stage.bus.publish
            await publish([outreach(grace())])
            late = await stage.next(wait)
        await stage.publish(declined)
        again = await stage.next(wait)
        stage.clock.advance(timedelta(minutes=2))
        await stage.publish_raw(json.loads(again.body))
        await stage.next(wait)
        assert (await stage.case(declined))["state"] == State.RECEIVED
        await stage.publish_raw(json.loads(late.body), lane)
        await stage.becomes(declined, State.APPROVED)
