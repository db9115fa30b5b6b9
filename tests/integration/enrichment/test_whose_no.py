"""From a delivery that holds ids alone to its end: the platform says whose no it was, or that it was none."""

import json
from datetime import datetime, timedelta
from itertools import permutations

import pytest

from services.intake.envelope import Sender, enveloped
from services.intake.registry import Sources
from services.intake.sources import SOURCES, Delivery, Sent
from services.policy.lookups import Lookups
from shared import events, topology
from shared.events import Event, KnownDecline, LookupEnded, Person
from shared.states import State
from tests.integration.enrichment.conftest import KEYRING, worker
from tests.integration.enrichment.platform import KEY, StandIn, says
from tests.integration.policy.stage import HOUR, NOON, Stage, event, eventually

TOLD = NOON - HOUR
SR, TT = (Sender(name, name, "acme", looks_up=True) for name in ("smartrecruiters", "teamtailor"))


@pytest.fixture(autouse=True)
async def sources(stage: Stage, platform: StandIn) -> Sources:
    """A source of each, whose platform may be asked."""
    sources = Sources(stage.database, stage.clock)
    for kind in (SR.name, TT.name):
        await sources.add(kind, "acme", kind, {"per_second": 1, "burst": 1}, KEYRING, secret="s" * 32)
        await sources.keep_credentials(kind, {"api_key": KEY, "api_url": platform.url}, KEYRING)
    platform.statuses = [(_text(TOLD - 48 * HOUR), "NEW"), (_text(TOLD), "WITHDRAWN")]
    platform.rejection = {"rejected-at": _text(TOLD), "updated-at": _text(TOLD)}
    return sources


def changed(delivery: str = "1", at: datetime = TOLD) -> Event:
    """What the door makes of a changed status at SmartRecruiters."""
    headers = {
        "event-id": delivery,
        "event-name": "application.status.updated",
        "smartrecruiters-timestamp": str(int(at.timestamp())),
    }
    return _read(SR, Delivery(headers, json.dumps({"candidate_id": "c1", "job_id": "j1"}).encode()))


def rejected() -> Event:
    """What the door makes of a rejected application at Teamtailor."""
    attributes = {"rejected-at": _text(TOLD), "job-title": "Baker", "stage-name": "Inbox"}
    data = {"id": "901", "type": "job_applications", "attributes": attributes}
    body = {"payload": {"event_name": "job_application.update", "data": data}}
    return _read(TT, Delivery({}, json.dumps(body).encode()))


def outreach(hours: int = 2) -> Event:
    """A message that a mailbox knows of, so long before noon."""
    data = events.InteractionRecorded(person=Person(email="ada@example.org"), direction="outreach")
    return event(data, f"mail-{hours}", NOON - hours * HOUR, source="mail")


async def test_a_withdrawal_is_approved_by_what_the_platform_says(stage: Stage, platform: StandIn) -> None:
    """It waits till then as a no of nobody; the time and the reason are the platform's."""
    platform.statuses[-1] = (_text(TOLD - timedelta(minutes=4)), "WITHDRAWN")
    platform.status_reason = {"reasonOfWithdrawal": {"id": "w", "label": "Took another offer"}}
    no = changed()
    async with stage.policy():
        await stage.publish(outreach())
        await stage.publish(no)
        await stage.next(topology.wait_exchange(120).name)
        assert (await stage.case(no))["state"] == State.RECEIVED
        async with worker(stage):
            await stage.bus.publish([no])
            case = await stage.becomes(no, State.APPROVED)
    judged = json.loads(case["decision"]["inputs"])
    assert (judged["who"], judged["stage"], judged["reason"]) == (
        "candidate",
        "application",
        "Took another offer",
    )
    assert datetime.fromisoformat(judged["declined_at"]) == TOLD - timedelta(minutes=4)


@pytest.mark.parametrize("kind", ["smartrecruiters", "teamtailor"])
async def test_the_companys_no_is_denied(stage: Stage, platform: StandIn, kind: str) -> None:
    """Also after the grace, when nobody has invented it for all that nobody had written."""
    platform.statuses[-1] = (_text(TOLD), "REJECTED")
    platform.rejected_by_company = True
    no = changed() if kind == "smartrecruiters" else rejected()
    stage.clock.advance(HOUR)
    async with stage.policy(), worker(stage):
        await stage.bus.publish([no])
        await stage.becomes(no, State.DENIED)
    codes = await stage.codes(no)
    assert "provenance.declined_by_company" in codes
    assert "provenance.no_outreach" not in codes
    assert await stage.database["outcomes"].count_documents({}) == 0


async def test_a_rejection_by_the_candidate_is_approved(stage: Stage, platform: StandIn) -> None:
    """Found by the application alone, and by an address that only the platform had."""
    platform.rejected_by_company = False
    no = rejected()
    async with stage.policy(), worker(stage):
        await stage.publish(outreach())
        await stage.bus.publish([no])
        await stage.becomes(no, State.APPROVED)


async def test_a_move_ends_and_stands_in_no_later_nos_way(stage: Stage, platform: StandIn) -> None:
    """It is denied with a reason that tells what it was; a message after it was written on to no no."""
    moved = changed("1", TOLD - 24 * HOUR)
    platform.statuses.insert(1, (_text(TOLD - 24 * HOUR), "INTERVIEW"))
    no = changed("2")
    async with stage.policy(), worker(stage):
        await stage.publish(outreach(30))
        await stage.publish(outreach(3))
        await stage.bus.publish([moved])
        case = await stage.becomes(moved, State.DENIED)
        await stage.bus.publish([no])
        later = await stage.becomes(no, State.HELD)
    (found,) = [one for one in case["decision"]["findings"] if one["code"] == "provenance.not_declined"]
    assert found["evidence"]["why"] == "the status became INTERVIEW"
    assert {one["code"] for one in later["decision"]["findings"]} == {"stage.set_apart"}


