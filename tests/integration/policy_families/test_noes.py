"""Which earlier noes a message goes against: those of the person, as long as they stand."""

from services.policy.mappings import Mappings, word_of
from shared import events
from shared.events import Event
from shared.reasons import NamedReason, Reading, Who
from tests.integration.policy_families.conftest import OpenHouse
from tests.integration.policy_families.house import ATS, DAY, House, person

FREE = "reputation: {probation_follow_ups: 0}\n"


def _long_ago(house: House, who: Who, reading: Reading | None = None) -> Event:
    """A no of three weeks ago, without words."""
    data = events.DeclineReceived(person=person("p"), who=who, stage="outreach", reading=reading)
    return house.event(data, "long ago", house.clock.now() - 21 * DAY)


async def _answered(house: House) -> set[str]:
    """What speaks against thanking for a no to a message of yesterday."""
    await house.record(house.outreach("p"))
    declined = house.decline("p")
    await house.decide(declined)
    return set(await house.findings(declined))


async def test_who_was_turned_down_may_be_written_to_about_something_else(open_house: OpenHouse) -> None:
    """The company's no is none of the person's."""
    house = open_house(FREE)
    await house.decide(_long_ago(house, "company"))
    assert await _answered(house) == set()


async def test_what_the_operator_says_is_no_decline_forbids_nothing(open_house: OpenHouse) -> None:
    """Whenever they say it; before that it may have been one."""
    house = open_house(FREE)
    reason = Reading(told="unknown", reasons=(NamedReason(name="Duplicate profile"),))
    await house.decide(_long_ago(house, "unknown", reason))
    assert await _answered(house) == {"conduct.wrote_on"}
    word = events.ReasonMapped(source=ATS, reason="Duplicate profile", side="ignore", by="Rita")
    await Mappings(house.database).add([word_of(house.event(word, "mapped"), word)])
    again = house.event(house.decline("p").data, "again")
    await house.decide(again)
    assert "conduct.wrote_on" not in await house.findings(again)


async def test_a_no_that_was_taken_back_forbids_nothing(open_house: OpenHouse) -> None:
    """Whoever came round may be written to."""
    house = open_house(FREE)
    await house.decide(_long_ago(house, "candidate"))
    back = events.DeclineWithdrawn(decline="long ago")
    await house.record(house.event(back, "back", house.clock.now() - 20 * DAY))
    assert await _answered(house) == set()
