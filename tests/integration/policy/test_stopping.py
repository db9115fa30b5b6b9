"""Everything that stops a follow-up: in force before its sender is answered, whichever came first."""

import json
from collections.abc import Sequence

import pytest
from pymongo.errors import AutoReconnect

from shared import topology
from shared.batch import decode
from shared.errors import Destroyed
from shared.events import (
    BounceReceived,
    ComplaintReceived,
    Data,
    DeclineReceived,
    DeclineWithdrawn,
    ErasureRequested,
    Event,
    InteractionRecorded,
    OptOutReceived,
    Person,
    PersonForgotten,
)
from shared.states import State
from shared.store.client import Document
from shared.store.suppressions import Suppressions
from shared.vault import Keyring, Sealer, Vault
from tests.integration.policy.stage import (
    DAY,
    HOUR,
    NOON,
    REY,
    Stage,
    case_of,
    decline,
    event,
    eventually,
    grace,
    outreach,
)

PHONE = Person(phone="+49 30 123456")
LINKED = Person(email="grace@example.org", phone="+49 30 123456")


@pytest.mark.parametrize(
    ("word", "code"),
    [
        (OptOutReceived(person=grace()), "consent.opted_out"),
        (ComplaintReceived(person=grace()), "consent.complained"),
        (ErasureRequested(person=grace()), "consent.erased"),
        (DeclineWithdrawn(decline="decline"), "provenance.withdrawn"),
    ],
)
async def test_when_the_sender_is_told_done_the_approved_case_is_cancelled(
    stage: Stage, word: Data, code: str
) -> None:
    """Nothing is waited for between the answer and the look."""
    async with stage.policy():
        declined = await stage.approved(grace())
        assert await stage.ask(event(word, "stop", NOON)) == "done"
        stored = await stage.case(declined)
        assert stored["state"] == State.CANCELLED
        assert code in await stage.codes(declined)
        assert [told[0] for told in await stage.told(2)] == ["approved", "cancelled"]
        assert await stage.ask(event(word, "stop", NOON)) == "done"


@pytest.mark.parametrize(
    ("word", "code"),
    [
        (OptOutReceived(person=grace()), "consent.opted_out"),
        (DeclineWithdrawn(decline="decline"), "provenance.withdrawn"),
    ],
)
async def test_a_stop_that_comes_before_its_decline_counts(stage: Stage, word: Data, code: str) -> None:
    """Out of order is normal: the decline finds the word waiting."""
    declined = decline(grace())
    async with stage.policy():
        assert await stage.ask(event(word, "stop", NOON)) == "done"
        await stage.publish(outreach(grace()))
        await stage.publish(declined)
        await stage.becomes(declined, State.DENIED)
    assert code in await stage.codes(declined)
    assert await stage.database["permits"].count_documents({}) == 0


@pytest.mark.parametrize("first", ["word", "decline"])
async def test_a_withdrawal_that_is_older_than_the_decline_does_not_cancel_it(
    stage: Stage, first: str
) -> None:
    """It took back an earlier no of that id, whichever is reported first; a later one cancels."""
    declined = decline(grace())
    older = event(DeclineWithdrawn(decline="decline"), "older", NOON - 2 * HOUR)
    async with stage.policy():
        await stage.publish(outreach(grace()))
        if first == "word":
            assert await stage.ask(older) == "done"
        await stage.publish(declined)
        await stage.becomes(declined, State.APPROVED)
        if first == "decline":
            assert await stage.ask(older) == "done"
        assert (await stage.case(declined))["state"] == State.APPROVED
        assert await stage.ask(event(DeclineWithdrawn(decline="decline"), "newer", NOON)) == "done"
        assert (await stage.case(declined))["state"] == State.CANCELLED
    assert "provenance.withdrawn" in await stage.codes(declined)


async def test_an_opt_out_by_another_identifier_counts_once_it_is_linked(stage: Stage) -> None:
    """Linked before the decline it denies; linked after the approval it cancels."""
    later = Person(email="later@example.org")
    linking = InteractionRecorded(
        person=Person(email="later@example.org", phone="+49 30 123456"), recruiter=REY, direction="reply"
    )
    async with stage.policy():
        await stage.publish(outreach(LINKED))
        assert await stage.ask(event(OptOutReceived(person=PHONE), "stop", NOON)) == "done"
        declined = decline(grace())
        await stage.publish(declined)
        await stage.becomes(declined, State.DENIED)
        assert "consent.opted_out" in await stage.codes(declined)

        approved = await stage.approved(later, "later")
        await stage.publish(event(linking, "link", NOON - 2 * HOUR))
        await stage.becomes(approved, State.CANCELLED)
        assert "consent.opted_out" in await stage.codes(approved)


