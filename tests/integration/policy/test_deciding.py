"""From a decline to its outcome, through the real broker and the real database."""

import json
from collections.abc import Iterable, Sequence

import pytest

from services.policy.memory import Memory, Part
from shared import topology
from shared.decision import SignedDecision, Signer, Verifier
from shared.events import Event, OptOutReceived, Person, outcome_id
from shared.states import State
from shared.store.client import Document
from shared.vault import Sealer, new_key
from tests.integration.policy.stage import (
    DAY,
    HOUR,
    NOON,
    Stage,
    case_of,
    decline,
    eventually,
    grace,
    outreach,
)
from tests.integration.policy.stage import event as made

Entries = Sequence[tuple[Part, Iterable[str], Document]]


async def test_a_plain_decline_is_approved_and_its_permit_can_be_verified(stage: Stage) -> None:
    """The notifier gets a permit that policy signed; the feed tells it under an id derived from the case."""
    async with stage.policy():
        declined = await stage.approved(grace())
        message = await stage.next(topology.NOTIFIER_APPROVED.name)
    (sent,) = json.loads(message.body)
    permit = SignedDecision.model_validate(sent["data"]["permit"])
    decision = Verifier(Signer(stage.settings.signing_key.get_secret_value()).public_key).verify(permit)
    assert (decision.case, decision.verdict) == (case_of(declined), "approve")
    assert decision.schedule is not None
    assert decision.schedule.not_after == declined.time + 30 * DAY
    inputs = json.loads((await stage.case(declined))["decision"]["inputs"])
    assert (inputs["source"], inputs["source_kind"]) == ("/sources/ats", "greenhouse")
    assert message.correlation_id == case_of(declined)
    assert await stage.told(1) == [
        ("approved", case_of(declined), outcome_id(case_of(declined), "followup.approved"))
    ]
    claimed = await stage.database["permits"].find_one({"_id": case_of(declined)})
    assert claimed is not None
    assert claimed["until"] == decision.schedule.not_after + 180 * DAY


@pytest.mark.parametrize(
    ("who", "state", "kind", "code"),
    [
        ("unknown", State.HELD, "held", "provenance.unclear_who"),
        ("company", State.DENIED, "denied", "provenance.declined_by_company"),
    ],
)
async def test_each_other_outcome_is_stored_with_its_reason_and_told(
    stage: Stage, who: str, state: State, kind: str, code: str
) -> None:
    """Nothing reaches the notifier; the feed says what became of it."""
    declined = decline(grace(), who=who)  # type: ignore[arg-type] # a literal in a parameter list
    async with stage.policy():
        await stage.publish(outreach(grace()))
        await stage.publish(declined)
        await stage.becomes(declined, state)
        assert await stage.told(1) == [
            (kind, case_of(declined), outcome_id(case_of(declined), f"followup.{kind}"))
        ]
    assert await stage.codes(declined) == [code]
    assert await stage.taken(topology.NOTIFIER_APPROVED.name) == []
    assert await stage.database["permits"].count_documents({}) == 0


async def test_repeats_open_one_case_and_tell_the_same_outcome_again(stage: Stage) -> None:
    """The same message twice, the same event twice in one message: one case, one permit, one outcome id."""
    declined = decline(grace())
    async with stage.policy():
        await stage.publish(outreach(grace()))
        await stage.publish(declined, declined)
        await stage.becomes(declined, State.APPROVED)
        first = await stage.told(1)
        await stage.bus.publish([declined])
        assert (
            await stage.told(1)
            == first
            == [("approved", case_of(declined), outcome_id(case_of(declined), "followup.approved"))]
        )
    stored = await stage.case(declined)
    assert [line["to_state"] for line in stored["timeline"]] == ["received", "approved"]
    assert await stage.database["cases"].count_documents({}) == 1
    assert await stage.database["permits"].count_documents({}) == 1
    assert await stage.database["conflicts"].count_documents({}) == 0


