"""What the words say counts: read once when they come in, kept as marks, weighed with everything else."""

import json

import pytest

from shared.events import InteractionRecorded, Person
from shared.states import State
from tests.integration.policy.stage import (
    DAY,
    HOUR,
    NOON,
    REY,
    Stage,
    decline,
    event,
    eventually,
    grace,
    outreach,
)

SOFT = "Thank you for reaching out, but I am not interested."


def wrote(text: str, sent_id: str = "letter") -> InteractionRecorded:
    """A recruiter's message with these words."""
    return InteractionRecorded(
        person=grace(), recruiter=REY, direction="outreach", channel="email", text=text
    )


async def test_a_plain_no_after_decent_outreach_is_approved(stage: Stage) -> None:
    """The words of both sides are read, and nothing speaks against it."""
    async with stage.policy():
        text = "Hello Grace, we are looking for an engineer in Leeds. Would you like to hear more?"
        await stage.publish(event(wrote(text), "letter", NOON - DAY))
        declined = decline(grace(), text=SOFT)
        await stage.publish(declined)
        case = await stage.becomes(declined, State.APPROVED, State.SCHEDULED)
        assert json.loads(case["decision"]["inputs"])["reply_intent"] == "declined_soft"
        assert await stage.faults(case) == []


@pytest.mark.parametrize(
    ("text", "state", "code"),
    [
        (
            "No. Please remove me from your database and never contact me again.",
            State.DENIED,
            "reply.opt_out",
        ),
        ("Yes, I am very interested, tell me more!", State.HELD, "provenance.text_disagrees"),
    ],
)
async def test_a_reported_no_that_says_something_else_is_not_thanked(
    stage: Stage, text: str, state: State, code: str
) -> None:
    """The source says that the candidate declined; the candidate's words say otherwise."""
    async with stage.policy():
        await stage.publish(outreach(grace()))
        declined = decline(grace(), text=text)
        await stage.publish(declined)
        case = await stage.becomes(declined, state)
        assert code in await stage.codes(declined)
        assert await stage.faults(case) == []


async def test_a_wish_in_a_reply_is_an_opt_out_at_once(stage: Stage) -> None:
    """Reported as a mere reply, it is in force like any other: also for a later no."""
    async with stage.policy():
        await stage.publish(outreach(grace()))
        words = "Please take me off your mailing list and do not contact me again."
        reply = InteractionRecorded(person=grace(), direction="reply", channel="email", text=words)
        await stage.publish(event(reply, "reply", NOON - DAY / 2))

        async def in_force() -> bool:
            return await stage.database["suppressions"].find_one({"kind": "opt_out"}) is not None

        await eventually(in_force, "the wish is in force")
        declined = decline(grace(), text=SOFT)
        await stage.publish(declined)
        await stage.becomes(declined, State.DENIED)
        assert "consent.opted_out" in await stage.codes(declined)


async def test_a_pushy_message_is_never_followed_by_a_thank_you(stage: Stage) -> None:
    """However soft the no: who presses a person gets no way back in. The words themselves are not stored."""
    words = "You would be an absolute idiot to refuse this. I will not take no for an answer."
    async with stage.policy():
        await stage.publish(event(wrote(words), "letter", NOON - DAY))
        declined = decline(grace(), text=SOFT)
        await stage.publish(declined)
        case = await stage.becomes(declined, State.DENIED)
        assert any(code.startswith("conduct.") for code in await stage.codes(declined))
        assert "idiot" not in str(case)


async def test_a_reply_that_shows_interest_holds_the_no_beside_it(stage: Stage) -> None:
    """Known when the no comes, the case is held; learnt before the send, the thank-you is cancelled."""

    def reply(person: Person) -> InteractionRecorded:
        words = "Sounds great, tell me more about the role!"
        return InteractionRecorded(person=person, direction="reply", channel="email", text=words)

    async with stage.policy():
        declined, other = await stage.approved(grace()), decline(grace("alan"), "other")
        await stage.publish(event(reply(grace()), "reply", NOON - HOUR / 2))
        await stage.becomes(declined, State.CANCELLED)
        assert await stage.codes(declined) == ["provenance.text_disagrees"]
        before = event(reply(grace("alan")), "other reply", NOON - 2 * HOUR)
        await stage.publish(outreach(grace("alan"), "other outreach"), before, other)
        await stage.becomes(other, State.HELD)
        assert await stage.codes(other) == ["provenance.text_disagrees"]
