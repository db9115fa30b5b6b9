"""Wiring of intake's worker: what follows from deliveries and is none of the door's business.

A process of its own: it may be slow or away, and no delivery is refused for it.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from prometheus_client import CollectorRegistry
from starlette.applications import Starlette

from shared import bus as buses
from shared.consumer import Consumer
from shared.health import health_routes
from shared.liveness import ConsumerWatch
from shared.settings import WorkerSettings
from shared.store import client
from shared.telemetry import Metrics


def build(settings: WorkerSettings) -> Starlette:
    """The worker as an ASGI application; its consumers run as long as its lifespan."""
    metrics = Metrics(CollectorRegistry())
    mongo, database = client.connect(settings.mongo_url, app="worker")
    broker = buses.connect(settings.amqp_url, "worker", stop_timeout_s=settings.stop_timeout_s)
    consumers: list[Consumer] = []
    watch = ConsumerWatch(broker, consumers)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await broker.start()
        watching = asyncio.create_task(watch.watch(settings.consumer_check_interval_s))
        try:
            yield
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
            await broker.stop()
            mongo.close()

    async def mongo_answers() -> None:
        await client.ping(database)

    routes = health_routes({"consumers": watch.check, "mongodb": mongo_answers}, metrics.registry)
    return Starlette(routes=routes, lifespan=lifespan)