async def test_the_same_id_with_other_content_is_recorded_and_counted_and_never_acted_on(
    stage: Stage,
) -> None:
    """The first word stands: alone, and beside it in one message."""
    declined = decline(grace(), who="unknown")
    other = made(decline(grace("alan")).data, "decline", NOON - HOUR)
    beside = decline(grace("edsger"), "another")
    contrary = decline(grace("edsger"), "another", who="unknown")
    assert (other.id, contrary.id) == (declined.id, beside.id)
    async with stage.policy() as http:
        await stage.publish(outreach(grace()), outreach(grace("alan"), "o2"), outreach(grace("edsger"), "o3"))
        await stage.publish(declined)
        before = await stage.becomes(declined, State.HELD)
        await stage.bus.publish([other])
        await stage.bus.publish([beside, contrary])

        async def both_recorded() -> bool:
            return await stage.database["conflicts"].count_documents({}) == 2

        await eventually(both_recorded, "the conflicts are recorded")
        await stage.becomes(beside, State.APPROVED)

        async def counted() -> bool:
            return (
                'afterword_conflicts_total{type="decline.received"} 2.0' in (await http.get("/metrics")).text
            )

        await eventually(counted, "the conflicts are counted")
    assert await stage.case(declined) == before
    assert await stage.database["cases"].count_documents({}) == 2
    conflict = await stage.database["conflicts"].find_one({"event_id": declined.id})
    assert conflict is not None
    assert (conflict["first_digest"], conflict["digest"]) == (declined.digest, other.digest)


async def test_a_no_that_its_source_calls_the_companys_later_is_thanked_for_no_more(stage: Stage) -> None:
    """A slip that somebody mended in the platform; beside the first word, too, and in no other way round."""
    slip, mended = decline(grace()), decline(grace(), who="company")
    both = [decline(grace("alan"), "at once", who=who) for who in ("candidate", "company")]
    theirs, ours = (decline(grace("edsger"), "other way", who=who) for who in ("company", "candidate"))
    people = [grace(), grace("alan"), grace("edsger")]
    async with stage.policy():
        await stage.publish(*(outreach(person, f"o{place}") for place, person in enumerate(people)))
        await stage.publish(slip)
        await stage.becomes(slip, State.APPROVED)
        await stage.bus.publish([mended])
        await stage.becomes(slip, State.CANCELLED)
        await stage.bus.publish(both)
        await stage.becomes(both[0], State.DENIED)
        await stage.publish(theirs)
        await stage.becomes(theirs, State.DENIED)
        await stage.bus.publish([ours])

        async def noticed() -> bool:
            return await stage.database["conflicts"].count_documents({}) == 3

        await eventually(noticed, "what the source said otherwise is recorded")
    assert await stage.codes(slip) == await stage.codes(both[0]) == ["provenance.withdrawn"]
    assert (await stage.case(theirs))["state"] == State.DENIED


