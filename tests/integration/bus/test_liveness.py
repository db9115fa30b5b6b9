"""Is this process being given messages? Asked of the broker itself, and acted upon."""

import asyncio

from tests.integration.policy.stage import Stage


async def test_a_stop_in_the_middle_of_a_look_ends_in_time(stage: Stage) -> None:
    """A look that is cut short would take the connection down, and the stop would wait for it for ever."""
    for turns in range(16, 40):
        async with asyncio.timeout(8), stage.policy(consumer_check_interval_s=0.0001):
            for _ in range(turns):
                await asyncio.sleep(0)
