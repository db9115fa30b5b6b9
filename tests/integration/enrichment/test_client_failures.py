"""Every way in which a platform can fail to answer, and what is told of it."""

import asyncio
import gzip
from datetime import timedelta
from typing import Any

import pytest

from services.intake.enrichment import client as asking
from services.intake.enrichment.asking import NotNow, Unanswered
from services.intake.enrichment.client import Client
from shared.clock import FixedClock
from tests.integration.enrichment.accounts import GREENHOUSE, account
from tests.integration.enrichment.platform import OUTREACH, StandIn, says
from tests.integration.http_server import trickling


async def test_a_platform_that_trickles_is_cut(
    platform: StandIn, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte comes in time, and all of it never does."""
    monkeypatch.setattr(asking, "WHOLE_TIMEOUT_S", 0.3)
    async with trickling() as slow:
        platform.faults.append(slow)
        with pytest.raises(NotNow, match="does not answer"):
            await client.look_up(account(platform), GREENHOUSE)


@pytest.mark.parametrize(
    "fault",
    [
        says(200, b'{"access_token": "a-'),
        says(200, b"<html>a page of something in between</html>"),
        says(500),
        says(408),
        says(503, retry_after="Mon, 01 Jan 99999999999999999999 00:00:00 GMT"),
    ],
    ids=["truncated", "html", "500", "408", "no date"],
)
async def test_what_may_pass_is_tried_again(
    platform: StandIn, client: Client, clock: FixedClock, fault: Any
) -> None:
    """And is found then."""
    platform.faults.append(fault)
    with pytest.raises(NotNow):
        await client.look_up(account(platform), GREENHOUSE)
    clock.advance(timedelta(seconds=1))
    assert (await client.look_up(account(platform), GREENHOUSE)).events


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (says(401), "does not take the key"),
        (says(403), "does not take the key"),
        (says(404), "is not there"),
        (says(422), "answered 422"),
        (says(302, location="https://elsewhere.example/"), "answered 302"),
        (says(200, b'["' + b"x" * asking.MAX_ANSWER_BYTES + b'"]'), "larger than is read"),
        (says(200, gzip.compress(b" " * 10_000_000), content_encoding="gzip"), "compressed"),
        (says(200, b'{"access_token": 7.5}'), "did not tell a token"),
        (says(200, link='<https://[>; rel="next"'), "next page"),
    ],
    ids=["401", "403", "404", "422", "redirect", "huge", "bomb", "odd", "no link"],
)
async def test_what_will_not_pass_is_told(platform: StandIn, client: Client, fault: Any, why: str) -> None:
    """At once: asking again would not mend it."""
    platform.faults.append(fault)
    with pytest.raises(Unanswered, match=why):
        await client.look_up(account(platform), GREENHOUSE)
    assert platform.asked == ["/token"]


async def test_a_key_that_was_revoked_is_told(platform: StandIn, client: Client, clock: FixedClock) -> None:
    """Also in the midst of it, when the token had been given."""
    await client.look_up(account(platform), GREENHOUSE)
    clock.advance(timedelta(minutes=5))
    with pytest.raises(Unanswered, match="does not take the key"):
        await client.look_up(account(platform, client_secret="revoked"), GREENHOUSE)


async def test_a_candidate_who_was_deleted_is_told(platform: StandIn, client: Client) -> None:
    """Harvest answers with an empty list."""
    platform.candidates = {}
    with pytest.raises(Unanswered, match="the candidate is not there"):
        await client.look_up(account(platform), GREENHOUSE)


async def test_a_record_that_never_ends_is_left(platform: StandIn, client: Client) -> None:
    """So many pages are read, and then a person looks."""
    platform.notes = [OUTREACH] * 100
    with pytest.raises(Unanswered, match="more than is read"):
        await client.look_up(account(platform), GREENHOUSE)
    assert platform.asked.count("/v3/notes") == 10


async def test_the_inside_of_the_network_is_out_of_reach(
    platform: StandIn, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that leads to a private address, or to this machine by another name, is not connected to."""
    loop = asyncio.get_running_loop()
    port = int(platform.url.rpartition(":")[2])

    async def resolve(host: str, *_: Any, **__: Any) -> list[Any]:
        return [(2, 1, 6, "", (host.partition(".")[0].replace("-", "."), port))]

    monkeypatch.setattr(loop, "getaddrinfo", resolve)
    for inside in ("127-0-0-1", "10-0-0-7", "169-254-169-254", "192-168-1-1", "100-64-0-1"):
        of = account(platform, api_url=f"https://{inside}.example.org:{port}")
        with pytest.raises(Unanswered, match="not public"):
            await client.look_up(of, GREENHOUSE)
    assert platform.asked == []
