"""From a decline that holds nothing but ids to its end, over real servers: policy, the worker, a platform."""

from datetime import timedelta
from itertools import permutations

import pytest

from services.intake.envelope import Sender, enveloped
from services.intake.registry import Sources
from services.intake.sources import Sent
from services.policy.lookups import Lookups
from shared import events, topology
from shared.events import DeclineReceived, Event, LookupEnded, Person
from shared.states import State
from tests.integration.enrichment.conftest import KEYRING, worker
from tests.integration.enrichment.platform import CLIENT, OUTREACH, SECRET, StandIn, says
from tests.integration.policy.stage import HOUR, NOON, Stage, event, eventually

SOURCE = "gh"
SENDER = Sender(SOURCE, "greenhouse", "acme")
LOOKING = SENDER._replace(looks_up=True)
GRACE = timedelta(seconds=120)


@pytest.fixture
async def source(stage: Stage, platform: StandIn) -> Sources:
    """A source of Greenhouse whose platform may be asked."""
    sources = Sources(stage.database, stage.clock)
    await sources.add(SOURCE, "acme", "greenhouse", {"per_second": 1, "burst": 1}, KEYRING)
    given = {"client_id": CLIENT, "client_secret": SECRET, "api_url": platform.url}
    await sources.keep_credentials(SOURCE, given, KEYRING)
    return sources


def declined(application: str = "101") -> Event:
    """An application that the candidate withdrew: it is named, and nothing else."""
    data = DeclineReceived(
        person=Person(external_id=f"application/{application}"),
        application=application,
        who="candidate",
        stage="application",
    )
    sent = Sent(f"application/{application}/withdrawn", NOON - HOUR, data)
    return enveloped(sent, LOOKING, NOON)


async def ended(stage: Stage, no: Event) -> bool:
    """Whether the lookup ended, as policy knows it."""
    return await stage.database["lookups"].count_documents({"_id": no.subject}) == 1


async def test_a_no_of_ids_alone_is_approved_by_what_the_platform_knows(
    stage: Stage, source: Sources, platform: StandIn
) -> None:
    """Outreach and reply come on record, and whose application it is; the mail can go out."""
    no = declined()
    async with stage.policy(), worker(stage):
        await stage.bus.publish([no])
        case = await stage.becomes(no, State.APPROVED)
    assert case["decision"]["verdict"] == "approve"
    said = {found["type"]: found["source"] async for found in stage.database["events"].find()}
    assert said["afterword.interaction.recorded.v1"] == f"/sources/{SOURCE}"


async def test_nothing_is_judged_before_the_platform_answered(
    stage: Stage, source: Sources, platform: StandIn
) -> None:
    """Outreach that another way had reported would be enough; yet what the platform knows comes first."""
    no = declined()
    person = Person(external_id="application/101")
    data = events.InteractionRecorded(person=person, direction="outreach")
    async with stage.policy():
        await stage.publish(event(data, "mail", NOON - 2 * HOUR, source=SOURCE))
        await stage.publish(no)
        await stage.next(topology.wait_exchange(120).name)
        assert (await stage.case(no))["state"] == State.RECEIVED
        async with worker(stage):
            await stage.becomes(no, State.APPROVED)


async def test_a_platform_that_says_no_outreach_leaves_the_case_to_the_rules(
    stage: Stage, source: Sources, platform: StandIn
) -> None:
    """It answered; there is nothing. After the grace that is denied like any other."""
    platform.notes = []
    no = declined()
    async with stage.policy(), worker(stage):
        await stage.bus.publish([no])
        await eventually(lambda: ended(stage, no), "the lookup ends")
        assert (await stage.case(no))["state"] == State.RECEIVED
        stage.clock.advance(GRACE)
        await stage.bus.publish([no])
        await stage.becomes(no, State.DENIED)
    assert "provenance.no_outreach" in await stage.codes(no)


