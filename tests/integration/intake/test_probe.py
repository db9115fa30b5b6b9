"""`afterword source test`: a sample through the real door to a real policy, and where it stops if it does."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pydantic import SecretBytes, SecretStr

from services.intake.registry import Sources
from services.intake.sources import SOURCES
from services.policy.app import build
from shared.clock import FixedClock, SystemClock
from shared.errors import Conflict
from shared.settings import PolicySettings
from shared.vault import new_key
from tests.integration.intake.stage import BUS_KEY, KEYRING, RATE, SECRET, SOURCE_KEYS, Stage
from tests.integration.intake.test_looking import call
from tests.integration.intake.working import PEPPER, VAULT_KEYS


@pytest.fixture
def clock() -> FixedClock:
    """The true time: the command signs by it."""
    return FixedClock(SystemClock().now())


@pytest.fixture(autouse=True)
def environment(mongo_url: str, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the command reads; the door is where the stage has it."""
    monkeypatch.setenv("AFTERWORD_MONGO_URL", mongo_url)
    monkeypatch.setenv("AFTERWORD_SOURCE_KEYS", SOURCE_KEYS)
    monkeypatch.setenv("AFTERWORD_INTAKE_URL", str(stage.http.base_url))


@asynccontextmanager
async def open_policy(amqp_url: str, mongo_url: str) -> AsyncIterator[None]:
    """A policy that judges, until the end of the block."""
    settings = PolicySettings(
        amqp_url=SecretStr(amqp_url),
        mongo_url=SecretStr(mongo_url),
        bus_key=SecretStr(BUS_KEY),
        vault_keys=SecretStr(VAULT_KEYS),
        pepper=SecretBytes(PEPPER),
        signing_key=SecretStr(new_key()),
    )
    app = build(settings)
    async with app.router.lifespan_context(app):
        yield


async def test_a_test_of_each_kind_arrives_and_ends_at_policy(
    stage: Stage, amqp_url: str, mongo_url: str
) -> None:
    """Also of those whose platform makes the secret; nothing is ever permitted."""
    async with open_policy(amqp_url, mongo_url):
        for kind in SOURCES:
            if kind in {"standard", "cloudevents", "email"}:
                await Sources(stage.database, stage.clock).add(kind, "acme", kind, RATE, KEYRING)
            else:
                await stage.source(kind, kind)
            exit_code, steps = await tried(kind)
            assert exit_code == 0, steps
            assert all(step["made"] for step in steps)
            names = {"linkedin": 1, "email": 2}.get(kind, 3)
            assert [step["step"] for step in steps] == ["answered", "recorded", "ended"][:names]
            if names == 3:
                assert "provenance.test" in steps[-1]["told"]
    assert await stage.database["cases"].count_documents({}) == len(SOURCES) - 2
    assert await stage.database["cases"].distinct("state") == ["denied"]
    assert await stage.database["permits"].count_documents({}) == 0


async def test_it_says_where_it_stopped(stage: Stage) -> None:
    """Without a policy, without the source, and without a door."""
    await stage.source("gh", "greenhouse")
    exit_code, (answered, stopped) = await tried("gh", "--timeout", "0.3")
    assert (exit_code, answered["made"], stopped["made"]) == (1, True, False)
    assert answered["told"].startswith("200: on the bus as decline.received evt_")
    assert stopped["step"] == "recorded"
    exit_code, (away,) = await tried("gh", "--url", "http://127.0.0.1:9")
    assert exit_code == 1
    assert away["told"].startswith("http://127.0.0.1:9/v1/sources/gh/events cannot be reached")
    assert "--url" in away["told"]
    await stage.database["sources"].update_one({"_id": "gh"}, {"$set": {"enabled": False}})
    disabled = await call("test", "gh")
    assert isinstance(disabled.exception, Conflict)
    assert "`afterword source enable gh`" in str(disabled.exception)


async def test_the_door_is_where_the_command_reaches_it(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which is not always where platforms do."""
    await stage.source("li", "linkedin")
    monkeypatch.setenv("AFTERWORD_INTAKE_INNER_URL", str(stage.http.base_url))
    monkeypatch.setenv("AFTERWORD_INTAKE_URL", "https://hooks.example.org")
    exit_code, steps = await tried("li")
    assert (exit_code, [step["made"] for step in steps]) == (0, [True])


async def tried(name: str, *more: str) -> tuple[int, list[Any]]:
    """The exit code and each step; the door beside it logs to the same output."""
    result = await call("test", name, *more, "--json")
    lines = (line for line in result.stdout.splitlines() if line.startswith("{"))
    assert SECRET not in result.output
    return result.exit_code, [json.loads(line) for line in lines]
