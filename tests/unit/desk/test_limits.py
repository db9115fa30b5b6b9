"""Bounds of bodies, of memory, and what every answer carries."""

from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.types import Message

from services.desk.headers import HEADERS
from services.desk.limits import BodyLimit, TokenBuckets
from tests.unit.desk.fakes import OWN, World

REVIEWER = {"Authorization": "Bearer aw_reviewer"}


async def chunks(size: int) -> AsyncIterator[bytes]:
    """A body of unannounced length."""
    for _ in range(size // 1024):
        yield b" " * 1024


@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize(
    ("path", "size", "refused"),
    [
        ("/v1/opt-outs", 64 * 1024, False),
        ("/v1/opt-outs", 65 * 1024, True),
        ("/c/{}/never", 4 * 1024, False),
        ("/c/{}/never", 5 * 1024, True),
    ],
)
async def test_a_body_is_taken_up_to_its_limit(
    http: httpx.AsyncClient,
    world: World,
    path: str,
    size: int,
    refused: bool,  # noqa: FBT001 - a row's column
    announced: bool,  # noqa: FBT001
) -> None:
    """Beyond it is a 413, also where the length was not announced, and nothing is published."""
    headers = {**REVIEWER, "Content-Type": "application/json"}
    content = b" " * size if announced else chunks(size)
    answer = await http.post(path.format(world.links.token(OWN)), content=content, headers=headers)
    assert (answer.status_code == 413) is refused
    if refused:
        assert answer.headers["content-type"] == "application/problem+json"
        assert world.stops.asked == []


def test_the_buckets_memory_is_bounded() -> None:
    """Only so many addresses are remembered, and those that were silent longest go first."""
    buckets = TokenBuckets(lambda: 0.0, burst=1, max_addresses=3)
    assert [buckets.wait_s(f"203.0.113.{host}") for host in (1, 2, 3)] == [0, 0, 0]
    assert buckets.wait_s("203.0.113.1") > 0
    assert buckets.wait_s("203.0.113.4") == 0
    assert len(buckets) == 3
    assert buckets.wait_s("203.0.113.1") > 0
    assert buckets.wait_s("203.0.113.2") == 0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("203.0.113.1", "::ffff:203.0.113.1", True),  # one host by two spellings
        ("2001:db8::1", "2001:db8::ffff:1", True),  # one /64 is one client
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("203.0.113.1", "203.0.113.2", False),
        ("fe80::1%eth0", "fe80::1%eth1", True),
    ],
)
def test_a_client_is_an_ipv4_address_or_an_ipv6_network(one: str, other: str, same: bool) -> None:  # noqa: FBT001
    """Whoever has a whole /64 does not get a bucket for each of its addresses."""
    buckets = TokenBuckets(lambda: 0.0, burst=1)
    buckets.wait_s(one)
    assert (buckets.wait_s(other) > 0) is same


@pytest.mark.parametrize(
    "path", ["/healthz", "/readyz", "/metrics", "/openapi.json", "/v1/cases", "/nowhere", "/v1/broken"]
)
async def test_every_answer_carries_the_security_headers(
    http: httpx.AsyncClient, world: World, path: str
) -> None:
    """Success, refusal, unknown path and unexpected fault alike."""

    def broken() -> None:
        raise RuntimeError("a fault")

    world.app.add_api_route("/v1/broken", broken)
    answer = await http.get(path)
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    if path == "/v1/broken":
        assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
        assert "a fault" not in answer.text


async def test_a_body_that_announces_its_excess_is_not_read(world: World) -> None:
    """Refused by its length alone, before one byte of it is taken."""
    answered: list[Message] = []

    async def receive() -> Message:
        raise AssertionError("the body was read")

    async def send(message: Message) -> None:
        answered.append(message)

    length = (b"content-length", str(64 * 1024 + 1).encode())
    scope = {"type": "http", "method": "POST", "path": "/v1/opt-outs", "headers": [length]}
    await BodyLimit(world.app)(scope, receive, send)
    assert answered[0]["status"] == 413
