from collections import Counter
from datetime import timedelta

import pytest

from services.policy.context import Context
from services.policy.facts import AGES, Sameness, Tally
from services.policy.outcomes import Outcomes, of_case
from services.policy.standing import Standings
from services.policy.subjects import of_recruiter, of_team, of_tenant
from services.policy.tallies import total
from shared import events
from shared.events import Person
from shared.store.cases import Cases
from tests.integration.policy_families.conftest import OpenHouse
from tests.integration.policy_families.house import DAY, MINUTE, House, person

#: No limit and no record gets in the way of what is counted.
QUIET = (
    "reputation: {probation_follow_ups: 0, recruiter_min_bad: 1000, tenant_min_bad: 1000}\n"
    "velocity: {spray_min_declines: 1000}\n"
)
FREE = "reputation: {probation_follow_ups: 0}\nvelocity: {spray_min_declines: 1000}\n"


async def _tenant(house: House, replica: int = 0) -> Tally:
    """The tenant's tally, as a replica that has just started reads it."""
    name = of_tenant(house.tenant)
    found = await Standings(house.databases[replica]).of({house.tenant: frozenset({name})}, house.clock.now())
    return found[name]


async def _inputs(house: House, case: str) -> Context:
    found = (await Cases(house.database).by_ids([case]))[case]
    return Context.model_validate_json(found["decision"]["inputs"])


def _counts(tally: Tally) -> dict[str, int]:
    kinds = (
        "declines",
        "follow_ups",
        "complaints",
        "opt_outs",
        "bounces",
        "invented",
        "refused",
        "confirmed",
    )
    return {kind: number for kind in kinds if (number := total(tally, kind))}  # type: ignore[arg-type] # each is one


async def test_what_is_delivered_twice_counts_once(open_house: OpenHouse) -> None:
    """Declines, stops and decisions are recorded again and again, and the tallies do not move."""
    house = open_house(FREE)
    names = [f"p{number}" for number in range(6)]
    outreach = [house.outreach(name) for name in names[:5]]
    declines = [house.decline(name) for name in names]
    stops = [house.stop("p0", "complaint"), house.stop("p1", "opt_out"), house.stop("p2", "bounce")]
    # the same person says it again under other ids
    stops += [house.stop("p0", "complaint", "again"), house.stop("p1", "opt_out", "by link")]
    for _ in range(3):
        await house.record(*outreach)
        house.clock.advance(timedelta(minutes=3))
        await house.decide(*declines)
        await house.send()
        await house.record(*stops, *reversed(stops))
        told = await Cases(house.database).by_ids([events.case_id(one.id) for one in declines])
        await Outcomes(house.database).add([row for one in told.values() for row in of_case(one)])
    expected = {"declines": 6, "follow_ups": 5, "complaints": 1, "opt_outs": 1, "bounces": 1, "invented": 1}
    assert _counts(await _tenant(house)) == expected


async def test_days_that_are_over_are_put_away_and_nothing_is_counted_twice_or_lost(
    open_house: OpenHouse,
) -> None:
    """Whoever reads first on a day puts away what is over; another reads the same."""
    house = open_house(QUIET)
    seen = []
    for day in range(12):
        names = [f"d{day}p{number}" for number in range(3)]
        await house.record(*(house.outreach(name) for name in names))
        await house.decide(*(house.decline(name) for name in names))
        await house.send()
        await house.record(house.stop(names[0], "opt_out"))
        told = [await _tenant(house, replica) for replica in (day % 4, (day + 1) % 4)]
        assert told[0] == told[1]
        seen.append(_counts(told[0]))
        house.clock.advance(DAY)
    assert seen[-1] == {"declines": 36, "follow_ups": 36, "opt_outs": 12}
    stored = await house.database["standings"].find_one({"_id": of_tenant("acme")})
    assert stored is not None
    assert len(stored["days"]) == 9
    assert set(map(str, stored["days"].values())) == {str({"declines": 3, "follow_ups": 3, "opt_outs": 1})}


async def test_two_replicas_that_put_the_same_days_away_write_the_same(open_house: OpenHouse) -> None:
    """And a reader whose word of it is older counts what was put away since from the rows."""
    house = open_house(FREE)
    await house.record(house.outreach("p"))
    await house.decide(house.decline("p"))
    await house.send()
    early = Standings(house.databases[1])
    name = of_tenant("acme")
    subject = {"acme": frozenset({name})}
    assert _counts((await early.of(subject, house.clock.now()))[name]) == {"declines": 1, "follow_ups": 1}
    house.clock.advance(5 * DAY)
    late = Standings(house.databases[2])
    assert _counts((await late.of(subject, house.clock.now()))[name]) == {"declines": 1, "follow_ups": 1}
    # its clock is days behind
    behind = (await early.of(subject, house.clock.now() - 5 * DAY))[name]
    assert _counts(behind) == {"declines": 1, "follow_ups": 1}


