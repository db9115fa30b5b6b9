"""A reason that is mapped: all that is open and names it is settled by one word, and what comes later too."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from pymongo.errors import AutoReconnect
from typer.testing import CliRunner

from services.console.main import commands
from services.policy.explain import explain
from services.policy.facts import Review
from services.policy.settle import Settled, Settler
from shared.decision import Signer, Verifier
from shared.events import DeclineReceived, Event, Person, ReasonMapped
from shared.reasons import NamedReason, Reading, Side, Who
from shared.states import State
from tests.integration.policy.stage import HOUR, NOON, REY, Stage, event, grace, outreach

REASON = "Took another job. Sorry"
UNMAPPED = "provenance.unmapped_reason"


def declined(
    sent_id: str,
    *,
    person: Person | None = None,
    told: Who = "unknown",
    side: Side | None = None,
    stage: Any = "outreach",
    source: str = "ats",
) -> Event:
    """A no with a reason that the company made up, as intake read it."""
    reading = Reading(told=told, reasons=(NamedReason(name=REASON, side=side), NamedReason(name="42")))
    data = DeclineReceived(
        person=person or grace(sent_id),
        recruiter=REY,
        who=reading.who or "unknown",
        stage=stage,
        reason=REASON,
        reading=reading,
    )
    return event(data, sent_id, NOON - HOUR, source=source)


def mapped(side: Side, sent_id: str = "mapping", *, after: int = 0, reason: str = REASON) -> Event:
    """An operator's word on it, so many seconds after noon."""
    data = ReasonMapped(source="ats", reason=reason, side=side, by="Rita")
    return event(data, sent_id, NOON + timedelta(seconds=after), source="console")


def relabelled(declined: Event) -> DeclineReceived:
    """The same without a reason: the platform calls it the candidate's by now."""
    assert isinstance(declined.data, DeclineReceived)
    return declined.data.model_copy(update={"reason": None, "reading": None, "who": "candidate"})


async def opened(stage: Stage, *declines: Event, becomes: State = State.HELD) -> None:
    """The cases of these declines, with outreach on record."""
    people = {one.id: one.data.person for one in declines if isinstance(one.data, DeclineReceived)}
    await stage.publish(*(outreach(person, f"outreach {name}") for name, person in people.items()))
    await stage.publish(*declines)
    for one in declines:
        await stage.becomes(one, becomes)


async def states(stage: Stage, *declines: Event) -> list[str]:
    """What became of these; all of it verifies."""
    return [(await stage.case(one))["state"] for one in declines]


async def test_one_word_settles_all_that_waits_for_it(stage: Stage) -> None:
    """Approved, held or denied by whatever else the rules say, with who mapped it in each timeline."""
    same = grace("twice")
    plain, offer = declined("plain"), declined("offer", stage="offer")
    twice = [declined("first", person=same), declined("second", person=same)]
    async with stage.policy():
        await opened(stage, plain, offer, *twice)
        assert await stage.codes(plain) == [UNMAPPED]
        first = mapped("candidate", reason="took ANOTHER  job. sorry")
        assert await stage.ask(first) == "done"
        assert await states(stage, plain, offer) == ["approved", "held"]
        assert sorted(await states(stage, *twice)) == ["approved", "denied"]
        assert await stage.codes(offer) == ["stage.set_apart"]
        line = (await stage.case(plain))["timeline"][-1]
        assert (line["by"], line["event_id"]) == ("mapping by Rita", first.id)
        inputs = json.loads((await stage.case(plain))["decision"]["inputs"])
        assert inputs["who"] == "candidate"
        assert inputs["reading"]["told"] == "unknown"
        assert [(one["side"], one["by"]) for one in inputs["reading"]["reasons"]] == [
            ("candidate", "Rita"),
            (None, None),
        ]
        told = await stage.told(8)
        assert {kind for kind, *_ in told} == {"held", "approved", "denied"}


@pytest.mark.parametrize(
    ("side", "code"),
    [("company", "provenance.declined_by_company"), ("ignore", "provenance.no_decline")],
)
async def test_what_turns_out_to_be_no_no_of_the_candidate_is_not_thanked(
    stage: Stage, side: Side, code: str
) -> None:
    """What was held is denied, what was approved by an earlier word and is not sent is cancelled."""
    held, approved = declined("held"), declined("approved", side="candidate")
    async with stage.policy():
        await opened(stage, held)
        await opened(stage, approved, becomes=State.APPROVED)
        assert await stage.ask(mapped(side, reason="42")) == "done"
        contradicted = "provenance.ambiguous_reason" if side == "company" else code
        assert await states(stage, held, approved) == ["denied", "cancelled"]
    assert await stage.codes(held) == [code]
    assert await stage.codes(approved) == [contradicted]


async def test_a_word_against_the_platform_leaves_it_to_a_person(stage: Stage) -> None:
    """Only a candidate's own no may lead to a letter: no map overrules a platform."""
    theirs = declined("theirs", told="company", side="candidate")
    async with stage.policy():
        await opened(stage, theirs)
        assert await stage.codes(theirs) == ["provenance.ambiguous_reason"]
        assert await stage.ask(mapped("candidate")) == "done"
        assert await states(stage, theirs) == ["held"]


async def test_a_repeat_of_the_decline_is_one_whatever_the_map_says_by_now(stage: Stage) -> None:
    """Not a conflict, for the platform said the same; and nothing moves."""
    first, again = declined("one"), declined("one", side="company")
    async with stage.policy():
        await opened(stage, first)
        assert await stage.ask(mapped("candidate")) == "done"
        before = await stage.case(first)
        await stage.bus.publish([again])
        later = declined("later")
        await opened(stage, later, becomes=State.APPROVED)
        assert await stage.database["conflicts"].count_documents({}) == 0
        assert (await stage.case(first))["timeline"] == before["timeline"]


