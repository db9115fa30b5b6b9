"""The way of a delivery past the framework: all else is answered by the framework, as it was."""

import base64

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from services.intake.app import build
from services.intake.receive import Door
from shared.problems import MEDIA_TYPE
from shared.settings import IntakeSettings
from shared.vault import new_key

PATH = "/v1/sources/ats/events"


@pytest.fixture
def app() -> FastAPI:
    """The application, of which no server is asked anything."""
    settings = IntakeSettings(
        amqp_url=SecretStr("amqp://localhost"),
        mongo_url=SecretStr("mongodb://localhost"),
        bus_key=SecretStr(new_key()),
        source_keys=SecretStr(f"k:{base64.b64encode(bytes(32)).decode()}"),
    )
    return build(settings)


async def ask(app: FastAPI, method: str, path: str) -> httpx.Response:
    """One request; what is raised beside the answer is for the log."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://door") as client:
        return await client.request(method, path)


async def test_an_unexpected_fault_is_a_problem(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    """It tells nothing of the inside."""

    async def broken(*_: object) -> None:
        raise ZeroDivisionError("inside")

    monkeypatch.setattr(Door, "_receive", broken)
    answer = await ask(app, "POST", PATH)
    assert (answer.status_code, answer.headers["content-type"]) == (500, MEDIA_TYPE)
    assert "inside" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status"), [("PUT", PATH, 405), ("POST", f"{PATH}/x", 404), ("GET", "/healthz", 200)]
)
async def test_all_else_goes_the_way_of_the_framework(
    app: FastAPI, method: str, path: str, status: int
) -> None:
    """Its refusals are problems as they were."""
    answer = await ask(app, method, path)
    assert answer.status_code == status
    assert status == 200 or answer.headers["content-type"] == MEDIA_TYPE
