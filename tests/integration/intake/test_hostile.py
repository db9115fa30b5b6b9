"""What nobody honest sends, through the real door: refused in bounded time, and no event comes of it."""

import asyncio
import gzip
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest

from services.intake import body
from services.intake.registry import Sources
from services.intake.sources import SOURCES, signing
from shared import topology
from tests.integration.intake.stage import KEYRING, RATE, Platform, Stage, decline, statuses, until

FACTS = topology.POLICY_FACTS.name
GOOD = json.dumps(decline("d-1"))


@pytest.fixture
async def platform(stage: Stage) -> Platform:
    """Who sends to the source `ats`."""
    return await stage.platform()


def with_data(**data: Any) -> bytes:
    """A decline with this in its data, as JSON that Python alone would write."""
    return json.dumps(decline("d-1", data=decline("d-1")["data"] | data)).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 10_000 + b"]" * 10_000,
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        GOOD.replace('"who":', '"who": "company", "who":').encode(),
        GOOD.encode("utf-16"),
        GOOD.replace("ada", "\u00e9").encode("latin-1"),
        with_data(reason=float("nan")),
        with_data(reason=float("-inf")),
        with_data(reason=2**64),
        with_data(reason="\ud800"),
        b'{"a": 1e999}',
        b"\xef\xbb\xbf" + GOOD.encode(),
        b"",
        b"null",
        json.dumps([decline(f"d-{n}") for n in range(1000)]).encode(),
        b"\x00" * 1000,
        b"9" * 100_000,
    ],
    ids=lambda content: content[:12].decode("latin-1"),
)
async def test_what_is_signed_but_not_as_agreed_is_refused(
    stage: Stage, platform: Platform, content: bytes
) -> None:
    """Deep, doubled, in another charset, not finite, too large, half a character, too many events."""
    answer = await platform.send(content)
    assert answer.status_code == 422
    assert answer.json()["errors"]
    assert not await stage.messages(FACTS)


@pytest.mark.parametrize("sent_id", ["../../etc/passwd", "a?b=c&d#e", "{$ne: null}", "%00", "\U0001f4a3"])
async def test_an_id_is_a_word_and_nothing_else(stage: Stage, platform: Platform, sent_id: str) -> None:
    """Whatever it looks like: it comes back as it was, and our own id is made of it."""
    (accepted,) = (await platform.send(decline(sent_id))).json()["accepted"]
    (event,) = await stage.events(FACTS)
    assert (accepted["id"], accepted["event_id"]) == (sent_id, event.id)


async def test_a_compressed_body_is_not_opened(stage: Stage, platform: Platform) -> None:
    """A megabyte that would be a gigabyte is refused by its header."""
    bomb = gzip.compress(b" " * 10_000_000)
    for coding in ("gzip", "deflate, gzip", "br", "GZIP"):
        answer = await platform.send(bomb, headers={"content-encoding": coding})
        assert (answer.status_code, answer.json()["type"]) == (415, "urn:afterword:problem:not-json")
    assert not await stage.messages(FACTS)


