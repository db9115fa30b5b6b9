"""Problems: every refusal has one shape, names its fields, and repeats nothing that was sent."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel

from shared import problems
from shared.errors import FieldError, Transient
from shared.pointer import pointer
from shared.problems import MAX_ERRORS, MEDIA_TYPE, Problem, body_of, invalid


class Wish(BaseModel):
    months: dict[str, int]


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """A client of a small application."""
    app = FastAPI()
    problems.install(app)

    @app.post("/wishes/{number}", responses=problems.responses({418: "A teapot."}))
    async def wish(number: int, wish: Wish) -> None:
        if number == 0:
            raise Problem(418, "teapot", "Teapot", "Short and stout.", headers={"Retry-After": "7"})
        if number == 1:
            raise Transient("mongodb://user:secret@host")
        raise LookupError("secret")

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


@pytest.mark.parametrize(
    ("method", "path", "status", "slug"),
    [
        ("POST", "/wishes/0", 418, "teapot"),
        ("POST", "/wishes/1", 503, "unavailable"),
        ("POST", "/wishes/2", 500, "unexpected"),
        ("GET", "/wishes/0", 405, "method-not-allowed"),
        ("GET", "/nothing", 404, "not-found"),
    ],
)
async def test_every_refusal_is_a_problem(
    client: httpx.AsyncClient, method: str, path: str, status: int, slug: str
) -> None:
    """Our own, the framework's, and what nobody foresaw; the inside is not told."""
    answer = await client.request(method, path, json={"months": {"may": 5}})
    assert answer.status_code == answer.json()["status"] == status
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert answer.json()["type"] == f"urn:afterword:problem:{slug}"
    assert "secret" not in answer.text


async def test_headers_of_a_problem_go_out(client: httpx.AsyncClient) -> None:
    """A wait is worth nothing unless it is told."""
    assert (await client.post("/wishes/0", json={"months": {}})).headers["retry-after"] == "7"
    assert (await client.post("/wishes/1", json={"months": {}})).headers["retry-after"] == "5"
    assert (await client.get("/wishes/1")).headers["allow"] == "POST"


async def test_fields_at_fault_are_named_without_their_values(client: httpx.AsyncClient) -> None:
    """Those of the body by pointer, others in words."""
    answer = await client.post("/wishes/mine", json={"months": {"a/b~": "mine"}})
    told = {error["pointer"]: error["detail"] for error in answer.json()["errors"]}
    assert answer.status_code == 422
    assert told.keys() == {"", "/months/a~1b~0"}
    assert told[""].startswith("path parameter number:")
    assert "mine" not in answer.text
    broken = await client.post("/wishes/1", content=b"{", headers={"content-type": "application/json"})
    assert broken.json()["errors"] == [{"pointer": "", "detail": "JSON is expected"}]


async def test_the_shape_is_in_the_openapi(client: httpx.AsyncClient) -> None:
    """And what a route declares refers to it."""
    document = (await client.get("/openapi.json")).json()
    declared = document["paths"]["/wishes/{number}"]["post"]["responses"]["418"]["content"][MEDIA_TYPE]
    assert declared["schema"] == {"$ref": "#/components/schemas/Problem"}
    assert document["components"]["schemas"]["Problem"]["title"] == "Problem"


def test_a_flood_of_faults_is_cut() -> None:
    """An answer must not be larger than its question."""
    body = body_of(invalid([FieldError(pointer((n,)), "a number is expected") for n in range(500)]))
    assert len(body["errors"]) == MAX_ERRORS
    assert body["detail"].startswith("500 faults")