async def test_a_failure_holds_the_case_for_a_person(
    stage: Stage, source: Sources, platform: StandIn
) -> None:
    """At once where the key is not taken; a reviewer reads why."""
    platform.faults.append(says(401))
    no = declined()
    async with stage.policy(), worker(stage):
        await stage.bus.publish([no])
        case = await stage.becomes(no, State.HELD)
    (found,) = [one for one in case["decision"]["findings"] if one["code"] == "provenance.not_looked_up"]
    assert "401" in found["evidence"]["why"]
    assert "provenance.no_outreach" not in await stage.codes(no)


async def test_a_platform_that_is_away_holds_its_cases_and_a_late_answer_counts(
    stage: Stage, source: Sources, platform: StandIn
) -> None:
    """After the grace a person may look; what comes then is judged by, and nothing of it went to the dead."""
    platform.faults.append(says(429, retry_after="600"))
    no = declined()
    async with stage.policy(), worker(stage):
        await stage.bus.publish([no])
        await eventually(lambda: _waits(stage, topology.wait_exchange(600).name), "it is put off")
        stage.clock.advance(GRACE)
        await stage.bus.publish([event(no.data, "offer/101/rejection", NOON - HOUR, source=SOURCE)])
        await stage.becomes(no, State.HELD)
        assert platform.asked == ["/token"]
        stage.clock.advance(timedelta(seconds=600))
        await stage.bus.publish([no])
        await stage.becomes(no, State.APPROVED)
    assert await stage.waiting(topology.DEAD_QUEUE) == 0


async def test_what_is_not_answered_for_hours_is_given_up(
    stage: Stage, source: Sources, platform: StandIn
) -> None:
    """The last failure stands as the reason."""
    no = declined()
    stage.clock.advance(timedelta(hours=6))
    platform.faults.append(says(500))
    async with worker(stage), stage.policy():
        await stage.bus.publish([no])
        await eventually(lambda: ended(stage, no), "the lookup ends")
        await stage.becomes(no, State.HELD)
    stored = await stage.database["lookups"].find_one({"_id": no.subject}) or {}
    assert (stored["found"], stored["why"]) == (False, "the platform answered 500")


async def test_repeats_and_a_failure_that_comes_late_change_nothing(
    stage: Stage, source: Sources, platform: StandIn
) -> None:
    """Found stays found; the same facts are the same events, whoever asks again."""
    no = declined()
    async with stage.policy(), worker(stage):
        await stage.bus.publish([no])
        case = await stage.becomes(no, State.APPROVED)
        before = await stage.database["events"].count_documents({})
        await stage.bus.publish([no, no])
        late = LookupEnded(case=str(no.subject), found=False, why="late")
        failed = enveloped(Sent("late", None, late), SENDER, NOON)
        await stage.publish(failed)
        stage.clock.advance(timedelta(minutes=2))  # past the cache: the platform is asked again
        asked = len(platform.asked)
        await stage.bus.publish([no])
        await eventually(lambda: _more(platform, asked), "it is asked again")
        await eventually(lambda: _idle(stage), "all is read")
    assert await stage.database["events"].count_documents({}) == before + 1
    assert await stage.database["conflicts"].count_documents({}) == 0
    assert (await stage.case(no))["timeline"] == case["timeline"]


async def test_the_end_may_be_heard_before_the_decline(stage: Stage) -> None:
    """Two queues, two speeds: what ended is kept for the case that is not there yet."""
    no = declined()
    end = LookupEnded(case=str(no.subject), found=False, why="the platform answered 422")
    early = enveloped(Sent("end", None, end), SENDER, NOON)
    async with stage.policy():
        await stage.publish(early)
        await stage.publish(no)
        await stage.becomes(no, State.HELD)
    assert "provenance.not_looked_up" in await stage.codes(no)