async def test_a_body_that_trickles_is_cut(
    stage: Stage, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """408 after the time that a body has, and the line is closed; others are served meanwhile."""
    monkeypatch.setattr(body.read_body, "__defaults__", (0.5,))
    address = urlsplit(str(stage.http.base_url))
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    head = "POST /v1/sources/ats/events HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
    writer.write(f"{head}transfer-encoding: chunked\r\n\r\n1\r\n[\r\n".encode())
    await writer.drain()
    began = time.monotonic()
    assert (await platform.send(decline("d-1"))).status_code == 202
    async with asyncio.timeout(10):
        answer = await reader.read()
    assert time.monotonic() - began < 10
    assert answer.startswith(b"HTTP/1.1 408 ")
    writer.close()


async def test_a_flood_of_headers_ends_at_the_door(stage: Stage, platform: Platform) -> None:
    """Many, or one that is long: refused as unsigned, or by the HTTP parser; the next is served."""
    address = urlsplit(str(stage.http.base_url))
    many = "".join(f"webhook-signature: v1,{'A' * 43}=\r\n" for _ in range(500))
    for headers in (many, f"x-long: {'a' * 60_000}\r\n"):
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        head = "POST /v1/sources/ats/events HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 2\r\n"
        writer.write(f"{head}content-type: application/json\r\n{headers}\r\n[]".encode())
        async with asyncio.timeout(10):
            answer = await reader.read()
        assert answer.split(b" ")[1] in {b"400", b"401", b"431"}
        writer.close()
    assert (await platform.send(decline("d-1"))).status_code == 202


async def test_a_stranger_costs_the_same_whatever_the_name(
    stage: Stage, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is hashed for a name that is no source, or a disabled one, is what some kind of source hashes for
    a signature that is wrong; which kind that is differs from name to name.
    """
    sources = Sources(stage.database, stage.clock)
    for kind in SOURCES:
        await sources.add(f"a-{kind}", "acme", kind, RATE, KEYRING)
    await sources.enable("ats", enabled=False)
    hashed: list[tuple[int, int, int]] = []
    check = signing.check

    def counted(signed: bytes, keys: Any, signatures: Any, *more: Any) -> None:
        hashed.append((len(signed), len(keys), len(signatures)))
        check(signed, keys, signatures, *more)

    monkeypatch.setattr(signing, "check", counted)

    async def cost(name: str) -> tuple[tuple[int, int, int], ...]:
        hashed.clear()
        forged = {"signature": "sha256 " + "a" * 64, "webhook-signature": "v1," + "A" * 43 + "="}
        stranger = Platform(stage.http, stage.clock, name, platform.secret)
        assert (await stranger.send(decline("x"), headers=forged)).status_code == 401
        return tuple(hashed)

    known = {await cost(f"a-{kind}") for kind in SOURCES}
    unknown = {await cost(f"nobody-{number}") for number in range(80)}
    assert len(known) > 1
    assert unknown == known
    assert await cost("ats") in known


async def test_a_stranger_learns_neither_names_nor_kinds(stage: Stage, platform: Platform) -> None:
    """One answer for a name that is no source or a disabled one, and for no signature or a wrong one."""
    sources = Sources(stage.database, stage.clock)
    for kind in SOURCES:
        await sources.add(f"a-{kind}", "acme", kind, RATE, KEYRING)
    await sources.enable("ats", enabled=False)
    answers = set()
    for name in ("ats", "nobody", "No..Name", *(f"a-{kind}" for kind in SOURCES)):
        stranger = Platform(stage.http, stage.clock, name, platform.secret)
        unsigned = await stage.http.post(
            f"/v1/sources/{name}/events", content=b"{}", headers={"content-type": "application/json"}
        )
        for answer in (unsigned, await stranger.send(decline("d-1")), await stranger.send(b"no json")):
            assert answer.status_code == 401
            headers = [(name, value) for name, value in answer.headers.items() if name != "date"]
            answers.add((answer.text, tuple(headers)))
    ((told, _),) = answers
    assert "source watch" in json.loads(told)["detail"]


async def test_a_flood_of_one_source_does_not_cost_another_anything(stage: Stage) -> None:
    """All at one moment: 429 for what is over its rate, 202 for every delivery of the other."""
    flooder = await stage.platform("flooder", per_second=0.1, burst=4)
    other = await stage.platform("other")
    flood = [flooder.send(decline(f"f-{n}")) for n in range(50)]
    calm = [other.send(decline(f"d-{n}")) for n in range(10)]
    mixed = [sent for at in range(10) for sent in (*flood[at * 5 : at * 5 + 5], calm[at])]
    answers = statuses(await asyncio.gather(*mixed))
    assert answers[5::6] == [202] * 10
    flooded = [status for position, status in enumerate(answers) if position % 6 != 5]
    assert (flooded.count(202), flooded.count(429)) == (4, 46)


#: A decline that is longer than what is held of any body.
LONG = GOOD.encode() + b" " * 50_000


@asynccontextmanager
async def held(stage: Stage, names: Sequence[str]) -> AsyncIterator[None]:
    """A stranger holds as much under each of these names as the door lets in, until the end of the block."""
    address = urlsplit(str(stage.http.base_url))
    lines = []
    try:
        for name in names:
            head = f"POST /v1/sources/{name}/events HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
            for _ in range(9):
                _, writer = await asyncio.open_connection(address.hostname, address.port)
                lines.append(writer)
                writer.write(f"{head}content-length: 1048576\r\n\r\n".encode() + b" " * 1_048_575)
                await writer.drain()
            stranger = Platform(stage.http, stage.clock, name, "whsec_AAAA")
            await until(lambda stranger=stranger: answers(stranger, 503))
        yield
    finally:
        for writer in lines:
            writer.close()


async def answers(platform: Platform, status: int) -> bool:
    """Whether this is what a long delivery is answered."""
    return (await platform.send(LONG)).status_code == status


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A body has as much time as the test."""
    monkeypatch.setattr(body.read_body, "__defaults__", (60,))


@pytest.mark.usefixtures("patient")
async def test_what_strangers_hold_takes_nothing_from_those_who_sign(
    stage: Stage, platform: Platform
) -> None:
    """Under however many names that are no source: more than all sources together may hold."""
    async with held(stage, [f"nobody-{number}" for number in range(9)]):
        assert (await platform.send(LONG)).status_code == 202
        other = await Platform(stage.http, stage.clock, "nobody", platform.secret).send(LONG)
        assert other.status_code not in {202, 503}


@pytest.mark.usefixtures("patient")
async def test_who_fills_one_sources_share_takes_nothing_from_another(
    stage: Stage, platform: Platform
) -> None:
    """And of the one whose name a stranger knows, what is as short as most deliveries goes in still."""
    other = await stage.platform("other")
    async with held(stage, ["ats"]):
        assert (await platform.send(LONG)).status_code == 503
        assert (await platform.send(decline("d-2"))).status_code == 202
        assert (await other.send(LONG)).status_code == 202
    await until(lambda: answers(platform, 202))