async def test_what_is_older_than_a_quarter_is_forgotten(open_house: OpenHouse) -> None:
    """Read daily or not at all in between, a tally reaches 91 days back and no further."""
    house = open_house(FREE)
    await house.record(house.outreach("p"))
    await house.decide(house.decline("p"))
    house.clock.advance(90 * DAY)
    assert (await _tenant(house)).declines == (*(0 for _ in AGES[1:]), 1)
    house.clock.advance(DAY)
    assert _counts(await _tenant(house)) == {}


async def test_a_stop_counts_for_who_had_written_and_for_nobody_else(open_house: OpenHouse) -> None:
    """A list of wishes that a house brings along says nothing of how anybody behaved."""
    house = open_house(FREE)
    await house.record(house.outreach("a", recruiter="rey"), house.outreach("b", recruiter="kim"))
    await house.record(*(house.stop(name, "opt_out") for name in ("a", "nobody1", "nobody2")))
    assert _counts(await _tenant(house)) == {"opt_outs": 1}
    found = [row["subject"] async for row in house.database["outcomes"].find({"kind": "opt_outs"})]
    recruiters = [one for one in found if one.startswith("recruiter:")]
    assert len(recruiters) == 1
    await house.record(house.outreach("c", recruiter="rey"))
    declined = house.decline("c", recruiter="rey")
    await house.decide(declined)
    standing = (await _inputs(house, events.case_id(declined.id))).standing
    assert standing is not None
    assert (standing.recruiter.subject, _counts(standing.recruiter)) == (
        recruiters[0],
        {"declines": 1, "opt_outs": 1},
    )


async def test_who_writes_on_and_hears_it_again_is_counted_again(open_house: OpenHouse) -> None:
    """After a day or after months; not whoever did not write on, and not what is only said again."""
    house = open_house(FREE)
    await house.record(house.outreach("a", recruiter="rey"))
    first = house.stop("a", "complaint", "first")
    await house.record(first)
    house.clock.advance(DAY)
    await house.record(house.stop("a", "complaint", "said again"))
    assert _counts(await _tenant(house)) == {"complaints": 1}
    await house.record(house.outreach("a", recruiter="kim", at=house.clock.now(), source="mail"))
    await house.record(first, house.stop("a", "complaint", "second"))
    assert _counts(await _tenant(house)) == {"complaints": 2}
    rows = house.database["outcomes"].find({"subject": {"$regex": "^recruiter:"}})
    assert [number for _, number in Counter([row["subject"] async for row in rows]).items()] == [1, 1]
    house.clock.advance(200 * DAY)
    await house.record(house.outreach("a", recruiter="kim", at=house.clock.now(), source="crm"), first)
    assert _counts(await _tenant(house)) == {}
    await house.record(house.stop("a", "complaint", "third"))
    assert _counts(await _tenant(house)) == {"complaints": 1}


async def test_a_stop_that_comes_again_under_an_alias_counts_once(open_house: OpenHouse) -> None:
    """Whatever was learnt of the person in between, by the same event or by another."""
    house = open_house(FREE)
    by_phone, known = Person(phone="+49 30 901820"), Person(phone="+49 30 901820", email="a@example.org")
    data = events.InteractionRecorded(person=by_phone, recruiter=None, direction="outreach")
    first = house.event(events.ComplaintReceived(person=by_phone), "first")
    await house.record(house.event(data, "wrote", house.clock.now() - DAY), first)
    await house.record(house.event(events.PreferenceSet(person=known, follow_up=True), "linked"))
    await house.record(first, house.event(events.ComplaintReceived(person=known), "by mail"))
    assert _counts(await _tenant(house)) == {"complaints": 1}


