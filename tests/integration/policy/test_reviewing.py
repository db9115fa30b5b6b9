"""Held cases: a reviewer's word, and what happens without one."""

import asyncio

import pytest

from services.policy.sweep import Sweep
from shared import topology
from shared.bus import Bus
from shared.errors import Transient
from shared.events import Event, OptOutReceived, outcome_id
from shared.states import State
from tests.integration.policy.stage import DAY, HOUR, NOON, Stage, case_of, event, grace, review


@pytest.mark.parametrize(
    ("word", "state", "code"),
    [
        ("approve", State.APPROVED, "review.approved"),
        ("deny", State.DENIED, "review.denied"),
        ("cancel", State.DENIED, "review.cancelled"),
    ],
)
async def test_a_reviewers_word_settles_a_held_case(stage: Stage, word: str, state: State, code: str) -> None:
    """The move names the event behind it, both decisions are kept, and saying it again changes nothing."""
    async with stage.policy():
        held = await stage.held(grace())
        said = review(case_of(held), word)  # type: ignore[arg-type] # a literal in a parameter list
        await stage.bus.publish([said])
        stored = await stage.becomes(held, state)
        assert code in await stage.codes(held)
        line = stored["timeline"][-1]
        assert (line["event_id"], line["by"]) == (said.id, "reviewer key-7")
        assert line["why"].endswith(": I read it")
        assert (stored["held_decision"]["verdict"], stored["decision"]["verdict"]) == (
            "hold",
            "approve" if word == "approve" else "deny",
        )
        kind = "approved" if word == "approve" else "denied"
        assert [told[0] for told in await stage.told(2)] == ["held", kind]
        await stage.bus.publish([said])
        assert await stage.told(1) == [(kind, case_of(held), outcome_id(case_of(held), f"followup.{kind}"))]
        assert await stage.case(held) == {**stored, "rev": stored["rev"] + (word == "approve")}


async def test_a_cancel_stops_what_was_approved(stage: Stage) -> None:
    """Anybody at the desk may stop a thank-you until its send begins; nobody can approve it back."""
    async with stage.policy():
        declined = await stage.approved(grace())
        await stage.bus.publish([review(case_of(declined), "cancel")])
        line = (await stage.becomes(declined, State.CANCELLED))["timeline"][-1]
        assert (line["by"], line["why"]) == ("reviewer key-7", "review.cancelled: I read it")
        assert await stage.codes(declined) == ["review.cancelled"]
        assert [told[0] for told in await stage.told(2)] == ["approved", "cancelled"]
        late = [review(case_of(declined), "approve", "late"), review(case_of(declined), "deny", "later")]
        await _handled(stage, *late)
    assert (await stage.case(declined))["state"] == State.CANCELLED


async def test_a_review_of_another_tenants_case_is_refused(stage: Stage) -> None:
    """It is a dead letter with its reason; the case stays held."""
    async with stage.policy():
        held = await stage.held(grace())
        await stage.bus.publish([review(case_of(held), "approve", tenant="globex")])
        message = await stage.next(topology.DEAD_QUEUE)
    assert message.headers["x-why"] == "names a case that is not there"
    assert message.headers["x-queue"] == topology.POLICY_REVIEWS.name
    assert (await stage.case(held))["state"] == State.HELD


async def test_an_approval_does_not_lift_a_deny(stage: Stage) -> None:
    """An opt-out that came while the case was held wins over the reviewer."""
    async with stage.policy():
        held = await stage.held(grace())
        assert await stage.ask(event(OptOutReceived(person=grace()), "stop", NOON)) == "done"
        await stage.becomes(held, State.DENIED)
        await stage.bus.publish([review(case_of(held), "approve")])
        other = await stage.held(grace("alan"), "other")
        await stage.bus.publish([review(case_of(other), "approve", "r2")])
        await stage.becomes(other, State.APPROVED)
    assert (await stage.case(held))["state"] == State.DENIED
    assert await stage.database["permits"].count_documents({"_id": case_of(held)}) == 0


async def test_a_held_case_that_nobody_reviews_expires_and_is_told_once(stage: Stage) -> None:
    """The running service sweeps by itself; a word that comes too late finds nothing held."""
    async with stage.policy():
        held = await stage.held(grace())
        stage.clock.advance(14 * DAY - HOUR)
        await _handled(stage)
        assert (await stage.case(held))["state"] == State.HELD
        stage.clock.advance(HOUR)
        await stage.becomes(held, State.EXPIRED)
        assert [told[0] for told in await stage.told(2)] == ["held", "expired"]
        await _handled(stage, review(case_of(held), "approve"))
    assert (await stage.case(held))["state"] == State.EXPIRED


class DeafBus(Bus):
    """A broker that is away."""

    async def publish(self, events: object) -> None:
        """Takes nothing."""
        raise Transient("away")


async def test_an_expiry_whose_announcement_was_lost_is_told_by_the_next_sweep(stage: Stage) -> None:
    """The move and the telling are two steps; a crash between them is made good."""
    async with stage.policy():
        held = await stage.held(grace())
        await stage.told(1)
    stage.clock.advance(15 * DAY)
    deaf = DeafBus(stage.broker, sealer=None, clock=stage.clock, timeout_s=1)
    with pytest.raises(Transient):
        await Sweep(stage.database, deaf, stage.clock).sweep()
    assert (await stage.case(held))["state"] == State.EXPIRED
    sweep = Sweep(stage.database, stage.bus, stage.clock)
    assert await sweep.sweep() == 0
    assert await stage.told(1) == [("expired", case_of(held), outcome_id(case_of(held), "followup.expired"))]
    assert await sweep.sweep() == 0
    assert await stage.taken(topology.OUTCOMES_QUEUE) == []


async def test_two_sweeps_at_once_expire_a_case_once(stage: Stage) -> None:
    """The compare-and-set lets one of the replicas win."""
    async with stage.policy():
        held = [await stage.held(grace(f"p{n}"), f"d{n}") for n in range(3)]
    stage.clock.advance(15 * DAY)
    sweeps = [Sweep(stage.database, stage.bus, stage.clock).sweep() for _ in range(4)]
    await asyncio.gather(*sweeps)
    for one in held:
        stored = await stage.case(one)
        assert [line["to_state"] for line in stored["timeline"]] == ["received", "held", "expired"]


async def _handled(stage: Stage, *reviews: Event) -> None:
    """Returns when these were handled: the one beside them, which names no case, is dead by then."""
    await stage.bus.publish([*reviews, review("case_" + "a" * 32, "deny", "nothing")])
    await stage.next(topology.DEAD_QUEUE)
