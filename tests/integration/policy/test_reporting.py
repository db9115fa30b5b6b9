"""Bounces and complaints that name a letter by its case: believed only of one that was sent."""

import pytest

from shared import topology
from shared.events import BounceReceived, ComplaintReceived, Data, OptOutReceived, Person
from shared.states import State
from tests.integration.policy.stage import DAY, NOON, Stage, case_of, decline, event, grace, outreach

REPORTS = [
    (BounceReceived, "bounce", "consent.bounced"),
    (ComplaintReceived, "complaint", "consent.complained"),
]


async def sent(stage: Stage, state: State = State.SENT) -> str:
    """The case of a letter that went out to Grace, as far as this state says."""
    declined = await stage.approved(grace())
    await stage.database["cases"].update_one({"_id": case_of(declined)}, {"$set": {"state": state.value}})
    return case_of(declined)


@pytest.mark.parametrize("state", [State.SENDING, State.SENT, State.UNCERTAIN])
@pytest.mark.parametrize(("report", "kind", "code"), REPORTS)
async def test_a_report_on_a_letter_holds_for_whoever_got_it(
    stage: Stage, report: type[Data], kind: str, code: str, state: State
) -> None:
    """By the case alone, with nobody's address in the report."""
    async with stage.policy():
        case = await sent(stage, state)
        assert await stage.ask(event(report.model_validate({"case": case}), "report", NOON)) == "done"
        assert await stage.database["suppressions"].distinct("kind") == [kind]
        again = decline(grace(), "again")
        await stage.publish(outreach(grace(), "o2", at=NOON - 2 * DAY), again)
        await stage.becomes(again, State.DENIED)
        assert code in await stage.codes(again)


@pytest.mark.parametrize(("report", "kind", "code"), REPORTS)
async def test_a_forged_report_stops_nobody(stage: Stage, report: type[Data], kind: str, code: str) -> None:
    """On a letter that is not sent yet, of no case at all, or of another tenant's: nothing comes of it.

    By mail a report names nobody; a source that names somebody beside the case could tell an opt-out too.
    """
    async with stage.policy():
        approved = await stage.approved(grace())
        unsent = report.model_validate({"case": case_of(approved)})
        made_up = report.model_validate({"case": "case_" + "a" * 32})
        assert await stage.ask(event(unsent, "unsent", NOON)) == "done"
        assert await stage.ask(event(made_up, "made up", NOON)) == "done"
        other = await sent(stage)
        foreign = event(report.model_validate({"case": other}), "foreign", NOON, tenant="globex")
        assert await stage.ask(foreign) == "done"
        assert await stage.database["suppressions"].count_documents({}) == 0
        assert await stage.database["events"].count_documents({"type": event(unsent, "x", NOON).type}) == 0
    assert await stage.waiting(topology.DEAD_QUEUE) == 0


async def test_a_report_counts_once_the_letter_was_sent(stage: Stage) -> None:
    """What came too early left no trace that could keep the same word from being heard."""
    async with stage.policy():
        declined = await stage.approved(grace())
        bounce = event(BounceReceived(case=case_of(declined)), "bounce", NOON)
        assert await stage.ask(bounce) == "done"
        await sent(stage)
        assert await stage.ask(bounce) == "done"
        assert await stage.database["suppressions"].distinct("kind") == ["bounce"]


async def test_a_never_again_from_another_address_holds_for_both_and_links_neither(stage: Stage) -> None:
    """Somebody answers the letter from an address that nobody knew; or names a letter that is not there."""
    alias = Person(email="private@example.net")
    lost = Person(email="lost@example.net")
    async with stage.policy():
        case = await sent(stage)
        assert await stage.ask(event(OptOutReceived(person=alias, case=case), "stop", NOON)) == "done"
        nowhere = OptOutReceived(person=lost, case="case_" + "a" * 32)
        assert await stage.ask(event(nowhere, "stop too", NOON)) == "done"
        for number, person in enumerate((grace(), alias, lost)):
            denied = decline(person, f"d{number}")
            await stage.publish(outreach(person, f"o{number}", at=NOON - 2 * DAY), denied)
            await stage.becomes(denied, State.DENIED)
            assert "consent.opted_out" in await stage.codes(denied)
        cards = await stage.database["people"].find().to_list(None)
        assert {len(card["keys"]) for card in cards} == {1}
