"""How long a no without outreach waits: from the first look at it on, whatever lay before that."""

from datetime import timedelta

import pytest

from shared import events
from shared.store.cases import Cases
from tests.integration.policy_families.conftest import OpenHouse
from tests.integration.policy_families.house import MINUTE

FREE = "reputation: {probation_follow_ups: 0}\nvelocity: {spray_min_declines: 1000}\n"


@pytest.mark.parametrize("outreach", [True, False])
async def test_the_grace_begins_with_the_first_look_and_not_again(
    open_house: OpenHouse,
    outreach: bool,  # noqa: FBT001
) -> None:
    """Three minutes after it was received; a later look, on another replica, is not the first."""
    house = open_house(FREE)
    declined, written = house.decline("p"), house.outreach("p")
    case = events.case_id(declined.id)
    house.clock.advance(3 * MINUTE)
    first = house.clock.now()
    assert await house.decide(declined) == {"received": 1}
    house.clock.advance(2 * MINUTE - timedelta(milliseconds=1))
    if outreach:
        await house.record(written)
    assert await house.settle([case], replica=1) == {"approved" if outreach else "received": 1}
    house.clock.advance(timedelta(milliseconds=1))
    assert await house.settle([case], replica=2) == {"approved" if outreach else "denied": 1}
    (stored,) = (await Cases(house.database).by_ids([case])).values()
    assert stored["seen_at"] == first
    assert await house.database["outcomes"].count_documents({"kind": "invented"}) == (0 if outreach else 2)


async def test_a_no_of_the_company_is_never_an_invented_one(open_house: OpenHouse) -> None:
    """Whom it turns down nobody need have written to, whenever that is judged."""
    house = open_house(f"grace_seconds: 0\n{FREE}")
    declined = house.decline("p", who="company")
    assert await house.decide(declined) == {"denied": 1}
    assert list(await house.findings(declined)) == ["provenance.declined_by_company"]
    assert await house.database["outcomes"].count_documents({"kind": "invented"}) == 0
