"""The desk and its own description: whatever fits it, or does not, is answered as is declared."""

from typing import Any

import httpx
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.unit.desk.fakes import World

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
schema = schemathesis.openapi.from_asgi("/openapi.json", World().app)


@schema.parametrize()
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_answer_is_one_that_is_declared(case: Case[Any]) -> None:
    """No 500, and no shape that a client was not told of."""
    case.call_and_validate(headers={"Authorization": "Bearer aw_root"}, checks=CHECKS)


async def test_a_body_that_is_no_text_is_told_as_one_that_is_no_json(http: httpx.AsyncClient) -> None:
    """422, as is declared."""
    headers = {"Authorization": "Bearer aw_root", "Content-Type": "application/json"}
    answer = await http.post("/v1/opt-outs", content=b"\xff\xfe{", headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:afterword:problem:invalid")
    assert answer.json()["errors"] == [{"pointer": "", "detail": "JSON in UTF-8 is expected"}]
