"""Permits on a real broker: what is scheduled, and what lies in the dead letters instead."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from deploy.local.smtp import SmtpServer
from services.notifier.app import build
from shared import topology
from shared.consumer import Again, Dead, Done
from shared.decision import Schedule, SignedDecision, Signer, new_seed
from shared.states import State
from shared.store.cases import Cases, Move
from shared.store.client import Document
from tests.integration.notifier.stage import AT_ONCE, TENANT, Stage, eventually

HOURS = Schedule(delay_min_s=7200, delay_max_s=72_000, quiet_from="00:00", quiet_to="00:00", weekends=True)


@pytest.fixture
async def app(stage: Stage) -> AsyncIterator[Starlette]:
    """The whole service, running."""
    notifier = build(stage.settings, stage.clock)
    async with notifier.router.lifespan_context(notifier):
        yield notifier


async def stored(stage: Stage, case: str) -> SignedDecision:
    """The permit that policy stored with a case."""
    return SignedDecision.model_validate((await stage.case(case))["decision"]["signed"])


async def test_a_permit_on_the_bus_becomes_one_mail_however_often_it_comes(
    stage: Stage, smtp: SmtpServer
) -> None:
    """From the queue to the mail server; the repeats, before and after the send, are taken off the queue."""
    case = await stage.approved("grace")
    event = stage.permit_event(await stored(stage, case))
    notifier = build(stage.settings, stage.clock)
    async with notifier.router.lifespan_context(notifier):
        await stage.bus.publish([event, event])
        await stage.bus.publish([event])

        async def sent() -> bool:
            return await stage.state(case) is State.SENT

        await eventually(sent, "the mail is sent")
        await stage.bus.publish([event])

        async def taken() -> bool:
            return await stage.waiting(topology.NOTIFIER_APPROVED.name) == 0

        await eventually(taken, "the repeat is taken")
    assert await stage.waiting(topology.NOTIFIER_APPROVED.name) == 0
    assert len(smtp.mails) == 1
    assert await stage.taken(topology.DEAD_QUEUE) == []


FORGED: dict[str, Callable[[Stage, str, str], SignedDecision]] = {
    "signed by somebody else": lambda stage, case, _other: stage.permit(case, signer=Signer(new_seed())),
    "changed after it was signed": lambda stage, case, _other: SignedDecision(
        decision=stage.permit(case).decision.model_copy(update={"codes": ("none",)}),
        signature=stage.permit(case).signature,
    ),
    "another case's signature": lambda stage, case, other: SignedDecision(
        decision=stage.permit(case).decision, signature=stage.permit(other).signature
    ),
    "no signature": lambda stage, case, _other: SignedDecision(
        decision=stage.permit(case).decision, signature=""
    ),
    "a hold": lambda stage, case, _other: stage.permit(case, verdict="hold", schedule=None),
    "a denial": lambda stage, case, _other: stage.permit(case, verdict="deny", schedule=None),
    # genuine, but not what was decided on this case
    "another decision": lambda stage, case, _other: stage.permit(case, digest="d2"),
    "another tenant's": lambda stage, case, _other: stage.permit(case, tenant="other"),
    "no such case": lambda stage, _case, _other: stage.permit("case_" + "z" * 32),
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED.keys())
async def test_a_forged_or_foreign_permit_is_a_dead_letter_and_schedules_nothing(
    stage: Stage, app: Starlette, smtp: SmtpServer, forge: Callable[[Stage, str, str], SignedDecision]
) -> None:
    """Who can publish still cannot cause a send; a genuine permit in the same message is scheduled."""
    case, other = await stage.approved("grace"), await stage.approved("alan")
    forged = stage.permit_event(forge(stage, case, other))
    await stage.bus.publish([forged, stage.permit_event(await stored(stage, other))])
    dead: list[object] = []

    async def buried() -> bool:
        dead.extend(await stage.taken(topology.DEAD_QUEUE))
        return len(dead) == 1 and await stage.state(other) is State.SENT

    await eventually(buried, "the forged permit is buried, the genuine one is sent")
    assert await stage.state(case) is State.APPROVED
    assert smtp.to("grace@example.org") == []


async def test_a_permit_for_a_case_that_is_not_approved_schedules_nothing(stage: Stage) -> None:
    """Held by a reviewer's last look or denied: the stored state decides."""
    case = await stage.approved("grace")
    permit = stage.permit_event(await stored(stage, case))
    await stage.cases.collection.update_one({"_id": case}, {"$set": {"state": "denied"}})
    (outcome,) = await stage.scheduler().handle([permit])
    assert isinstance(outcome, Dead)


async def test_a_signed_hold_is_no_permit_even_where_it_is_what_was_stored(stage: Stage) -> None:
    """The verdict itself must say approve, whatever state the case was put in."""
    case = await stage.approved("grace")
    hold = stage.permit(case, verdict="hold")
    change = {"$set": {"decision.signed": hold.model_dump(mode="json")}}
    await stage.cases.collection.update_one({"_id": case}, change)
    (outcome,) = await stage.scheduler().handle([stage.permit_event(hold)])
    assert isinstance(outcome, Dead)
    assert await stage.state(case) is State.APPROVED


