"""What lies in the queue after an outage is judged as if there had been none."""

from datetime import timedelta

from shared.states import State
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
