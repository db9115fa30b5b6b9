"""Every decision can be explained, repeated and proved; what was tampered with is named."""

import asyncio
import copy
import json
from collections.abc import Callable

import pytest
from typer.testing import CliRunner

from services.console.main import commands
from shared.decision import Signer
from shared.events import DeclineWithdrawn
from shared.states import State
from shared.store.client import Document
from tests.integration.policy.stage import NOON, Stage, case_of, decline, event, grace, outreach, review


def _move_on(case: Document) -> None:
    case["state"] = "sent"


def _reword(case: Document) -> None:
    case["timeline"][1]["why"] = "because"


def _cut(case: Document) -> None:
    del case["timeline"][-1]


def _flip(case: Document) -> None:
    case["decision"]["signed"]["decision"]["verdict"] = "deny"
    case["decision"]["verdict"] = "deny"


def _sign_with_another_key(case: Document) -> None:
    case["decision"]["signed"]["signature"] = "A" * 86 + "=="


def _swap_what_stands_beside(case: Document) -> None:
    case["decision"]["digest"] = "0" * 64


def _change_the_inputs(case: Document) -> None:
    case["decision"]["inputs"] = case["decision"]["inputs"].replace('"candidate"', '"company"')


def _embellish_the_findings(case: Document) -> None:
    case["decision"]["findings"] = [{"code": "x", "severity": "note", "evidence": {}, "says": "All is well."}]


def _forget_the_policy(case: Document) -> None:
    case["decision"]["version"] = case["decision"]["signed"]["decision"]["version"] = "gone"


TAMPERINGS: tuple[tuple[Callable[[Document], None], str], ...] = (
    (_move_on, "the case says sent, its timeline says approved"),
    (_reword, "line 2 was changed after it was written"),
    (_cut, "lines are missing or were added"),
    (_flip, "the signature is not the policy's"),
    (_sign_with_another_key, "the signature is not the policy's"),
    (_swap_what_stands_beside, "what is stored beside it is not what was signed"),
    (_change_the_inputs, "judged again it is deny, not approve"),
    (_embellish_the_findings, "the findings are not those of the judgment"),
    (_forget_the_policy, "the policy gone is not stored"),
)


async def test_each_kind_of_tampering_is_named(stage: Stage) -> None:
    """An untouched case has no fault; a touched one says where."""
    async with stage.policy():
        declined = await stage.approved(grace())
    stored = await stage.case(declined)
    for tamper, named in TAMPERINGS:
        touched = copy.deepcopy(stored)
        tamper(touched)
        assert any(named in fault for fault in await stage.faults(touched)), tamper.__name__


async def test_a_policy_that_was_changed_in_the_database_is_named(stage: Stage) -> None:
    """A version is the hash of its content: another text under it proves nothing."""
    async with stage.policy():
        declined = await stage.approved(grace())
    stored = await stage.case(declined)
    change = {"$set": {"text": "provenance: {no_outreach: hold}"}}
    await stage.database["policies"].update_one({"_id": stored["decision"]["version"]}, change)
    assert await stage.faults(stored) == ["decision: the policy stored under its version is another one"]


async def test_a_tenants_own_policy_is_in_force_and_verifies(
    stage: Stage, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """An override decides that tenant's cases alone, and its version can be judged again."""
    overrides = tmp_path_factory.mktemp("overrides")
    (overrides / "acme.yaml").write_text("consent: {only_if_wanted: true}\n")
    ours, theirs = decline(grace()), event(decline(grace()).data, "decline", NOON, tenant="globex")
    message = outreach(grace())
    async with stage.policy(policy_overrides=overrides):
        await stage.publish(message, event(message.data, "outreach", message.time, tenant="globex"))
        await stage.publish(ours, theirs)
        await stage.becomes(ours, State.DENIED)
        await stage.becomes(theirs, State.APPROVED)
    assert await stage.codes(ours) == ["consent.not_asked_for"]


async def test_cases_are_shown_and_verified_from_the_command_line(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them or one; exit 1 and the fault's name where one was tampered with."""
    async with stage.policy():
        good, cancelled = await stage.approved(grace()), await stage.approved(grace("alan"), "d2")
        assert await stage.ask(event(DeclineWithdrawn(decline="d2"), "stop", NOON)) == "done"
        held = await stage.held(grace("ada"), "d3")
        await stage.bus.publish([review(case_of(held), "approve")])
        await stage.becomes(held, State.APPROVED)
    monkeypatch.setenv("AFTERWORD_MONGO_URL", stage.settings.mongo_url.get_secret_value())
    monkeypatch.setenv(
        "AFTERWORD_VERIFY_KEY", Signer(stage.settings.signing_key.get_secret_value()).public_key
    )
    monkeypatch.setenv("COLUMNS", "400")

    async def run(*arguments: str) -> tuple[int, str]:
        result = await asyncio.to_thread(CliRunner().invoke, commands(["case"]), ["case", *arguments])
        return result.exit_code, result.output

    assert await run("verify") == (0, "3 cases checked, 0 with faults\n")
    assert await run("verify", case_of(good)) == (0, "1 cases checked, 0 with faults\n")
    code, shown = await run("show", case_of(cancelled))
    assert code == 0
    for expected in (case_of(cancelled), "cancelled", "provenance.withdrawn", "The no was taken back."):
        assert expected in shown
    code, shown = await run("show", case_of(good), "--json")
    assert json.loads(shown)["state"] == "approved"
    assert "keys" not in json.loads(shown)
    assert (await run("show", "case_none"))[0] == 1
    await stage.database["cases"].update_one({"_id": case_of(good)}, {"$set": {"timeline.0.by": "nobody"}})
    code, said = await run("verify")
    assert code == 1
    assert said == (
        f"{case_of(good)}: line 1 was changed after it was written\n3 cases checked, 1 with faults\n"
    )
