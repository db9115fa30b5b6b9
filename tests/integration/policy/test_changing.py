"""What becomes of a person whom a platform knows otherwise by now: changed, merged with another, deleted."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from pymongo.errors import AutoReconnect

from services.intake.sources import greenhouse
from services.intake.sources.config import Erasing
from services.intake.sources.delivery import Delivery
from services.policy.renewal import Changed, Renewal
from shared.events import (
    BounceReceived,
    ComplaintReceived,
    Data,
    Event,
    OptOutReceived,
    Person,
    PersonChanged,
    PreferenceSet,
)
from shared.states import State
from shared.vault import Keyring, Vault
from tests.integration.policy.stage import (
    DAY,
    HOUR,
    NOON,
    Stage,
    decline,
    event,
    outreach,
)

OLD = Person(name="Grace Hopper", email="grace@example.org", external_id="42")
MOVED = Person(name="Grace B. Hopper", email="grace@new.example", external_id="42")


def change(person: Person, sent_id: str, at: datetime, *formerly: str) -> Event:
    """What a platform tells of somebody by now."""
    return event(PersonChanged(person=person, formerly=formerly), sent_id, at)


async def details(stage: Stage, declined: Event) -> dict[str, Any]:
    """What the notifier would find on the card of a case."""
    vault = Vault(Keyring.parse(stage.settings.vault_keys.get_secret_value()))
    case = await stage.case(declined)
    card = await stage.database["people"].find_one({"_id": case["card"]})
    assert card is not None
    said: dict[str, Any] = json.loads(vault.open(card["data_key"]).open(card["sealed"], card["_id"].encode()))
    return {name: said.get(name) for name in ("name", "email", "timezone")}


async def test_an_open_case_uses_what_is_newest(stage: Stage) -> None:
    """In whatever order it is told and however often; whoever reads the case must look again."""
    zone = change(Person(external_id="42", timezone="Asia/Tokyo"), "zone", NOON - HOUR)
    older = change(OLD.model_copy(update={"email": "grace@older.example"}), "older", NOON - 2 * HOUR)
    newer = change(MOVED, "newer", NOON)
    wanted = {"name": MOVED.name, "email": MOVED.email, "timezone": "Asia/Tokyo"}
    async with stage.policy():
        approved = await stage.approved(OLD)
        before = await stage.case(approved)
        for word in (newer, older, zone, older, newer):
            assert await stage.ask(word) == "done"
        after = await stage.case(approved)
        assert after["rev"] > before["rev"]
        assert after["state"] == State.APPROVED
        assert await details(stage, approved) == wanted


async def test_a_decline_that_comes_after_the_change_it_was_sent_before_uses_the_new_address(
    stage: Stage,
) -> None:
    """What was under way with the old address does not go there; what is newer than the change does."""
    under_way, later = decline(OLD, "under way"), Person(email="grace@later.example", external_id="42")
    async with stage.policy():
        assert await stage.ask(change(MOVED, "moved", NOON - HOUR / 2)) == "done"
        await stage.publish(outreach(OLD))
        await stage.publish(under_way)
        await stage.becomes(under_way, State.APPROVED)
        assert (await details(stage, under_way))["email"] == MOVED.email
        after = decline(later, "after", at=NOON)
        await stage.publish(after)
        await stage.becomes(after, State.DENIED)  # thanked already, as the same person
        assert (await details(stage, after))["email"] == later.email


async def test_a_card_that_a_crash_left_behind_is_brought_up_to_date(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process ends between making the card and looking for what changed: the message comes again."""
    under_way, renew, failures = decline(OLD), Renewal.renew, iter([AutoReconnect("no primary")])

    async def cut_off(renewal: Renewal, people: Sequence[Changed]) -> None:
        for failure in failures:
            raise failure
        await renew(renewal, people)

    async with stage.policy():
        assert await stage.ask(change(MOVED, "moved", NOON - HOUR / 2)) == "done"
        await stage.publish(outreach(OLD.model_copy(update={"phone": "+49 30 123456"})))
        monkeypatch.setattr(Renewal, "renew", cut_off)
        await stage.publish(under_way)
        await stage.becomes(under_way, State.APPROVED)
        assert (await details(stage, under_way))["email"] == MOVED.email


