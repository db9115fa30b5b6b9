"""`afterword source set` and `remove`, beside an intake that runs."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from services.intake.cli import app
from services.intake.registry import Tenants
from shared.clock import FixedClock
from shared.errors import AfterwordError, Conflict
from shared.store.client import Database, Document
from tests.integration.intake.stage import SOURCE_KEYS, Stage, decline, until

WHO = ("--by", "Rita", "--reason", "the platform moved")


@pytest.fixture(autouse=True)
def environment(mongo_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the commands read."""
    monkeypatch.setenv("AFTERWORD_MONGO_URL", mongo_url)
    monkeypatch.setenv("AFTERWORD_SOURCE_KEYS", SOURCE_KEYS)


@pytest.fixture
async def globex(database: Database) -> None:
    """A second tenant."""
    await Tenants(database).add("globex", "Globex", "Globex", "talent@globex.example", "Europe/Berlin")


async def said(*arguments: str) -> str:
    """What a command answers."""
    result = await asyncio.to_thread(CliRunner().invoke, app, ["source", *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


async def refused(*arguments: str) -> str:
    """What `afterword` says, in one line, of a command that fails."""
    error = (await asyncio.to_thread(CliRunner().invoke, app, ["source", *arguments])).exception
    assert isinstance(error, AfterwordError)
    assert "\n" not in str(error)
    return str(error)


async def stored(database: Database, name: str = "ats") -> Document:
    """The source as it is."""
    return await database["sources"].find_one({"_id": name}) or {}


async def audited(database: Database) -> list[tuple[str, str, str, str, list[str]]]:
    """Who did what."""
    parts = ("what", "of", "by", "why", "changed")
    return [tuple(one[part] for part in parts) async for one in database["audit"].find().sort("_id")]


async def test_a_rate_is_set_and_heard_by_what_runs(stage: Stage, clock: FixedClock) -> None:
    """At once, what is not named stays, and who did it is kept; what is so already is no change."""
    platform = await stage.platform()
    assert (await platform.send(decline("d-1"))).status_code == 202
    assert await said("set", "ats", "--burst", "1", *WHO) == "ats: rate changed\n"
    assert await said("set", "ats", "--burst", "1", *WHO) == "ats is so already\n"

    async def slowed() -> bool:
        return {(await platform.send(decline("d-2"))).status_code for _ in range(2)} == {429}

    await until(slowed)
    assert (await stored(stage.database))["rate"] == {"per_second": 1e6, "burst": 1}
    assert await said("set", "ats", "--rate-per-second", "5", "--burst", "9", *WHO)
    assert (await stored(stage.database))["rate"] == {"per_second": 5, "burst": 9}
    assert await audited(stage.database) == [("source set", "ats", "Rita", WHO[3], ["rate"])] * 2


async def test_a_configuration_is_checked_as_a_new_sources_and_takes_the_place_of_the_old(
    stage: Stage, tmp_path: Path
) -> None:
    """The reasons that it does not name stay as they are mapped."""
    await stage.source("gh", "greenhouse", reasons={"Withdrew": "candidate"}, erase_deleted=True)
    file = tmp_path / "config.json"

    async def told(config: Any) -> Any:
        file.write_text(json.dumps(config))
        await said("set", "gh", "--config", str(file), *WHO)
        return (await stored(stage.database, "gh"))["config"]

    assert await told({}) == {"reasons": {"Withdrew": "candidate"}}
    assert await told({"reasons": {" withdrew": "company"}}) == {"reasons": {" withdrew": "company"}}
    assert await told({"reasons": {"Filled": "company"}, "erase_deleted": True}) == {
        "reasons": {" withdrew": "company", "Filled": "company"}, "erase_deleted": True,
    }  # fmt: skip
    file.write_text('{"erase_deleted": "perhaps"}')
    assert "--config: /erase_deleted" in await refused("set", "gh", "--config", str(file), *WHO)
    assert len(await audited(stage.database)) == 3


async def test_a_reason_for_which_cases_may_wait_is_mapped_by_its_own_command(
    stage: Stage, tmp_path: Path
) -> None:
    """Which tells policy of it; what the file says as it is said already is taken."""
    await stage.source("gh", "greenhouse", reasons={"Withdrew": "candidate"})
    await stage.database["cases"].insert_one({"tenant": "acme", "source": "/sources/gh"})
    file = tmp_path / "config.json"
    file.write_text('{"reasons": {"Withdrew": "candidate", "Filled": "company"}}')
    set_it = ("set", "gh", "--config", str(file), *WHO)
    assert (why := await refused(*set_it)).startswith("/reasons/Filled: ")
    assert "source map" in why
    file.write_text('{"reasons": {"withdrew ": "candidate"}, "erase_deleted": true}')
    assert await said(*set_it)
    assert (await stored(stage.database, "gh"))["config"]["erase_deleted"] is True


@pytest.mark.usefixtures("globex")
async def test_a_tenant_is_fixed_by_what_has_come(stage: Stage) -> None:
    """Before that it may be another; sent again at another tenant, one decline would be two."""
    await stage.platform()
    assert "no tenant 'nobody'" in await refused("set", "ats", "--tenant", "nobody", *WHO)
    assert await said("set", "ats", "--tenant", "globex", *WHO) == "ats: tenant changed\n"
    await stage.database["events"].insert_one({"source": "/sources/ats"})
    why = await refused("set", "ats", "--tenant", "acme", *WHO)
    assert "globex's (events)" in why
    assert (await stored(stage.database))["tenant"] == "globex"
    assert len(await audited(stage.database)) == 1


async def test_a_source_is_removed_and_no_more_is_taken_from_it(stage: Stage) -> None:
    """As soon as the command has ended, also by an intake that knew it."""
    platform = await stage.platform()
    assert (await platform.send(b"no json")).status_code == 422
    assert await said("remove", "ats", *WHO) == "ats is removed\n"

    async def gone() -> bool:
        return (await platform.send(b"no json")).status_code == 401

    await until(gone)
    assert await stored(stage.database) == {}
    assert await audited(stage.database) == [("source remove", "ats", "Rita", WHO[3], [])]
    assert "no source 'ats'" in await refused("remove", "ats", *WHO)


@pytest.mark.parametrize(
    ("collection", "left", "told"),
    [
        ("cases", {"tenant": "acme", "source": "/sources/ats", "state": "held"}, "cases"),
        ("deliveries", {"source": "ats"}, "stored deliveries"),
        ("mappings", {"source": "/sources/ats"}, "mapped reasons"),
        ("events", {"source": "/sources/ats"}, "events"),
    ],
)
async def test_a_source_through_which_something_came_is_not_removed(
    stage: Stage, collection: str, left: Document, told: str
) -> None:
    """What is there would refer to nothing; what is another's does not count."""
    await stage.platform()
    await stage.platform("other")
    await stage.database[collection].insert_one(left)
    why = await refused("remove", "ats", *WHO)
    assert f"({told})" in why
    assert "source disable ats" in why
    assert (await stored(stage.database))["enabled"] is True
    assert await audited(stage.database) == []
    assert await said("remove", "other", *WHO)


async def test_of_two_who_change_the_same_one_is_refused(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So nobody's change is lost unseen."""
    await stage.platform()
    keep = "services.intake.revising.audit.keep"

    async def meanwhile(database: Database, **_: object) -> None:
        await database["sources"].update_one({"_id": "ats"}, {"$set": {"rate.burst": 3}})

    monkeypatch.setattr(keep, meanwhile)
    result = await asyncio.to_thread(CliRunner().invoke, app, ["source", "set", "ats", "--burst", "2", *WHO])
    assert isinstance(result.exception, Conflict)
    assert (await stored(stage.database))["rate"]["burst"] == 3


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("set", "ats", *WHO), "--burst or --config is expected"),
        (("set", "ats", "--burst", "2", "--by", " ", "--reason", "x"), "--by: some words"),
        (("set", "none", "--burst", "2", *WHO), "no source 'none'"),
        (("remove", "ats", "--by", "Rita", "--reason", " "), "--reason: some words"),
    ],
)
async def test_a_slip_changes_nothing(stage: Stage, arguments: tuple[str, ...], why: str) -> None:
    """And is told in a line."""
    await stage.platform()
    before = await stored(stage.database)
    assert why in await refused(*arguments)
    assert await stored(stage.database) == before