async def test_a_stop_that_is_not_in_force_is_not_answered_with_done(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the database is away the sender hears so; the event is kept and takes hold later."""
    add = Suppressions.add

    async def away(suppressions: Suppressions, documents: Sequence[Document]) -> None:
        if documents:
            raise AutoReconnect("no primary")
        await add(suppressions, documents)

    async with stage.policy():
        declined = await stage.approved(grace())
        monkeypatch.setattr(Suppressions, "add", away)
        stop = event(OptOutReceived(person=grace()), "stop", NOON)
        assert await stage.ask(stop) == "server away: AutoReconnect"
        assert (await stage.case(declined))["state"] == State.APPROVED
        monkeypatch.undo()
        await stage.becomes(declined, State.CANCELLED)


@pytest.mark.parametrize(
    "stop",
    [
        OptOutReceived(person=grace()),
        ComplaintReceived(person=grace()),
        BounceReceived(person=grace()),
        ErasureRequested(person=grace()),
        InteractionRecorded(person=grace(), direction="reply", text="Never write to me again."),
    ],
    ids=lambda stop: stop.kind,
)
async def test_a_stop_is_obeyed_under_an_id_that_was_used_for_another(stage: Stage, stop: Data) -> None:
    """Whoever sent it may number badly; that is a conflict to look into, and no reason to write on."""
    async with stage.policy():
        declined = await stage.approved(grace())
        assert await stage.ask(event(OptOutReceived(person=PHONE), "stop", NOON)) == "done"
        for _twice in range(2):
            assert await stage.ask(event(stop, "stop", NOON)) == "done"
        assert (await stage.case(declined))["state"] == State.CANCELLED
    assert await stage.database["conflicts"].count_documents({}) == 1


@pytest.mark.parametrize("stop", [ComplaintReceived, ErasureRequested, OptOutReceived])
async def test_whoever_is_named_beside_a_case_is_let_alone_too(
    stage: Stage, stop: type[ComplaintReceived | ErasureRequested | OptOutReceived]
) -> None:
    """Also where the letter of the case never went out, of which nobody could complain."""
    async with stage.policy():
        about, named = await stage.approved(grace()), await stage.approved(grace("alan"), "of alan")
        word = stop(person=grace("alan"), case=case_of(about))
        assert await stage.ask(event(word, "stop", NOON)) == "done"
        assert (await stage.case(named))["state"] == State.CANCELLED
        if stop is ErasureRequested:
            cards = (
                await stage.database["people"]
                .find({"keys": {"$in": (await stage.case(named))["keys"]}})
                .to_list()
            )
            assert cards
            assert all(card["erased_at"] for card in cards)


async def test_writing_on_after_the_no_cancels_the_thank_you(stage: Stage) -> None:
    """A message sent after the no counts whenever it is reported."""
    async with stage.policy():
        declined = await stage.approved(grace())
        await stage.publish(outreach(grace(), "again", at=NOON - HOUR / 2))
        await stage.becomes(declined, State.CANCELLED)
        assert "conduct.wrote_on" in await stage.codes(declined)
        assert [told[0] for told in await stage.told(2)] == ["approved", "cancelled"]


async def test_a_source_cannot_stop_what_others_send(stage: Stage) -> None:
    """A word for the whole installation counts only from the desk; a source speaks for its own tenant."""
    everywhere = OptOutReceived(person=grace(), scope="installation")
    foreign = event(everywhere, "stop", NOON, tenant="globex")
    async with stage.policy():
        assert await stage.ask(foreign) == "done"
        await stage.approved(grace())
        by_hand = event(
            everywhere.model_copy(update={"person": grace("alan")}), "by hand", NOON, tenant="globex"
        )
        assert await stage.ask(by_hand.model_copy(update={"source": "/desk"})) == "done"
        denied = decline(grace("alan"), "d2")
        await stage.publish(outreach(grace("alan"), "o2"), denied)
        await stage.becomes(denied, State.DENIED)
        assert await stage.codes(denied) == ["consent.opted_out"]


async def test_an_erasure_leaves_nothing_to_open_and_the_wish_in_force(stage: Stage) -> None:
    """Data keys, sealed details and memory of every alias are gone; fingerprints of the wish stay."""
    vault = Vault(Keyring.parse(stage.settings.vault_keys.get_secret_value()))
    async with stage.policy():
        await stage.publish(outreach(LINKED, "link", at=NOON - 2 * DAY))
        declined = await stage.approved(grace())
        cards = await stage.database["people"].find().to_list(None)
        assert len(cards) == 2
        for card in cards:
            opened = vault.open(card["data_key"]).open(card["sealed"], card["_id"].encode())
            assert json.loads(opened)["email"] == "grace@example.org"
        (text,) = await stage.database["events"].find({"sealed": {"$ne": None}}).to_list(None)

        assert await stage.ask(event(ErasureRequested(person=PHONE), "forget", NOON)) == "done"

        assert await stage.database["people"].count_documents({"data_key": None, "sealed": None}) == 3
        assert await stage.database["people"].count_documents({}) == 3
        assert await stage.database["memory"].count_documents({}) == 0
        with pytest.raises(Destroyed):
            vault.open(None)
        assert text["sealed"]
        kinds = await stage.database["suppressions"].distinct("kind")
        assert kinds == ["erasure"]
        again = decline(grace(), "again")
        await stage.publish(outreach(grace(), "o2"), again)
        await stage.becomes(again, State.DENIED)
        assert "consent.erased" in await stage.codes(again)
    assert (await stage.case(declined))["state"] == State.CANCELLED


async def test_whoever_else_keeps_something_is_told_whom_was_forgotten(stage: Stage) -> None:
    """By every key that the erasure reached, before it is answered; told again where it comes again."""
    sealer = Sealer(stage.settings.bus_key.get_secret_value())
    erasure = event(ErasureRequested(person=PHONE), "forget", NOON)
    async with stage.policy():
        await stage.publish(outreach(LINKED, "link", at=NOON - 2 * DAY))
        told = []
        for _ in range(2):
            assert await stage.ask(erasure) == "done"
            message = await stage.next(topology.WORKER_FORGOTTEN.name)
            told += decode(message.body, sealer)
        cards = await stage.database["people"].find().to_list(None)
    first, again = told
    assert first == again
    assert isinstance(first, Event)
    assert isinstance(first.data, PersonForgotten)
    assert set(first.data.keys) == {key for card in cards for key in card["keys"]}
    assert len(first.data.keys) > 1
    assert (first.tenant, first.receivedat) == (erasure.tenant, erasure.receivedat)


async def test_no_personal_data_lie_open_in_the_broker_or_the_database(stage: Stage) -> None:
    """Addresses, names and texts are sealed on the way and at rest."""
    declined = decline(grace(), text="Thank you, but I am not interested. Arlington is far.")
    await stage.bus.publish([outreach(grace())])
    await stage.bus.publish([declined])
    bodies = [message.body for message in await stage.taken(topology.POLICY_FACTS.name)]
    assert len(bodies) == 2
    async with stage.policy():
        await stage.publish(outreach(grace()))
        await stage.publish(declined)
        await stage.becomes(declined, State.APPROVED)
    names = await stage.database.list_collection_names()
    stored = [str(await stage.database[name].find().to_list(None)) for name in names]
    for secret in ("grace@example.org", "Hopper", "Arlington", "rey@acme"):
        assert not any(secret in text for text in stored)
        assert not any(secret.encode() in body for body in bodies)


async def test_a_decline_waits_the_grace_for_its_outreach_and_is_then_judged(
    stage: Stage, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Without an outreach it comes back after the grace, and is denied for want of one."""
    patient = tmp_path_factory.mktemp("policy") / "policy.yaml"
    patient.write_text("grace_seconds: 1\n")
    declined = decline(grace())
    async with stage.policy(policy_file=patient):
        await stage.publish(declined)

        async def put_off() -> bool:
            return await stage.waiting(topology.wait_exchange(1).name) == 1

        await eventually(put_off, "the decline waits")
        assert (await stage.case(declined))["state"] == State.RECEIVED
        stage.clock.advance(HOUR / 3600)
        await stage.becomes(declined, State.DENIED)
    assert await stage.codes(declined) == ["provenance.no_outreach"]
    assert await stage.waiting(topology.DEAD_QUEUE) == 0


async def test_a_decline_is_judged_at_once_when_its_outreach_comes_within_the_grace(stage: Stage) -> None:
    """The outreach wakes the case; the waiting decline has nothing left to do when it comes back."""
    declined = decline(grace())
    async with stage.policy():
        await stage.publish(declined)

        async def put_off() -> bool:
            return await stage.waiting(topology.wait_exchange(120).name) == 1

        await eventually(put_off, "the decline waits")
        await stage.publish(outreach(grace()))
        await stage.becomes(declined, State.APPROVED)
        (late,) = await stage.taken(topology.wait_exchange(120).name)
        await stage.publish_raw(json.loads(late.body))
        first, again = await stage.told(2)
    assert first == again == ("approved", case_of(declined), first[2])


async def test_a_wish_to_hear_from_nobody_cancels_at_every_tenant(stage: Stage) -> None:
    """One click at one tenant's letter: an approved case at another is cancelled before the answer."""
    async with stage.policy():
        approved = await stage.approved(grace())
        theirs = event(
            InteractionRecorded(person=LINKED, recruiter=REY, direction="outreach", channel="email"),
            "letter",
            NOON - DAY,
            tenant="zenith",
        )
        other = event(
            DeclineReceived(person=PHONE, recruiter=REY, who="candidate", stage="outreach"),
            "decline",
            NOON - HOUR,
            tenant="zenith",
        )
        await stage.publish(theirs, other)
        await stage.becomes(other, State.APPROVED)
        wish = OptOutReceived(case=case_of(approved), scope="installation")
        asked = event(wish, "never", NOON).model_copy(update={"source": "/desk"})
        assert await stage.ask(asked) == "done"
        assert [(await stage.case(one))["state"] for one in (approved, other)] == ["cancelled", "cancelled"]
