"""Intake and its own description, on real servers: whatever comes, signed or not, is answered as declared."""

import asyncio
import base64
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from pydantic import SecretStr
from schemathesis import Case
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from deploy.local.process import Service
from services.intake.registry import Sources
from shared.clock import SystemClock
from shared.migrate import migrate
from shared.store import client
from tests.integration.intake.stage import BUS_KEY, KEYRING, RATE, SOURCE_KEYS, a_tenant

#: A 503 is declared, for a stop that nobody says to be in force; a 500 is not.
CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
CLOCK = SystemClock()


async def prepare(amqp_url: str, mongo_url: str) -> str:
    """The servers brought up to date, and the secret of the source `ats` on them."""
    await migrate(SecretStr(mongo_url), SecretStr(amqp_url))
    mongo, database = client.connect(SecretStr(mongo_url), app="test")
    try:
        await a_tenant(database)
        _, secret = await Sources(database, CLOCK).add("ats", "acme", "standard", RATE, KEYRING)
    finally:
        mongo.close()
    return secret


@pytest.fixture
def door(amqp_url: str, mongo_url: str, tmp_path: Path) -> Iterator[tuple[Service, str]]:
    """An intake process, and the secret of its source."""
    secret = asyncio.run(prepare(amqp_url, mongo_url))
    given = {
        "AFTERWORD_AMQP_URL": amqp_url,
        "AFTERWORD_MONGO_URL": mongo_url,
        "AFTERWORD_BUS_KEY": BUS_KEY,
        "AFTERWORD_SOURCE_KEYS": SOURCE_KEYS,
        "AFTERWORD_IN_FORCE_TIMEOUT_S": "0.05",
    }
    with Service("intake", given, logs=tmp_path) as service:
        service.wait_ready()
        yield service, secret


def signed(secret: str, body: bytes) -> dict[str, str]:
    """The headers of a delivery by the source."""
    at = str(int(CLOCK.now().timestamp()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.digest(key, f"msg_1.{at}.".encode() + body, "sha256")
    return {
        "content-type": "application/json",
        "webhook-id": "msg_1",
        "webhook-timestamp": at,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


@pytest.mark.timeout(180)
def test_every_answer_is_one_that_is_declared(door: tuple[Service, str]) -> None:
    """No 500, and no shape that a client was not told of: as it is drawn, and signed by the source."""
    service, secret = door
    schema = schemathesis.openapi.from_url(f"{service.url}/openapi.json")
    operation = schema["/v1/sources/{source}/events"]["POST"]
    taken: set[int] = set()

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def check(case: Case[Any]) -> None:
        case.call_and_validate(checks=CHECKS)
        body = json.dumps(case.body, default=str).encode()
        answer = httpx.post(
            f"{service.url}/v1/sources/ats/events", content=body, headers=signed(secret, body), timeout=30
        )
        case.validate_response(answer, checks=CHECKS)
        taken.add(answer.status_code)

    check()
    assert taken & {202, 503}, "nothing that was signed was ever taken"