async def test_a_rejection_that_was_taken_back_ends(stage: Stage, platform: StandIn) -> None:
    """However late the platform is asked."""
    platform.rejection = {"rejected-at": None, "updated-at": _text(NOON)}
    no = rejected()
    async with stage.policy(), worker(stage):
        await stage.bus.publish([no])
        await stage.becomes(no, State.DENIED)
    assert "provenance.not_declined" in await stage.codes(no)


async def test_what_nobody_knows_is_held_until_somebody_does(stage: Stage, platform: StandIn) -> None:
    """A reason that is given later comes with the next delivery, and the newest answer stands."""
    no = rejected()
    async with stage.policy(), worker(stage):
        await stage.publish(outreach())
        await stage.bus.publish([no])
        await stage.becomes(no, State.HELD)
        assert "provenance.unclear_who" in await stage.codes(no)
        platform.rejected_by_company = False
        stage.clock.advance(timedelta(seconds=1))
        await stage.bus.publish([no])
        await stage.becomes(no, State.APPROVED)
    assert await stage.database["conflicts"].count_documents({}) == 0


async def test_an_answer_that_lags_is_asked_for_again(stage: Stage, platform: StandIn) -> None:
    """It is put off, and neither believed nor held against anybody."""
    (withdrawn,) = platform.statuses[1:]
    del platform.statuses[1:]
    no = changed()
    async with stage.policy(), worker(stage):
        await stage.publish(outreach())
        await stage.publish(no)
        await eventually(lambda: _waits(stage, topology.wait_exchange(30).name), "it is put off")
        assert (await stage.case(no))["state"] == State.RECEIVED
        platform.statuses.append(withdrawn)
        await stage.bus.publish([no])
        await stage.becomes(no, State.APPROVED)


async def test_a_failure_holds_the_case(stage: Stage, platform: StandIn) -> None:
    """As at any other platform; a reviewer reads why."""
    platform.faults.append(says(403))
    no = changed()
    async with stage.policy(), worker(stage):
        await stage.publish(outreach())
        await stage.bus.publish([no])
        await stage.becomes(no, State.HELD)
    assert {"provenance.not_looked_up", "provenance.unclear_who"} <= set(await stage.codes(no))


async def test_without_credentials_all_stay_held(stage: Stage, sources: Sources) -> None:
    """Nobody waits for an answer that nobody asks for."""
    await sources.forget_credentials(SR.name)
    no = enveloped(Sent("1", TOLD, changed().data), SR._replace(looks_up=False), NOON)
    data = events.InteractionRecorded(person=Person(external_id="c1"), direction="outreach")
    async with stage.policy():
        await stage.publish(event(data, "message", NOON - 2 * HOUR, source=SR.name))
        await stage.publish(no)
        await stage.becomes(no, State.HELD)
    assert "provenance.unclear_who" in await stage.codes(no)
    assert "provenance.not_looked_up" not in await stage.codes(no)


async def test_the_companys_no_counts_where_the_candidates_comes_next(
    stage: Stage, platform: StandIn
) -> None:
    """What was known of the first by its platform is known when the second is judged."""
    platform.statuses[-1] = (_text(TOLD), "REJECTED")
    platform.rejected_by_company = False
    first, second = changed(), rejected()
    async with stage.policy(), worker(stage):
        await stage.publish(outreach())
        await stage.bus.publish([first])
        await stage.becomes(first, State.DENIED)
        platform.rejection = {"rejected-at": _text(NOON), "updated-at": _text(NOON)}
        await stage.bus.publish([second])
        await stage.becomes(second, State.HELD)
    assert "provenance.company_declined_first" in await stage.codes(second)


@pytest.mark.parametrize("order", list(permutations([0, 1, 2])))
async def test_of_what_was_found_the_newest_stands(stage: Stage, order: tuple[int, ...]) -> None:
    """In whatever order it is heard, together or one by one, and though a failure comes last."""
    lookups = Lookups(stage.database)
    together, apart = changed("1"), changed("2")
    for no, apiece in ((together, False), (apart, True)):
        told = [_ended(no, 0, "unknown"), _ended(no, 1, "candidate"), _ended(no, 2, None)]
        heard = [told[place] for place in order]
        for some in [[one] for one in heard] if apiece else [heard]:
            await lookups.add(some)
            await lookups.add(some)
    stored = await lookups.of([str(together.subject), str(apart.subject)])
    assert [(one["found"], one["known"]["who"]) for one in stored.values()] == [(True, "candidate")] * 2


def _ended(no: Event, after_s: int, who: str | None) -> Event:
    known = KnownDecline.model_validate({"who": who}) if who else None
    end = LookupEnded(case=str(no.subject), found=known is not None, known=known)
    return enveloped(Sent(f"end-{after_s}", None, end), SR, NOON + timedelta(seconds=after_s))


def _read(sender: Sender, delivery: Delivery) -> Event:
    adapter = SOURCES[sender.name]
    (sent,) = adapter.map_events(delivery, adapter.CONFIG()).events
    return enveloped(sent, sender, NOON)


def _text(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def _waits(stage: Stage, queue: str) -> bool:
    return await stage.waiting(queue) == 1
