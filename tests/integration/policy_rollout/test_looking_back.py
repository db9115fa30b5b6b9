"""Backtest and explanation, on what a running policy decided."""

import json
from pathlib import Path

import pytest

from shared.events import ErasureRequested, InteractionRecorded
from shared.states import State
from tests.integration.policy.stage import DAY, NOON, TENANT, Stage, case_of, decline, event, grace, outreach
from tests.integration.policy_rollout.conftest import Command
from tests.integration.policy_rollout.test_rolling_out import WARY, WHO, written_twice


async def test_a_backtest_finds_what_a_draft_would_change_and_changes_nothing(
    stage: Stage, afterword: Command, tmp_path: Path
) -> None:
    """As a table, as JSON and as a page; by file or by version, since a day, for a tenant."""
    async with stage.policy():
        await stage.approved(grace())
        await written_twice(stage, "ada")
        await stage.held(grace("bea"), "held")
    before = [case async for case in stage.database["cases"].find().sort("_id")]
    file, page = tmp_path / "wary.yaml", tmp_path / "report.html"
    file.write_text(WARY, encoding="utf-8")
    shown = await afterword("policy", "backtest", str(file), "--html", str(page))
    assert "3 cases: 1 with another verdict" in shown.output, shown.exception
    assert "conduct.reminded" in shown.output
    assert "<svg" in page.read_text("utf-8")
    nowhere = tmp_path / "nowhere" / "report.html"
    refused = await afterword("policy", "backtest", str(file), "--html", str(nowhere))
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == f"{nowhere}: expected a file that can be written: No such file or directory\n"
    version = (await afterword("policy", "draft", str(file), *WHO)).output.partition(":")[0]
    await stage.database["tenants"].insert_one({"_id": TENANT})
    told = json.loads((await afterword("policy", "backtest", version, "--json", "--tenant", TENANT)).output)
    assert (told["cases"], told["changed"]) == (3, 1)
    for later in (f"{NOON.year + 1}-01-01", f"{NOON.year + 1}-01-01T00:00:00Z"):
        told = json.loads((await afterword("policy", "backtest", version, "--json", "--since", later)).output)
        assert told["cases"] == 0
    nothing = await afterword("policy", "draft", "-", *WHO, given="")
    assert (nothing.exit_code, nothing.stdout) == (1, "")
    assert nothing.stderr == "-: expected a document, and nothing is there; {} has every default\n"
    assert before == [case async for case in stage.database["cases"].find().sort("_id")]


async def test_an_explanation_names_the_distance_and_proves_itself(stage: Stage, afterword: Command) -> None:
    """What an auditor is shown; a history that was edited is found out."""
    declined = decline(grace(), who="company")
    async with stage.policy():
        await stage.publish(outreach(grace()))
        await stage.publish(declined)
        await stage.becomes(declined, State.DENIED)
    shown = await afterword("case", "explain", case_of(declined))
    assert shown.exit_code == 0, shown.exception
    for part in (
        "decided deny",
        "to differ: The no would have to be the candidate's own.",
        "same  signature",
    ):
        assert part in shown.output
    told = json.loads((await afterword("case", "explain", case_of(declined), "--json")).output)
    assert (told["holds"], told["decisive"]) == (True, ["provenance.declined_by_company"])
    query = {"_id": case_of(declined)}
    case = await stage.database["cases"].find_one(query)
    assert case is not None
    edited = case["decision"]["inputs"].replace('"company"', '"candidate"')
    await stage.database["cases"].update_one(query, {"$set": {"decision.inputs": edited}})
    forged = await afterword("case", "explain", case_of(declined))
    assert forged.exit_code == 1
    assert "OTHER" in forged.output
    assert "there is no case nothing" in str((await afterword("case", "explain", "nothing")).exception)


async def test_the_words_of_a_finding_are_shown_for_a_reason_and_who_asked_is_kept(
    stage: Stage, afterword: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an erasure there are none left."""
    monkeypatch.setenv("AFTERWORD_VAULT_KEYS", stage.settings.vault_keys.get_secret_value())
    rude = InteractionRecorded(
        person=grace(), direction="outreach", channel="email", text="You absolute idiot. Answer me."
    )
    declined = decline(grace())
    why = ("--with-words", "--by", "Rita", "--reason", "the recruiter asked")
    async with stage.policy():
        await stage.publish(event(rude, "letter", NOON - DAY))
        await stage.publish(declined)
        await stage.becomes(declined, State.DENIED)
        assert "idiot" not in (await afterword("case", "explain", case_of(declined))).output
        shown = await afterword("case", "explain", case_of(declined), *why)
        assert "idiot" in shown.output, shown.exception
        looks = [look async for look in stage.database["audit"].find()]
        assert [(look["by"], look["of"]) for look in looks] == [("Rita", case_of(declined))]
        assert await stage.ask(event(ErasureRequested(person=grace()), "forget", NOON)) == "done"
        shown = await afterword("case", "explain", case_of(declined), *why)
    assert "idiot" not in shown.output
    assert "forgotten with the person" in shown.output
    nameless = await afterword("case", "explain", case_of(declined), "--with-words")
    assert nameless.exit_code == 2
