"""HTTP as every service speaks it: what comes before a request is bounded in size and in time."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from services.console import bounded_http
from services.console.bounded_http import MAX_FIELDS, MAX_HEAD_BYTES, BoundedHttp
from tests.integration.http_server import serving

#: Patience of a test: more than any step takes.
PATIENCE_S = 20
#: What is sent of something endless until the test gives up: far more than is ever read at once.
ENOUGH_BYTES = 8 * 1024 * 1024

Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def told(request: Request) -> JSONResponse:
    """What the service was asked."""
    body = await request.body()
    return JSONResponse({"body": len(body), "late": "x-late" in request.headers})


@pytest.fixture
async def address() -> AsyncIterator[str]:
    """Where it is served."""
    async with serving(Starlette(routes=[Route("/", told, methods=["GET", "POST"])]), BoundedHttp) as url:
        yield url


async def connected(address: str, sent: bytes = b"") -> Line:
    """A connection on which this was sent."""
    url = urlsplit(address)
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    writer.write(sent)
    await writer.drain()
    return reader, writer


async def answered(address: str, sent: bytes) -> bytes:
    """All that is answered to this until the connection is closed by the server."""
    reader, writer = await connected(address, sent)
    async with asyncio.timeout(PATIENCE_S):
        answer = await reader.read()
    writer.close()
    return answer


CHUNKED = b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n"


@pytest.mark.parametrize(
    ("begun", "again"),
    [
        (b"GET /", b"a"),
        (b"GET / HTTP/1.1\r\n", b"x-a: " + b"b" * 60 + b"\r\n"),
        (b"GET / HTTP/1.1\r\n", b"a:\r\n"),
        (b"GET / HTTP/1.1\r\nx-a: ", b"b"),
        (b"GET / HTTP/1.1\r\n", b"x"),
        (b"", b"\r\n"),
        (CHUNKED + b"1;", b"x"),
        (CHUNKED + b"0\r\n", b"x-a: b\r\n"),
    ],
    ids=[
        "address",
        "headers",
        "empty headers",
        "value",
        "name",
        "blank lines",
        "chunk extension",
        "trailers",
    ],
)
async def test_what_does_not_end_is_cut(address: str, begun: bytes, again: bytes) -> None:
    """However it goes on; no more of it is held than was agreed."""
    _, writer = await connected(address, begun)
    part, sent = again * (65_536 // len(again)), 0
    try:
        async with asyncio.timeout(PATIENCE_S):
            while sent < ENOUGH_BYTES:
                writer.write(part)
                await writer.drain()
                sent += len(part)
    except ConnectionError:
        pass
    assert sent < ENOUGH_BYTES
    writer.transport.abort()


def request(fields: int, size: int, more: bytes = b"") -> bytes:
    """A request with so many headers and so many bytes before its body."""
    start = b"GET / HTTP/1.1\r\nconnection: close\r\n" + b"a: b\r\n" * (fields - 2)
    return start + b"c: " + b"d" * (size - len(start) - len(b"c: \r\n\r\n")) + b"\r\n\r\n" + more


@pytest.mark.parametrize("first", [1, 20_000, MAX_HEAD_BYTES])
@pytest.mark.parametrize(
    ("fields", "size", "status"),
    [
        (MAX_FIELDS, MAX_HEAD_BYTES, 200),
        (MAX_FIELDS + 1, MAX_HEAD_BYTES, 431),
        (MAX_FIELDS + 1, 2000, 431),
        (MAX_FIELDS, MAX_HEAD_BYTES + 1, 431),
    ],
)
async def test_the_bound_holds_to_the_byte(
    address: str, first: int, fields: int, size: int, status: int
) -> None:
    """However many bytes come at once; the refusal is a problem as any other."""
    whole = request(fields, size)
    reader, writer = await connected(address, whole[:first])
    writer.write(whole[first:])
    async with asyncio.timeout(PATIENCE_S):
        answer = await reader.read()
    writer.close()
    assert int(answer.split(b" ")[1]) == status
    assert (b"urn:afterword:problem:headers-too-large" in answer) == (status == 431)


async def test_a_body_is_no_part_of_it(address: str) -> None:
    """Of any size, in one piece or in many, also on a connection that was used before."""
    body = b"x" * 300_000
    head = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 300000\r\n"
    chunks = b"".join(b"7d0\r\n" + body[:2000] + b"\r\n" for _ in range(150)) + b"0\r\n\r\n"
    once = head + b"\r\n" + body
    parts = b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n" + chunks
    last = head + b"connection: close\r\n\r\n" + body
    answer = await answered(address, once + parts + last)
    assert answer.count(b"200 OK") == answer.count(b'"body":300000') == 3


async def test_headers_after_the_body_are_no_headers(address: str) -> None:
    """A proxy that minds what it lets through does not look there."""
    last = CHUNKED.replace(b"host: x", b"connection: close")
    answer = await answered(address, last + b"0\r\nx-late: 1\r\n\r\n")
    assert b'"body":1,"late":false' in answer


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Little time for headers."""
    monkeypatch.setattr(bounded_http, "HEAD_TIMEOUT_S", 0.1)


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("sent", [b"\r\n", b"G", b"GET / HTTP/1.1\r\nhost: x\r\n", b"GET / HTTP/1.1\r\nx"])
async def test_headers_that_trickle_are_cut(address: str, sent: bytes) -> None:
    """408, on a new connection and on one that was used before."""
    assert (await answered(address, sent)).startswith(b"HTTP/1.1 408 ")
    reader, writer = await connected(address, b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
    async with asyncio.timeout(PATIENCE_S):
        await reader.readuntil(b"}")
        writer.write(sent)
        assert b"urn:afterword:problem:headers-too-slow" in await reader.read()
    writer.close()


@pytest.mark.usefixtures("hurried")
async def test_who_says_nothing_is_let_go_without_a_word(address: str) -> None:
    """And who is at its body keeps the line, for that is the service's to bound."""
    head = b"POST / HTTP/1.1\r\nconnection: close\r\ncontent-length: 2\r\n\r\n"
    reader, writer = await connected(address, head + b"x")
    assert await answered(address, b"") == b""
    writer.write(b"x")
    async with asyncio.timeout(PATIENCE_S):
        assert b'"body":2' in await reader.read()
    writer.close()


async def test_an_answer_on_its_way_is_not_cut_into() -> None:
    """No words about a second request stand where those about the first are expected."""
    begun, ended = asyncio.Event(), asyncio.Event()

    async def waits(_: Request) -> JSONResponse:
        begun.set()
        await ended.wait()
        return JSONResponse({})

    async with serving(Starlette(routes=[Route("/", waits)]), BoundedHttp) as address:
        reader, writer = await connected(address, b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        async with asyncio.timeout(PATIENCE_S):
            await begun.wait()
            writer.write(b"GET / HTTP/1.1\r\nx: " + b"b" * MAX_HEAD_BYTES)
            assert await reader.read() == b""
        writer.close()
        ended.set()