async def test_a_repeated_permit_draws_no_new_hour(stage: Stage) -> None:
    """Redelivery leaves the due row as it was, also twice in one set."""
    case = await stage.approved("grace", schedule=HOURS)
    permit = stage.permit_event(await stored(stage, case))
    assert await stage.scheduler().handle([permit, permit]) == [Done(), Done()]
    due = (await stage.case(case))["send"]["due_at"]
    assert timedelta(hours=2) <= due - stage.clock.now() <= timedelta(hours=20)
    assert await stage.scheduler().handle([permit]) == [Done()]
    after = await stage.case(case)
    assert after["send"]["due_at"] == due
    assert [line["to_state"] for line in after["timeline"]] == ["received", "approved", "scheduled"]


async def test_a_permit_that_comes_after_the_cancellation_is_done(stage: Stage) -> None:
    """An opt-out was faster; the late permit changes nothing."""
    case = await stage.approved("grace")
    permit = stage.permit_event(await stored(stage, case))
    await stage.cases.move(
        [Move(await stage.case(case), State.CANCELLED, stage.clock.now(), by="policy", why="opt_out")]
    )
    assert await stage.scheduler().handle([permit]) == [Done()]
    assert await stage.state(case) is State.CANCELLED


@pytest.mark.parametrize(("touches", "expected"), [(2, Done), (100, Again)])
async def test_a_case_that_is_touched_meanwhile_is_read_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, touches: int, expected: type
) -> None:
    """A few facts in a row are outrun; under a flood of them the event waits."""
    case = await stage.approved("grace")
    permit = stage.permit_event(await stored(stage, case))
    by_ids, left = Cases.by_ids, [touches]

    async def then_touched(cases: Cases, ids: Any) -> dict[str, Document]:
        read = await by_ids(cases, ids)
        if left[0]:
            left[0] -= 1
            await cases.touch([f"{TENANT}/egrace"])
        return read

    monkeypatch.setattr(Cases, "by_ids", then_touched)
    (outcome,) = await stage.scheduler().handle([permit])
    assert isinstance(outcome, expected)


async def test_quiet_hours_are_the_candidates_not_the_tenants(stage: Stage) -> None:
    """The zone sealed in the card decides where it is known."""
    night = AT_ONCE.model_copy(update={"quiet_from": "20:00", "quiet_to": "08:00"})
    case = await stage.scheduled("grace", schedule=night, timezone="Asia/Tokyo")
    due = (await stage.case(case))["send"]["due_at"]
    assert due.isoformat() == "2026-06-03T23:00:00+00:00"  # 12:00 UTC is 21:00 in Tokyo


async def test_an_erased_card_costs_the_zone_and_not_the_event(stage: Stage) -> None:
    """It is scheduled by the tenant's zone; the send will find that there is nobody to write to."""
    case = await stage.approved("grace", timezone="Asia/Tokyo")
    await stage.database["people"].update_many({}, {"$set": {"data_key": None, "sealed": None}})
    assert await stage.scheduler().handle([stage.permit_event(await stored(stage, case))]) == [Done()]


async def test_the_service_says_that_it_is_ready(stage: Stage, app: Starlette) -> None:
    """Once its consumer is on its queue, the database answers and the loop runs."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://notifier") as http:

        async def ready() -> bool:
            return (await http.get("/readyz")).status_code == 200

        await eventually(ready, "the notifier is ready")
        checks = (await http.get("/readyz")).json()["checks"]
    assert set(checks) == {"consumers", "mongodb", "due_loop"}


async def test_a_stop_lets_the_mail_in_hand_be_finished(stage: Stage, smtp: SmtpServer) -> None:
    """A mail that the server is about to accept is waited for and recorded; the next one is left."""
    smtp.hold()
    first, second = await stage.scheduled("grace"), await stage.scheduled("alan")
    notifier = build(stage.settings, stage.clock)
    async with notifier.router.lifespan_context(notifier):

        async def in_hand() -> bool:
            return len(smtp.mails) == 1

        await eventually(in_hand, "the first mail is with the server")
        asyncio.get_running_loop().call_later(0.3, smtp.release)
    states = [await stage.state(first), await stage.state(second)]
    assert sorted(states) == [State.SCHEDULED, State.SENT]
    left = await stage.case(first if states[0] is State.SCHEDULED else second)
    assert left["send"]["lease_until"] is None


async def test_a_stop_does_not_wait_for_ever(stage: Stage, smtp: SmtpServer) -> None:
    """A mail without an answer is broken off in time; the case becomes uncertain once its lease is over."""
    smtp.hold()
    case = await stage.scheduled("grace")
    notifier = build(stage.settings, stage.clock)
    async with asyncio.timeout(10), notifier.router.lifespan_context(notifier):

        async def in_hand() -> bool:
            return len(smtp.mails) == 1

        await eventually(in_hand, "the mail is with the server")
    assert await stage.state(case) is State.SENDING
    stage.later(60)
    other = stage.replica()
    await other.round()
    assert await stage.state(case) is State.UNCERTAIN
    await other.stop(1)
