"""The notifier, wired: permits to the scheduler, due rows to the mail server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from faststream.rabbit import RabbitBroker
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette

from services.notifier.announce import Announcer
from services.notifier.channels.smtp import SmtpChannel
from services.notifier.due import Due
from services.notifier.handlers import Scheduler
from services.notifier.look import Look
from services.notifier.loop import DueLoop
from services.notifier.prepare import Prepare
from services.notifier.record import Record, Terms
from services.notifier.render import Renderer
from services.notifier.send import Sending
from shared import bus as buses
from shared import topology
from shared.background import running
from shared.clock import Clock, SystemClock
from shared.consumer import Consumer, subscribe
from shared.decision import Verifier
from shared.health import health_routes
from shared.links import LinkSigner
from shared.liveness import ConsumerWatch
from shared.settings import NotifierSettings
from shared.store import client
from shared.store.cases import Cases
from shared.store.people import People
from shared.telemetry import Metrics
from shared.vault import Keyring, Vault

#: Permits scheduled as one set.
_SET = 500
#: Of the time to stop, what is left for saying farewell once the mail in hand is done.
_FAREWELL_S = 2.5


def build(settings: NotifierSettings, clock: Clock | None = None) -> Starlette:
    """The notifier as an ASGI application; it consumes and sends as long as its lifespan."""
    clock = clock or SystemClock()
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    mongo, database = client.connect(settings.mongo_url, app="notifier")
    broker = buses.connect(settings.amqp_url, "notifier", stop_timeout_s=settings.stop_timeout_s)
    bus = buses.Bus(broker, sealer=None, clock=clock, timeout_s=settings.publish_timeout_s)
    vault = Vault(Keyring.parse(settings.vault_keys.get_secret_value()))
    verifier = Verifier(settings.verify_key)
    scheduler = Scheduler(Cases(database), People(database), database["tenants"], vault, verifier, clock)
    consumer = Consumer(
        bus,
        topology.NOTIFIER_APPROVED.name,
        scheduler.handle,
        sealer=None,
        clock=clock,
        metrics=metrics,
        limit=_SET,
        away=client.AWAY,
    )
    subscribe(broker, topology.NOTIFIER_APPROVED, consumer, prefetch=settings.prefetch)
    watch = ConsumerWatch(broker, [consumer])
    loop = due_loop(settings, database, bus, clock, metrics)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await broker.start()
        loop.start()
        try:
            async with running(watch.watch(settings.consumer_check_interval_s)):
                yield
        finally:
            within_s = max(settings.stop_timeout_s - _FAREWELL_S, 1)
            await asyncio.gather(loop.stop(within_s), _stop_consuming(broker))
            await broker.stop()
            mongo.close()

    async def mongo_answers() -> None:
        await client.ping(database)

    checks = {"consumers": watch.check, "mongodb": mongo_answers, "due_loop": loop.check}
    return Starlette(routes=health_routes(checks, registry), lifespan=lifespan)


def due_loop(
    settings: NotifierSettings, database: client.Database, bus: buses.Bus, clock: Clock, metrics: Metrics
) -> DueLoop:
    """The loop that sends, with all that it needs."""
    cases = Cases(database)
    due = Due(cases, clock, lease_s=settings.lease_s, limit=settings.claim_limit)
    channel = SmtpChannel(settings, clock)
    prepare = Prepare(
        Verifier(settings.verify_key),
        Vault(Keyring.parse(settings.vault_keys.get_secret_value())),
        Renderer(),
        LinkSigner(settings.link_key.get_secret_value()),
        settings.public_url,
    )
    sending = Sending(
        due,
        Look(database),
        prepare,
        Record(cases, due, Terms(settings.lease_s, settings.retry_waits_s), clock, metrics),
        channel,
        clock=clock,
        metrics=metrics,
        lease_s=settings.lease_s,
    )
    return DueLoop(due, sending, Announcer(cases, bus), channel, metrics, interval_s=settings.due_interval_s)


async def _stop_consuming(broker: RabbitBroker) -> None:
    """No new message is taken; those in hand are finished, or go back to the queue with the connection."""
    await asyncio.gather(*(subscriber.stop() for subscriber in broker.subscribers))
