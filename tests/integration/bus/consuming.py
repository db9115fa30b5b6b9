"""A consumer of one queue whose work a test decides."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import aio_pika
from prometheus_client import CollectorRegistry

from shared import bus as buses
from shared import topology
from shared.bus import Bus
from shared.consumer import Consumer, Done, Outcome, Work, subscribe
from shared.events import Event
from shared.telemetry import Metrics
from shared.vault import Sealer
from tests.integration.policy.stage import Stage, eventually

QUEUE = topology.POLICY_FACTS


async def all_done(events: Sequence[Event]) -> Sequence[Outcome]:
    """Handles everything."""
    return [Done()] * len(events)


@asynccontextmanager
async def consuming(
    stage: Stage, work: Work, *, prefetch: int = 10, stop_timeout_s: float = 5, subscribed: bool = True
) -> AsyncIterator[Consumer]:
    """Reads the queue of facts as long as this context; not `subscribed`, it only believes that it does."""
    broker = buses.connect(stage.settings.amqp_url, "test", stop_timeout_s=stop_timeout_s)
    sealer = Sealer(stage.settings.bus_key.get_secret_value())
    consumer = Consumer(
        Bus(broker, sealer=sealer, clock=stage.clock, timeout_s=5),
        QUEUE.name,
        work,
        sealer=sealer,
        clock=stage.clock,
        metrics=Metrics(CollectorRegistry()),
        limit=50,
        away=(ConnectionError,),
    )
    if subscribed:
        subscribe(broker, QUEUE, consumer, prefetch=prefetch)
    await broker.start()
    try:
        yield consumer
    finally:
        await broker.stop()


async def led_again(stage: Stage) -> None:
    """Returns once every queue has a leader that answers again after a restart.

    RabbitMQ 3.10 loses its dead-letter workers for good when a vhost is deleted before that.
    """

    async def led() -> bool:
        try:
            async with (
                asyncio.timeout(5),
                await aio_pika.connect(stage.settings.amqp_url.get_secret_value()) as connection,
            ):
                channel = await connection.channel()
                for name in (queue.name for queue in topology.queues()):
                    queue = await channel.get_queue(name)
                    if (message := await queue.get(fail=False)) is not None:
                        await message.nack()
        except buses.AWAY:
            return False
        return True

    await eventually(led, "all queues have a leader")
