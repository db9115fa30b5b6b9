"""The stage of the policy's own tests, and the commands on it."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from typer.testing import CliRunner, Result

from services.console.main import commands
from shared.decision import Signer
from tests.integration.policy.conftest import stage
from tests.integration.policy.stage import Stage

__all__ = ["afterword", "stage"]

Command = Callable[..., Awaitable[Result]]


@pytest.fixture
def afterword(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Command:
    """`afterword ...` with the stage's servers, in a thread of its own as it brings its own loop."""
    settings = stage.settings
    monkeypatch.setenv("AFTERWORD_MONGO_URL", settings.mongo_url.get_secret_value())
    monkeypatch.setenv("AFTERWORD_AMQP_URL", settings.amqp_url.get_secret_value())
    monkeypatch.setenv("AFTERWORD_VERIFY_KEY", Signer(settings.signing_key.get_secret_value()).public_key)
    monkeypatch.setenv("COLUMNS", "200")

    async def run(*arguments: str, given: str | None = None) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, commands(arguments), list(arguments), input=given)

    return run
