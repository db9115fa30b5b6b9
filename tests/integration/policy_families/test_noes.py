"""Which noes count: those of persons, against whoever writes on as long as they stand, and in every share."""

from services.policy.mappings import Mappings, word_of
from services.policy.standing import Standings
from services.policy.subjects import of_tenant
from services.policy.tallies import total
from shared import events
from shared.events import Event, Person, Recruiter
from shared.reasons import NamedReason, Reading, Who
from shared.sample import DOMAIN
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


async def _no_ones(house: House, first: int, number: int) -> list[Event]:
    """So many noes to the recruiter three times that no person said: the company's, by its own word and by an
    operator's, and those of nobody.
    """
    word = events.ReasonMapped(source=ATS, reason="Not a fit", side="company", by="Rita")
    await Mappings(house.database).add([word_of(house.event(word, "mapped"), word)])
    kinds: list[tuple[Who, Reading | None, str]] = [
        ("company", None, "example.org"),
        ("unknown", Reading(told="unknown", reasons=(NamedReason(name="Not a fit"),)), "example.org"),
        ("candidate", None, DOMAIN),
    ]
    rey = Recruiter(email="rey@acme.example")
    return [
        house.event(
            events.DeclineReceived(
                person=Person(email=f"{who}{place}@{domain}"),
                recruiter=rey,
                who=who,
                stage="outreach",
                reading=reading,
            ),
            f"{who}{place}",
        )
        for place in range(first, first + number)
        for who, reading, domain in kinds
    ]


async def test_what_no_person_said_is_no_sign_of_spray(open_house: OpenHouse) -> None:
    """A recruiter who turns many applicants down, and whose source is tried often, wrote to five people."""
    house = open_house(FREE)
    assert await house.decide(*await _no_ones(house, 0, 12)) == {"denied": 36}
    await house.record(*(house.outreach(f"p{number}") for number in range(5)))
    declined = house.decline("p0")
    assert await house.decide(declined, *await _no_ones(house, 12, 1)) == {"approved": 1, "denied": 3}


async def test_what_no_person_said_is_no_end_of_a_conversation(open_house: OpenHouse) -> None:
    """It makes no share of bad ends smaller, and nobody invented it, however late it is judged."""
    house = open_house(FREE)
    others = await _no_ones(house, 0, 4)
    await house.record(*others)
    house.clock.advance(DAY)
    assert await house.decide(*others) == {"denied": 12}
    name = of_tenant(house.tenant)
    found = await Standings(house.database).of({house.tenant: frozenset({name})}, house.clock.now())
    assert (total(found[name], "declines"), total(found[name], "invented")) == (0, 0)
