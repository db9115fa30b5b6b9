"""SIGTERM: in-flight work is finished or goes back to its queue, within ten seconds, whatever is away."""

import asyncio
import signal
import time
from pathlib import Path

import httpx

from deploy.local.process import Service
from deploy.local.servers import Servers
from shared import topology
from shared.states import State
from tests.integration.bus.consuming import led_again
from tests.integration.bus.process import policy_process
from tests.integration.policy.stage import Stage, case_of, decline, eventually, grace, outreach

LIMIT_S = 10


async def _ended(service: Service) -> float:
    """Seconds from SIGTERM to its end, in order."""
    began = time.monotonic()
    code = await asyncio.to_thread(service.terminate, LIMIT_S + 2)
    assert code in {0, -signal.SIGTERM}
    return time.monotonic() - began


async def test_what_is_in_flight_is_finished_or_left_to_the_next_process(
    stage: Stage, tmp_path: Path
) -> None:
    """A stop in the middle of a thousand events loses none and settles none twice."""
    people = [grace(f"p{n}") for n in range(300)]
    declines = [decline(person, f"d{n}") for n, person in enumerate(people)]
    with policy_process(stage, tmp_path) as service:
        await service.until_ready()
        await stage.publish(*(outreach(person, f"o{n}") for n, person in enumerate(people)))
        await stage.bus.publish(declines)

        async def begun() -> bool:
            return await stage.database["cases"].count_documents({}) > 0

        await eventually(begun, "the work has begun")
        assert await _ended(service) < LIMIT_S
    async with stage.policy():

        async def all_settled() -> bool:
            settled = {"state": {"$ne": State.RECEIVED.value}}
            return await stage.database["cases"].count_documents(settled) == len(declines)

        await eventually(all_settled, "every decline is settled", 40)
    for stored in await stage.database["cases"].find().to_list(None):
        assert len(stored["timeline"]) == 2
    assert await stage.waiting(topology.POLICY_FACTS.name) == 0
    assert await stage.waiting(topology.DEAD_QUEUE) == 0


async def test_it_ends_in_time_while_the_database_is_away(
    stage: Stage, tmp_path: Path, own_servers: Servers
) -> None:
    """Work on every queue and a probe hang on the database; the events are there for the next process."""
    declined = decline(grace())
    with policy_process(stage, tmp_path) as service:
        await service.until_ready()
        await stage.publish(outreach(grace()))
        own_servers.mongodb.stop()
        await stage.bus.publish([declined])

        async def taken() -> bool:
            return await stage.waiting(topology.POLICY_FACTS.name) == 0

        await eventually(taken, "policy has the decline")
        async with httpx.AsyncClient(base_url=service.url, timeout=30, trust_env=False) as http:
            probe = asyncio.create_task(http.get("/readyz"))
            await asyncio.wait({probe}, timeout=0.2)
            assert await _ended(service) < LIMIT_S
            await asyncio.wait({probe})
            probe.exception()
    own_servers.mongodb.start()
    async with stage.policy():
        await stage.becomes(declined, State.APPROVED)
    assert case_of(declined)


async def test_it_ends_in_time_while_the_broker_is_away(
    stage: Stage, tmp_path: Path, own_servers: Servers
) -> None:
    """A connection that cannot be closed properly holds up nothing."""
    with policy_process(stage, tmp_path) as service:
        await service.until_ready()
        await asyncio.to_thread(own_servers.rabbitmq.settle)
        own_servers.rabbitmq.stop()
        assert await _ended(service) < LIMIT_S
    own_servers.rabbitmq.start()
    await led_again(stage)