async def test_a_change_of_one_is_none_of_who_shares_a_phone(stage: Stage) -> None:
    """They are one when it is about silence, but a letter to one must not go to the other."""
    phone = "+49 30 123456"
    ada = Person(name="Ada Lovelace", email="ada@example.org", phone=phone, external_id="7")
    async with stage.policy():
        approved = await stage.approved(ada)
        shared = change(MOVED.model_copy(update={"phone": phone}), "moved", NOON)
        assert await stage.ask(shared) == "done"
        assert (await details(stage, approved))["email"] == ada.email


async def test_what_a_change_links_is_one_person(stage: Stage) -> None:
    """A number that asked to be let alone is found to be theirs: what was approved is cancelled."""
    phone = "+49 30 123456"
    async with stage.policy():
        assert await stage.ask(event(OptOutReceived(person=Person(phone=phone)), "stop", NOON)) == "done"
        approved = await stage.approved(OLD)
        await stage.publish(change(OLD.model_copy(update={"phone": phone}), "phone", NOON))
        await stage.becomes(approved, State.CANCELLED)
    assert "consent.opted_out" in await stage.codes(approved)


KEPT, GONE = Person(email="kept@example.org", external_id="1"), Person(external_id="2")
MERGE = PersonChanged(person=Person(external_id="1"), formerly=("2",))


@pytest.mark.parametrize("first", ["word", "merge"])
@pytest.mark.parametrize(
    ("word", "code"),
    [
        (OptOutReceived(person=GONE), "consent.opted_out"),
        (ComplaintReceived(person=GONE), "consent.complained"),
        (BounceReceived(person=GONE), "consent.bounced"),
        (PreferenceSet(person=GONE, follow_up=False), "consent.unwanted"),
        (PreferenceSet(person=GONE, not_before=NOON + 30 * DAY), "consent.not_before"),
    ],
)
async def test_of_two_candidates_who_are_one_the_stricter_of_everything_holds(
    stage: Stage, word: Data, code: str, first: str
) -> None:
    """Although the other said the opposite later; whichever is told first, the word or the merge."""
    said = event(word, "word", NOON - 3 * HOUR)
    facts = [said, event(MERGE, "merge", NOON - HOUR)]
    async with stage.policy():
        await stage.publish(event(PreferenceSet(person=KEPT, follow_up=True), "yes", NOON - 2 * HOUR))
        approved = await stage.approved(KEPT)
        for fact in facts if first == "word" else reversed(facts):
            await stage.publish(fact)
        await stage.becomes(approved, State.CANCELLED)
    assert code in await stage.codes(approved)


async def test_a_follow_up_to_one_counts_for_the_cooldown_of_both(stage: Stage) -> None:
    """And of two that were approved before anybody knew, none is sent."""
    async with stage.policy():
        one, other = await stage.approved(KEPT, "one"), await stage.approved(GONE, "other")
        await stage.publish(event(MERGE, "merge", NOON))
        await stage.becomes(one, State.CANCELLED)
        await stage.becomes(other, State.CANCELLED)
        third = decline(GONE, "third", at=NOON)
        await stage.publish(third)
        await stage.becomes(third, State.DENIED)
    assert "single.already_thanked" in await stage.codes(third)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (State.RECEIVED, State.DENIED),
        (State.HELD, State.DENIED),
        (State.APPROVED, State.CANCELLED),
    ],
)
async def test_a_deletion_in_the_platform_is_an_erasure_all_the_way(
    stage: Stage, before: State, after: State
) -> None:
    """From its own delivery to what is open under an alias; only where the operator says so."""
    body = b'{"action": "delete_candidate", "payload": {"person": {"id": 42}}}'
    assert not greenhouse.map_events(Delivery({}, body), Erasing()).events
    (sent,) = greenhouse.map_events(Delivery({}, body), Erasing(erase_deleted=True)).events
    declined = decline(Person(email=OLD.email), who="unknown" if before is State.HELD else "candidate")
    async with stage.policy():
        assert await stage.ask(change(OLD, "who is who", NOON - DAY)) == "done"
        if before is not State.RECEIVED:  # without outreach it waits for the grace to end
            await stage.publish(outreach(OLD))
        await stage.publish(declined)
        await stage.becomes(declined, before)
        assert await stage.ask(event(sent.data, sent.id, NOON)) == "done"
        assert (await stage.case(declined))["state"] == after
        assert "consent.erased" in await stage.codes(declined)
        # what was under way when the candidate was deleted brings nothing back
        assert await stage.ask(change(MOVED, "late", NOON - timedelta(minutes=1))) == "done"
        assert await stage.database["people"].count_documents({"sealed": {"$ne": None}}) == 0
