"""What a platform has answered is not asked again at once."""

import asyncio
from datetime import timedelta

import pytest
from starlette.requests import Request
from starlette.responses import Response

from services.intake.enrichment import client as asking
from services.intake.enrichment.asking import NotNow, Subject
from services.intake.enrichment.client import Client
from shared.clock import FixedClock
from tests.integration.enrichment.accounts import GREENHOUSE, account
from tests.integration.enrichment.platform import StandIn
from tests.integration.policy.stage import NOON


async def test_the_same_is_not_asked_twice_in_a_minute(
    platform: StandIn, client: Client, clock: FixedClock
) -> None:
    """One no is told under two names; a minute later it is asked anew."""
    first = await client.look_up(account(platform), GREENHOUSE)
    asked = len(platform.asked)
    assert await client.look_up(account(platform), GREENHOUSE) == first
    assert len(platform.asked) == asked
    clock.advance(timedelta(minutes=1))
    await client.look_up(account(platform), GREENHOUSE)
    assert len(platform.asked) == 2 * asked


async def test_a_platform_that_is_slow_takes_nobody_elses_time(
    platform: StandIn, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So much time a lookup; the next try goes on where this one was."""
    monkeypatch.setattr(asking, "LOOKUP_TIMEOUT_S", 1.0)
    ended = asyncio.Event()

    async def stuck(_: Request) -> Response:
        await ended.wait()
        return Response()

    await client.look_up(account(platform), GREENHOUSE)
    subject = Subject("application/102", None, "102", None, NOON)
    platform.applications["102"] = {"id": 102, "candidate_id": 7}
    platform.faults.append(stuck)
    with pytest.raises(NotNow, match="slow"):
        await client.look_up(account(platform), subject)
    ended.set()
    asked = len(platform.asked)
    assert len((await client.look_up(account(platform), subject)).events) == 3
    assert platform.asked[asked:] == ["/v3/applications"]