async def test_a_conflict_that_slips_past_the_first_look_is_still_none_to_act_on(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two replicas take both in at once: the unique id lets one win, the other is a counted conflict."""
    declined, contrary = decline(grace(), who="unknown"), decline(grace(), who="candidate")
    async with stage.policy() as http:
        await stage.publish(outreach(grace()))
        await stage.publish(declined)
        before = await stage.becomes(declined, State.HELD)

        async def nothing_known(_inbox: object, _ids: object) -> dict[str, str | None]:
            monkeypatch.undo()
            return {}

        monkeypatch.setattr("services.policy.inbox.Inbox.known", nothing_known)
        await stage.bus.publish([contrary])

        async def counted() -> bool:
            return (
                'afterword_conflicts_total{type="decline.received"} 1.0' in (await http.get("/metrics")).text
            )

        await eventually(counted, "the conflict is counted")
    assert await stage.case(declined) == before
    assert await stage.database["conflicts"].count_documents({"event_id": declined.id}) == 1


async def test_poison_inside_a_batch_harms_nobody_beside_it(stage: Stage) -> None:
    """What cannot be read, is sealed with another key or was altered on its way is a dead letter by itself.

    The rest is decided.
    """
    good = [decline(grace(name), name) for name in ("ada", "alan", "edsger")]
    foreign = await _as_sent(stage, decline(grace("mallory"), "foreign"), key=new_key())
    unknown = {**await _as_sent(stage, decline(grace("x"), "unknown")), "type": "afterword.surprise.v1"}
    altered = {**await _as_sent(stage, decline(grace("y"), "altered")), "tenant": "other"}
    wire = [await _as_sent(stage, one) for one in good]
    async with stage.policy():
        await stage.publish(
            *(outreach(grace(name), f"outreach {name}") for name in ("ada", "alan", "edsger"))
        )
        await stage.publish_raw([wire[0], "no event", wire[1], unknown, foreign, altered, wire[2]])
        for one in good:
            await stage.becomes(one, State.APPROVED)

        async def all_dead() -> bool:
            return await stage.waiting(topology.DEAD_QUEUE) == 4

        await eventually(all_dead, "four dead letters")
    dead = {
        json.dumps(json.loads(message.body)[0]): str(message.headers["x-why"])
        for message in await stage.taken(topology.DEAD_QUEUE)
    }
    assert dead[json.dumps("no event")] == "unreadable: TypeError"
    assert dead[json.dumps(unknown)] == "unknown type afterword.surprise.v1"
    assert dead[json.dumps(foreign)] == "unreadable: Invalid"
    assert dead[json.dumps(altered)] == "unreadable: Invalid"
    assert await stage.database["cases"].count_documents({}) == 3


async def test_an_event_that_breaks_its_handler_is_tried_again_alone(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its neighbours are decided at once; itself when the cause is mended, with no loss and nothing twice."""
    good, bad = [decline(grace(f"p{n}"), f"d{n}") for n in range(4)], decline(grace("bad"), "bad")
    remember = Memory.remember

    async def broken(memory: Memory, entries: Entries) -> None:
        if any(entry["id"] == bad.id for _, _, entry in entries):
            raise ZeroDivisionError
        await remember(memory, entries)

    async with stage.policy():
        people = [outreach(grace(f"p{n}"), f"o{n}") for n in range(4)]
        await stage.publish(*people, outreach(grace("bad"), "o bad"))
        monkeypatch.setattr(Memory, "remember", broken)
        await stage.bus.publish([*good[:3], bad, *good[3:]])
        for one in good:
            await stage.becomes(one, State.APPROVED)
        assert await stage.database["cases"].count_documents({"_id": case_of(bad)}) == 0
        monkeypatch.undo()
        await stage.becomes(bad, State.APPROVED)
        assert len(set(await stage.told(5))) == 5
    assert await stage.waiting(topology.DEAD_QUEUE) == 0


async def test_what_names_nobody_is_a_dead_letter_with_its_reason(stage: Stage) -> None:
    """An event that can be read and not used is kept for a person to look at."""
    nobody = decline(Person(name="Grace"), "nobody")
    async with stage.policy():
        await stage.bus.publish([nobody])
        message = await stage.next(topology.DEAD_QUEUE)
        stop = made(OptOutReceived(case="case_" + "a" * 32), "stop", NOON)
        assert await stage.ask(stop) == "names a case that is not there"
    assert str(message.headers["x-why"]).startswith("names nobody")
    assert b"Grace" not in message.body


async def test_one_person_gets_one_permit_whatever_the_alias(stage: Stage) -> None:
    """A second decline of the same person, by another identifier, is denied for the first one's permit."""
    both = Person(email="grace@example.org", phone="+4930123456")
    by_phone = decline(Person(phone="+49 30 123456"), "by phone")
    async with stage.policy():
        await stage.approved(grace())
        await stage.publish(outreach(both, "link", at=NOON - 2 * DAY))
        await stage.publish(by_phone)
        await stage.becomes(by_phone, State.DENIED)
    assert "single.already_thanked" in await stage.codes(by_phone)
    assert await stage.database["permits"].count_documents({}) == 1


async def _as_sent(stage: Stage, one: Event, key: str | None = None) -> dict[str, object]:
    from shared.batch import encode

    sealer = Sealer(key or stage.settings.bus_key.get_secret_value())
    (wire,) = json.loads(encode([one], sealer))
    assert isinstance(wire, dict)
    return wire
