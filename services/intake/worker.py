"""Wiring of intake's worker: what follows from deliveries and is none of the door's business.

A process of its own: it may be slow or away, and no delivery is refused for it.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from prometheus_client import CollectorRegistry
from starlette.applications import Starlette

from services.intake.deliveries.copies import Copies
from services.intake.deliveries.keeping import Forgetting, Keeping
from services.intake.deliveries.record import Recording
from services.intake.enrichment.accounts import Accounts
from services.intake.enrichment.client import Client, outside
from services.intake.enrichment.forgotten import Forgotten
from services.intake.enrichment.looker import Looker
from services.intake.mailbox.polling import Polling
from services.intake.mailbox.taking import Taking
from services.intake.mailbox.tokens import Tokens
from shared import bus as buses
from shared import topology
from shared.background import running
from shared.clock import Clock, SystemClock
from shared.consumer import Consumer, Work, subscribe
from shared.health import health_routes
from shared.identity import Fingerprints
from shared.liveness import ConsumerWatch
from shared.settings import WorkerSettings
from shared.store import client
from shared.telemetry import Metrics
from shared.vault import Keyring, Sealer, Vault

#: A raw copy may be long: so many copies at once, and so many messages of them, are what memory allows.
_COPIES, _MESSAGES = 100, 20
#: Lookups in a set: so few that a set is soon over, however slow one platform is.
LOOKUPS_LIMIT = 50


def build(settings: WorkerSettings, clock: Clock | None = None) -> Starlette:
    """The worker as an ASGI application; its consumers run as long as its lifespan."""
    clock = clock or SystemClock()
    metrics = Metrics(CollectorRegistry())
    mongo, database = client.connect(settings.mongo_url, app="worker")
    broker = buses.connect(settings.amqp_url, "worker", stop_timeout_s=settings.stop_timeout_s)
    sealer = Sealer(settings.bus_key.get_secret_value())
    bus = buses.Bus(broker, sealer=sealer, clock=clock, timeout_s=settings.publish_timeout_s)
    vault = Vault(Keyring.parse(settings.vault_keys.get_secret_value()))
    fingerprints = Fingerprints(settings.pepper.get_secret_value())
    kept = timedelta(days=settings.raw_days)
    keeping = Keeping(database, Recording(vault, fingerprints, kept))
    forgetting = Forgetting(database, kept)
    http = outside()
    source_keys = Keyring.parse(settings.source_keys.get_secret_value())
    looker = Looker(
        Accounts(database, source_keys),
        Client(http, clock),
        Forgotten(database, fingerprints),
        bus,
        clock=clock,
        metrics=metrics,
    )
    raw = Copies(bus, clock=clock, metrics=metrics)
    polling = Polling(
        database,
        source_keys,
        Taking(bus, raw, clock=clock, metrics=metrics),
        Tokens(http, clock),
        clock=clock,
        metrics=metrics,
    )

    def consumer(queue: str, work: Work, limit: int) -> Consumer:
        return Consumer(
            bus,
            queue,
            work,
            sealer=sealer,
            clock=clock,
            metrics=metrics,
            limit=limit,
            away=client.AWAY,
        )

    copies = consumer(topology.WORKER_DELIVERIES.name, keeping.keep, _COPIES)
    forgotten = consumer(topology.WORKER_FORGOTTEN.name, forgetting.forget, settings.gather_limit)
    lookups = consumer(topology.WORKER_LOOKUPS.name, looker.look_up, LOOKUPS_LIMIT)
    subscribe(broker, topology.WORKER_DELIVERIES, copies, prefetch=_MESSAGES)
    subscribe(broker, topology.WORKER_FORGOTTEN, forgotten, prefetch=settings.prefetch)
    subscribe(broker, topology.WORKER_LOOKUPS, lookups, prefetch=settings.prefetch)
    watch = ConsumerWatch(broker, [copies, forgotten, lookups])

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await broker.start()
        try:
            async with running(
                watch.watch(settings.consumer_check_interval_s), polling.run(settings.mailbox_interval_s)
            ):
                yield
        finally:
            with suppress(TimeoutError):
                await asyncio.wait_for(raw.drain(), settings.stop_timeout_s / 4)
            await broker.stop()
            await http.aclose()
            mongo.close()

    async def mongo_answers() -> None:
        await client.ping(database)

    routes = health_routes({"consumers": watch.check, "mongodb": mongo_answers}, metrics.registry)
    return Starlette(routes=routes, lifespan=lifespan)
