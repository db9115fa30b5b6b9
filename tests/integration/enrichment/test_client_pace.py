"""How often a platform is asked: it is left alone as long as it says, and ever longer where it fails."""

from datetime import timedelta
from email.utils import format_datetime

import pytest

from services.intake.enrichment.accounts import Account
from services.intake.enrichment.asking import NotNow
from services.intake.enrichment.client import Client
from shared.clock import FixedClock
from tests.integration.enrichment.accounts import GREENHOUSE, account
from tests.integration.enrichment.platform import StandIn, says
from tests.integration.policy.stage import NOON


async def test_a_wait_that_the_platform_asks_for_is_kept(
    platform: StandIn, client: Client, clock: FixedClock
) -> None:
    """Nothing is asked before its time, whoever asks; then all goes on."""
    platform.faults.append(says(429, retry_after="30"))
    with pytest.raises(NotNow) as asked:
        await client.look_up(account(platform), GREENHOUSE)
    assert asked.value.after_s == 30
    clock.advance(timedelta(seconds=29))
    with pytest.raises(NotNow) as again:
        await client.look_up(account(platform), GREENHOUSE)
    assert (again.value.after_s, platform.asked) == (1, ["/token"])
    clock.advance(timedelta(seconds=1))
    assert len((await client.look_up(account(platform), GREENHOUSE)).events) == 3


async def test_a_wait_may_be_told_as_a_date(platform: StandIn, client: Client, clock: FixedClock) -> None:
    """As HTTP allows, also with 503; and what is no wait at all is waited out as any failure."""
    platform.faults.append(says(503, retry_after=format_datetime(NOON + timedelta(minutes=2), usegmt=True)))
    with pytest.raises(NotNow) as asked:
        await client.look_up(account(platform), GREENHOUSE)
    assert asked.value.after_s == 120
    clock.advance(timedelta(minutes=2))
    platform.faults.append(says(429, retry_after="soon"))
    with pytest.raises(NotNow) as again:
        await client.look_up(account(platform), GREENHOUSE)
    assert 0 < again.value.after_s <= 1


async def test_failures_are_waited_out_ever_longer(
    platform: StandIn, client: Client, clock: FixedClock
) -> None:
    """Each time up to twice as long as the time before, and from the start again once it answered."""
    waits = []
    for _ in range(6):
        platform.faults.append(says(502, "<html>"))
        with pytest.raises(NotNow) as failed:
            await client.look_up(account(platform), GREENHOUSE)
        waits.append(failed.value.after_s)
        clock.advance(timedelta(seconds=failed.value.after_s + 0.001))
    assert all(2**n / 2 <= wait <= 2**n for n, wait in enumerate(waits))
    await client.look_up(account(platform), GREENHOUSE)
    clock.advance(timedelta(hours=1))
    platform.faults.append(says(500))
    with pytest.raises(NotNow) as first:
        await client.look_up(account(platform), GREENHOUSE)
    assert first.value.after_s <= 1


async def test_another_source_is_not_kept_waiting(platform: StandIn, client: Client) -> None:
    """One platform's trouble is its own."""
    platform.faults.append(says(429, retry_after="3000"))
    with pytest.raises(NotNow):
        await client.look_up(account(platform), GREENHOUSE)
    of = account(platform)
    found = await client.look_up(Account("other", of.platform, of.credentials), GREENHOUSE)
    assert len(found.events) == 3