async def test_a_teams_bad_ends_add_up_whoever_of_it_they_were(open_house: OpenHouse) -> None:
    """Nobody of the team stands out, and together they do; another team, or none, is not touched by it."""
    house = open_house("reputation: {probation_follow_ups: 0, breaker_min_bad: 1000}")
    for day in range(4):
        names = [f"d{day}p{number}" for number in range(3)]
        rey, team = f"rey{day}", "Talent EU"
        await house.record(*(house.outreach(name, recruiter=rey, team=team) for name in names))
        declined = house.decline(names[0], recruiter=rey, team=team)
        assert await house.decide(declined) == {"approved": 1}
        await house.send()
        stops = [house.stop(name, "opt_out") for name in names]
        for _ in range(2):
            await house.record(*stops)
        house.clock.advance(DAY)
    await house.record(*(house.outreach(name, recruiter="kim") for name in ("same", "other", "none")))
    # as another platform writes it
    same = house.decline("same", recruiter="kim", team=" TALENT eu", source="mail")
    assert await house.decide(same) == {"held": 1}
    found = await house.findings(same)
    assert found.keys() == {"reputation.team"}
    evidence = found["reputation.team"]["evidence"]
    assert (evidence["declines"], evidence["opt_outs"], evidence["floor"]) == (5, 12, 10)
    standing = (await _inputs(house, events.case_id(same.id))).standing
    assert standing is not None
    assert standing.team is not None
    assert _counts(standing.team) == {"declines": 5, "follow_ups": 4, "opt_outs": 12}
    stored = [str(case) async for case in house.database["cases"].find()]
    assert "talent" not in "".join(stored).casefold()
    other = house.decline("other", recruiter="kim", team="Talent US")
    none = house.decline("none", recruiter="kim")
    assert await house.decide(other, none) == {"approved": 2}
    standing = (await _inputs(house, events.case_id(none.id))).standing
    assert standing is not None
    assert standing.team is None


async def test_invented_declines_hold_what_comes_after_and_the_evidence_names_them(
    open_house: OpenHouse,
) -> None:
    """Three of them and a sender is looked at; each count can be found again in the rows."""
    house = open_house(FREE)
    invented = [house.decline(f"stranger{number}") for number in range(3)]
    assert await house.decide(*invented) == {"received": 3}
    house.clock.advance(timedelta(minutes=3))
    assert await house.decide(*invented) == {"denied": 3}
    await house.record(house.outreach("real"))
    declined = house.decline("real")
    assert await house.decide(declined) == {"held": 1}
    evidence = (await house.findings(declined))["reputation.recruiter_grave"]["evidence"]
    assert (evidence["invented"], evidence["declines"]) == (3, 4)
    rows = {"subject": evidence["subject"], "kind": "invented"}
    assert await house.database["outcomes"].count_documents(rows) == 3
    # another recruiter of the same house is not touched by it
    await house.record(house.outreach("other", recruiter="kim"))
    assert await house.decide(house.decline("other", recruiter="kim")) == {"approved": 1}


async def test_a_jump_of_bounces_holds_the_whole_house_until_three_quiet_days(open_house: OpenHouse) -> None:
    """Ordinary weeks, then a bought list: everybody of the tenant is held, and it passes by itself."""
    house = open_house(QUIET)
    for week in range(4):
        names = [f"w{week}p{number}" for number in range(6)]
        await house.record(*(house.outreach(name) for name in names))
        assert await house.decide(*(house.decline(name) for name in names)) == {"approved": 6}
        house.clock.advance(7 * DAY)
    bought = [f"bought{number}" for number in range(12)]
    await house.record(*(house.outreach(name, recruiter="mal") for name in bought))
    await house.record(*(house.stop(name, "bounce") for name in bought))
    await house.record(house.outreach("honest", recruiter="kim"), house.outreach("later", recruiter="kim"))
    declined = house.decline("honest", recruiter="kim")
    assert await house.decide(declined) == {"held": 1}
    assert "reputation.breaker_open" in await house.findings(declined)
    house.clock.advance(3 * DAY)
    later = house.decline("later", recruiter="kim")
    assert "reputation.breaker_open" not in (await house.decide(later), await house.findings(later))[1]


@pytest.mark.parametrize("named", ["rey", None])
async def test_a_new_recruiter_starts_small_and_outgrows_it(open_house: OpenHouse, named: str | None) -> None:
    """Three a day at first; after ten that nobody minded, more. To name nobody is to be one who is new."""
    house = open_house("velocity: {spray_min_declines: 1000}\nreputation: {probation_per_day: 3}")
    outcomes: list[Counter[str]] = []
    for day in range(8):
        names = [f"d{day}p{number}" for number in range(5)]
        await house.record(*(house.outreach(name, recruiter=named) for name in names))
        outcomes.append(await house.decide(*(house.decline(name, recruiter=named) for name in names)))
        await house.send()
        house.clock.advance(DAY + MINUTE)
    assert outcomes == [{"approved": 3, "held": 2}] * 6 + [{"approved": 5}] * 2