@pytest.mark.parametrize("order", list(permutations([True, False])))
async def test_what_was_found_stays_found(stage: Stage, order: tuple[bool, bool]) -> None:
    """Two words on one lookup, together or one after the other, in either order; repeats too."""
    together, apart = declined("1"), declined("2")
    lookups = Lookups(stage.database)
    ends = [
        [
            enveloped(Sent(str(found), None, LookupEnded(case=str(no.subject), found=found)), SENDER, NOON)
            for found in order
        ]
        for no in (together, apart)
    ]
    assert await lookups.add(ends[0]) == {together.subject: ends[0][1].id}
    for end in (*ends[1], *ends[1]):
        await lookups.add([end])
    stored = await lookups.of([str(together.subject), str(apart.subject)])
    assert [one["found"] for one in stored.values()] == [True, True]


async def test_another_tenants_word_on_a_lookup_is_none(stage: Stage) -> None:
    """A case hears of its own tenant's lookups alone."""
    no = declined()
    end = LookupEnded(case=str(no.subject), found=False, why="x")
    strange = enveloped(Sent("end", None, end), SENDER._replace(tenant="other"), NOON)
    async with stage.policy():
        await stage.publish(strange)
        await stage.publish(no)
        await stage.next(topology.wait_exchange(120).name)
        assert (await stage.case(no))["state"] == State.RECEIVED


async def test_whoever_asked_to_be_forgotten_is_not_brought_back(
    stage: Stage, source: Sources, platform: StandIn
) -> None:
    """The erasure names an address, the decline an application: only the platform knows that both are one."""
    no = declined()
    erasure = events.ErasureRequested(person=Person(email="ada@example.org"))
    async with stage.policy():
        assert await stage.ask(event(erasure, "forget", NOON, source=SOURCE)) == "done"
        async with worker(stage):
            await stage.bus.publish([no])
            case = await stage.becomes(no, State.HELD)
    (found,) = [one for one in case["decision"]["findings"] if one["code"] == "provenance.not_looked_up"]
    assert found["evidence"]["why"] == "the person asked to be forgotten"
    kept = [card async for card in stage.database["people"].find({"sealed": {"$ne": None}})]
    assert [card["_id"] for card in kept] == [case["card"]]
    assert await stage.database["memory"].count_documents({"messages": {"$exists": True}}) == 0


async def test_one_source_without_credentials_holds_its_own_alone(
    stage: Stage, source: Sources, platform: StandIn
) -> None:
    """Taken away while its declines were on their way; the other's go on."""
    await source.add("gone", "acme", "greenhouse", {"per_second": 1, "burst": 1}, KEYRING)
    no = declined()
    other = declined().model_copy(
        update={"id": events.event_id("acme", "gone", "1"), "source": "/sources/gone"}
    )
    other = other.model_copy(update={"subject": events.case_id(other.id)})
    async with stage.policy(), worker(stage):
        await stage.bus.publish([other, no])
        await stage.becomes(other, State.HELD)
        await stage.becomes(no, State.APPROVED)


async def test_outreach_after_the_no_is_not_what_it_answered(
    stage: Stage, source: Sources, platform: StandIn
) -> None:
    """The platform's times count as any other's."""
    platform.notes = [OUTREACH | {"created_at": "2026-06-03T11:30:00Z"}]
    no = declined()
    async with stage.policy():
        await stage.publish(no)
        await stage.next(topology.wait_exchange(120).name)
        stage.clock.advance(GRACE)
        async with worker(stage):
            await stage.becomes(no, State.DENIED)
    assert {"conduct.wrote_on", "provenance.declined_before_outreach"} <= set(await stage.codes(no))


async def _waits(stage: Stage, queue: str) -> bool:
    return await stage.waiting(queue) == 1


async def _more(platform: StandIn, asked: int) -> bool:
    return len(platform.asked) == 2 * asked


async def _idle(stage: Stage) -> bool:
    queues = (topology.WORKER_LOOKUPS.name, topology.POLICY_FACTS.name)
    return all([await stage.waiting(queue) == 0 for queue in queues])
