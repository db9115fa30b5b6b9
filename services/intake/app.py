"""Wiring of intake: settings in, an ASGI application out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import structlog
from fastapi import FastAPI
from faststream.rabbit import RabbitBroker
from prometheus_client import CollectorRegistry
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.routing import Match, Route
from starlette.types import Receive, Scope, Send

from services.intake import openapi
from services.intake.changes import follow
from services.intake.deliveries.copies import Copies
from services.intake.directory import Directory, stored_sources
from services.intake.limits import Limits, Rate
from services.intake.publish import Publisher
from services.intake.receive import Door
from services.intake.sources.standard_webhooks import SECRET_PREFIX
from shared import bus, problems
from shared.background import running
from shared.clock import Clock, SystemClock
from shared.errors import Transient
from shared.health import health_routes
from shared.settings import IntakeSettings
from shared.store import client
from shared.telemetry import Metrics, redact
from shared.vault import Keyring, Sealer, new_key

#: Deliveries that nobody signed, from everybody together, and greetings of each name: more are slowed down.
UNSIGNED = Rate(per_second=50, burst=200)

#: Long enough to look; a connection that is not there is not waited for.
CONNECTED_TIMEOUT_S = 0.05

log = structlog.get_logger()


def build(settings: IntakeSettings, clock: Clock | None = None) -> FastAPI:
    """The application; its servers are reached when it is started, and let go when it is stopped."""
    clock = clock or SystemClock()
    metrics = Metrics(CollectorRegistry())
    mongo, database = client.connect(settings.mongo_url, app="intake")
    broker = bus.connect(settings.amqp_url, "intake", stop_timeout_s=settings.stop_timeout_s)
    directory = Directory(
        stored_sources(database),
        Keyring.parse(settings.source_keys.get_secret_value()),
        clock,
        settings.source_cache_s,
    )
    way_out = bus.Bus(
        broker,
        sealer=Sealer(settings.bus_key.get_secret_value()),
        clock=clock,
        timeout_s=settings.publish_timeout_s,
    )
    publisher = Publisher(
        way_out,
        lambda: broker.ping(CONNECTED_TIMEOUT_S),
        clock=clock,
        metrics=metrics,
        in_force_timeout_s=settings.in_force_timeout_s,
    )
    copies = Copies(way_out, clock=clock, metrics=metrics)
    door = Door(
        directory,
        publisher,
        copies,
        Limits(UNSIGNED, clock.now()),
        clock=clock,
        metrics=metrics,
        filler=SECRET_PREFIX + new_key(),
        max_body_bytes=settings.max_body_bytes,
        tolerance_s=settings.signature_tolerance_s,
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await _start(broker, settings)
        try:
            async with running(follow(database, directory)):
                yield
        finally:
            await _stop(publisher, copies, broker, settings.stop_timeout_s / 2)
            mongo.close()

    async def broker_connected() -> None:
        if not await broker.ping(1):
            raise Transient("not connected")

    async def sources_known() -> None:
        if not directory.warm:
            await client.ping(database)

    app = _Intake(
        title="Afterword intake",
        version="1",
        summary="Where platforms send declines and what surrounds them.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    guarded = ServerErrorMiddleware(door, handler=problems.on_unexpected)
    app.straight = Route(openapi.PATH, guarded, methods=["POST", "GET", "OPTIONS"])
    app.router.routes.append(app.straight)
    app.router.routes.extend(
        health_routes({"broker": broker_connected, "sources": sources_known}, metrics.registry)
    )
    problems.install(app)
    openapi.declare(app)
    return app


class _Intake(FastAPI):
    """FastAPI, but for deliveries: they go straight to their route, past what would cost as much again."""

    straight: Route

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match, found = self.straight.matches(scope)
        if match is Match.FULL:
            await self.straight.app({**scope, **found}, receive, send)
        else:
            await super().__call__(scope, receive, send)


async def _start(broker: RabbitBroker, settings: IntakeSettings) -> None:
    try:
        await bus.start(broker)
    except bus.AWAY as error:
        await broker.stop()
        url = urlsplit(settings.amqp_url.get_secret_value())
        where = f"{url.hostname}:{url.port or (5671 if url.scheme == 'amqps' else 5672)}"
        raise Transient(
            f"RabbitMQ at {where} (AFTERWORD_AMQP_URL) cannot be reached: {redact(str(error))}"
        ) from None


async def _stop(publisher: Publisher, copies: Copies, broker: RabbitBroker, timeout_s: float) -> None:
    """Half of the time to stop is the HTTP server's, for its open requests; this is the other half."""
    try:
        async with asyncio.timeout(timeout_s):
            await publisher.drain()
            await copies.drain()
            await broker.stop()
    except TimeoutError:
        log.warning("stopped before the broker let go; what was not answered is sent again")