async def test_a_follow_up_that_never_went_out_shows_no_good_conduct(open_house: OpenHouse) -> None:
    """Eight that were permitted and taken back, and one that was sent a week after it was permitted."""
    house = open_house(FREE)
    names = [f"p{number}" for number in range(9)]
    await house.record(*(house.outreach(name) for name in names))
    declines = [house.decline(name) for name in names]
    assert await house.decide(*declines) == {"approved": 9}
    backs = [house.event(events.DeclineWithdrawn(decline=f"decline {name}"), name) for name in names[1:]]
    assert await house.settle(await house.record(*backs)) == {"cancelled": 8}
    house.clock.advance(7 * DAY)
    assert _counts(await _tenant(house)) == {"declines": 9}
    await house.send()
    house.clock.advance(4 * DAY)
    tally = await _tenant(house)
    assert total(tally, "follow_ups") == 1
    assert tally.follow_ups[4] == 1


async def test_confirmed_is_what_another_source_knows_of(open_house: OpenHouse) -> None:
    """The same conversation told by two platforms counts for the house and for the decline's source."""
    house = open_house(FREE)
    await house.record(house.outreach("a", source="mail"), house.outreach("b", source="ats"))
    await house.decide(house.decline("a", source="ats"), house.decline("b", source="ats"))
    assert _counts(await _tenant(house)) == {"declines": 2, "confirmed": 1}


LONG = "Thank you so much for thinking of me, but I have decided to stay where I am for the years to come."


async def test_strangers_who_decline_in_the_same_long_words_are_held(open_house: OpenHouse) -> None:
    """Ten others at the same tenant; spacing, case and signs make no other words, and short ones are
    everybody's.
    """
    house = open_house(FREE)
    for number in range(12):
        name = f"p{number}"
        await house.record(house.outreach(name, recruiter=f"r{number}"))
        text = LONG.upper() + " " * number if number % 2 else LONG.replace(",", " -") + "!"
        declined = house.decline(name, recruiter=f"r{number}", text=text)
        assert await house.decide(declined) == {"approved" if number < 10 else "held": 1}
    assert (await house.findings(declined))["provenance.same_words"]["evidence"]["other_people"] == 11
    for number in range(12):
        await house.record(house.outreach(f"q{number}", recruiter=f"r{number}"))
        assert await house.decide(house.decline(f"q{number}", recruiter=f"r{number}")) == {"approved": 1}
    stored = [case async for case in house.database["cases"].find()]
    assert not any(LONG[:20].casefold() in str(case).casefold() for case in stored)


async def test_one_person_who_declines_in_the_same_words_for_weeks_is_one_person(
    open_house: OpenHouse,
) -> None:
    """Somebody with a stock sentence is no crowd, on however many days it is sent."""
    house = open_house(FREE)
    for number in range(11):
        again = events.DeclineReceived(person=person("often"), who="candidate", stage="outreach", text=LONG)
        await house.record(house.event(again, f"again {number}"))
        house.clock.advance(2 * DAY)
    await house.record(house.outreach("p"))
    declined = house.decline("p", text=LONG)
    assert await house.decide(declined) == {"approved": 1}
    assert (await _inputs(house, events.case_id(declined.id))).sameness == Sameness(decline=1)


async def test_the_same_message_to_very_many_on_a_day_is_a_mailing(open_house: OpenHouse) -> None:
    """Counted around the day of the message, whenever its answers come."""
    house = open_house(FREE + "conduct: {same_template_at: 5}")
    sent = house.clock.now() - 4 * DAY
    pitch = "We are looking for somebody who knows compilers and would love to work from anywhere at all."
    await house.record(*(house.outreach(f"p{number}", text=pitch, at=sent) for number in range(6)))
    await house.record(house.outreach("late", text=pitch, at=sent + 2 * DAY))
    declined = house.decline("p0")
    assert await house.decide(declined, house.decline("late")) == {"held": 1, "approved": 1}
    assert (await house.findings(declined))["conduct.mailing"]["evidence"] == {
        "other_people": 5,
        "hold_at": 5,
    }


async def test_an_approved_follow_up_keeps_the_counts_under_which_it_was_approved(
    open_house: OpenHouse,
) -> None:
    """A harmless fact about the person is no reason to judge it under what others did since."""
    house = open_house(FREE)
    await house.record(house.outreach("p"))
    declined = house.decline("p")
    await house.decide(declined)
    invented = [house.decline(f"stranger{number}") for number in range(3)]
    assert await house.decide(*invented) == {"received": 3}
    house.clock.advance(timedelta(minutes=3))
    assert await house.decide(*invented) == {"denied": 3}
    told = house.outreach("p", at=house.clock.now() - 9 * DAY, source="mail")
    assert await house.settle(await house.record(told)) == {"approved": 1}


def test_names_are_apart() -> None:
    """No recruiter, team, tenant or source can be counted as another."""
    names = [of_tenant("a"), of_recruiter("a", None), of_recruiter("a", "a"), of_tenant("a/unnamed")]
    assert len({*names, of_team("a"), of_team("a/unnamed")}) == 6