async def test_an_earlier_no_is_read_as_its_reason_is_mapped_by_now(stage: Stage) -> None:
    """A company's no is not forgotten because nobody had said yet that its reason is the company's."""
    theirs, again = declined("theirs"), declined("again", person=grace("theirs"), told="candidate")
    async with stage.policy():
        await opened(stage, theirs)
        assert await stage.ask(mapped("company", reason="42")) == "done"
        await stage.publish(again.model_copy(update={"data": relabelled(again)}))
        await stage.becomes(again, State.HELD)
    assert "provenance.company_declined_first" in await stage.codes(again)


async def test_a_decline_that_was_read_before_the_word_and_arrives_after_it_is_read_by_it(
    stage: Stage,
) -> None:
    """Whatever was still under way when the reason was mapped waits for nobody."""
    late = declined("late")
    async with stage.policy():
        assert await stage.ask(mapped("candidate")) == "done"
        await opened(stage, late, becomes=State.APPROVED)


async def test_of_two_words_the_newer_holds_in_whatever_order_they_come(stage: Stage) -> None:
    """And each may come twice."""
    one, other, foreign = declined("one"), declined("other"), declined("foreign", source="crm")
    async with stage.policy():
        await opened(stage, one, foreign)
        newer, older = mapped("company", "newer", after=2), mapped("candidate", "older", after=1)
        for word in (newer, older, newer, older):
            assert await stage.ask(word) == "done"
        await opened(stage, other, becomes=State.DENIED)
        assert await states(stage, one, foreign) == ["denied", "held"]


async def test_a_word_whose_work_was_cut_off_is_finished(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database goes away between the writing and the judging: the same message does the rest."""
    held = declined("held")
    settle, failures = Settler.settle, iter([AutoReconnect("no primary")])

    async def cut_off(
        settler: Settler,
        ids: Iterable[str],
        causes: Mapping[str, str],
        reviews: Mapping[str, Review] | None = None,
    ) -> Settled:
        for failure in failures:
            raise failure
        return await settle(settler, ids, causes, reviews)

    async with stage.policy():
        await opened(stage, held)
        monkeypatch.setattr(Settler, "settle", cut_off)
        assert await stage.ask(mapped("candidate")) == "server away: AutoReconnect"
        await stage.becomes(held, State.APPROVED)


async def test_an_operator_sees_the_reasons_and_maps_one(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By command: the configuration for what will come, the event for what is open."""
    settings = stage.settings
    monkeypatch.setenv("AFTERWORD_MONGO_URL", settings.mongo_url.get_secret_value())
    monkeypatch.setenv("AFTERWORD_AMQP_URL", settings.amqp_url.get_secret_value())
    monkeypatch.setenv("AFTERWORD_BUS_KEY", settings.bus_key.get_secret_value())
    monkeypatch.setenv("COLUMNS", "200")
    source = {"_id": "ats", "tenant": "acme", "kind": "greenhouse", "config": {"reasons": {"A.b": "company"}}}
    await stage.database["sources"].insert_one(source)

    async def afterword(*arguments: str) -> Any:
        said = await asyncio.to_thread(
            CliRunner().invoke, commands(["source"]), ["source", *arguments, "--json"]
        )
        assert said.exit_code == 0, said.output
        return json.loads(said.stdout)

    held, theirs = [declined(f"held-{n}") for n in range(3)], declined("theirs", told="company")
    row = {"names": [REASON, "42"], "told": "unknown", "seen": 3, "held": 3}
    async with stage.policy():
        await opened(stage, *held)
        await opened(stage, theirs, becomes=State.DENIED)
        first, second = await afterword("reasons", "ats")
        assert first == {**row, "read_as": "unmapped", "by": "nobody"}
        assert second == {
            **row, "told": "company", "seen": 1, "held": 0, "read_as": "company", "by": "platform",
        }  # fmt: skip
        word = ("map", "ats", REASON.upper(), "candidate", "--by", "Rita")
        done = await afterword(*word)
        assert (done["in_force"], done["cases"]) == (True, {"approved": 3})
        assert (done["seen"], done["nearest"]) == (True, [])
        first, second = await afterword("reasons", "ats")
        assert first == {**row, "held": 0, "read_as": "candidate", "by": "map"}
        assert (second["read_as"], second["by"]) == ("ambiguous", "map")
        assert (await afterword(*word))["cases"] == {}
        ahead = await afterword("map", "ats", "Took other job", "candidate", "--by", "Rita")
        assert (ahead["in_force"], ahead["seen"], ahead["nearest"]) == (True, False, [REASON, "42"])
        found = await stage.database["sources"].find_one({"_id": "ats"})
        assert found is not None
        assert found["config"]["reasons"] == {
            "A.b": "company", REASON.upper(): "candidate", "Took other job": "candidate",
        }  # fmt: skip
        await afterword("map", "ats", REASON, "company", "--by", "Rita")
        assert await states(stage, *held) == ["cancelled"] * 3
    verifier = Verifier(Signer(settings.signing_key.get_secret_value()).public_key)
    policies = {found["_id"]: found["text"] async for found in stage.database["policies"].find()}
    page = explain(await stage.case(held[0]), verifier, policies, ())
    assert page.holds
    assert "mapped to company by Rita" in page.looked_at["reason"]
