"""The desk, wired: routes, stores and the two connections on which wishes travel."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp, Lifespan

from services.desk.access import Gate
from services.desk.headers import SecurityHeaders
from services.desk.keys import Keys
from services.desk.limits import PUBLIC_PREFIX, BodyLimit, TokenBuckets
from services.desk.pages import Pages
from services.desk.routes import candidate, cases, decisions
from services.desk.views import Views
from services.desk.wishes import Wishes
from shared import bus as buses
from shared import problems
from shared.clock import Clock, SystemClock
from shared.errors import Transient
from shared.health import Checks, health_routes
from shared.links import LinkSigner
from shared.settings import DeskSettings
from shared.store import client
from shared.telemetry import Metrics
from shared.vault import Sealer

DESCRIPTION = """\
Held cases and what became of every decline, for the people of a tenant; and the candidate's own page.

Send a key of `afterword key add` as `Authorization: Bearer aw_...`. A key belongs to one tenant and sees
nothing of another. Every refusal is a problem (RFC 9457). A decision is answered only after it is in force; a
503 says whether it is kept.
"""
#: How long a check of readiness asks the broker's connection.
_PING_TIMEOUT_S = 1.0

log = structlog.get_logger()


class Desk(FastAPI):
    """FastAPI with our headers around everything, the framework's own 500 included."""

    def build_middleware_stack(self) -> ASGIApp:
        """The middleware, from the outside in."""
        return SecurityHeaders(super().build_middleware_stack())

    def openapi(self) -> dict[str, Any]:
        """What there is, without FastAPI's own 422: ours is a problem, and declared where it can come."""
        document = super().openapi()
        for operations in document["paths"].values():
            for operation in operations.values():
                if "HTTPValidationError" in str(operation["responses"].get("422")):
                    del operation["responses"]["422"]
        for name in ("HTTPValidationError", "ValidationError"):
            document["components"]["schemas"].pop(name, None)
        return document


class _Line:
    """One connection to the broker, and the wishes that travel on it."""

    def __init__(self, settings: DeskSettings, clock: Clock, metrics: Metrics) -> None:
        self._broker = buses.connect(settings.amqp_url, "desk", stop_timeout_s=settings.stop_timeout_s)
        sealer = Sealer(settings.bus_key.get_secret_value())
        bus = buses.Bus(self._broker, sealer=sealer, clock=clock, timeout_s=settings.publish_timeout_s)
        self.wishes = Wishes(bus, settings.in_force_timeout_s, metrics)

    async def start(self) -> None:
        await self._broker.start()

    async def stop(self) -> None:
        await self.wishes.drain()
        await self._broker.stop()

    async def check(self) -> None:
        if not await self._broker.ping(_PING_TIMEOUT_S):
            raise Transient("no connection to the broker")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """What the routes need of the world."""

    views: Views
    gate: Gate
    stops: Wishes
    reviews: Wishes
    links: LinkSigner
    clock: Clock
    monotonic: Callable[[], float]
    checks: Checks
    metrics: Metrics


def build(settings: DeskSettings, clock: Clock | None = None) -> FastAPI:
    """The desk as an ASGI application; it is connected as long as its lifespan."""
    clock = clock or SystemClock()
    mongo, database = client.connect(settings.mongo_url, app="desk")
    # a connection waits for one answer at a time: a review without one must not hold up a "never again"
    metrics = Metrics(CollectorRegistry())
    stops, reviews = _Line(settings, clock, metrics), _Line(settings, clock, metrics)

    async def mongo_answers() -> None:
        await client.ping(database)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        try:
            await stops.start()
            await reviews.start()
            yield
        finally:
            await asyncio.gather(stops.stop(), reviews.stop())
            mongo.close()

    ports = Ports(
        views=Views(database),
        gate=Keys(database),
        stops=stops.wishes,
        reviews=reviews.wishes,
        links=LinkSigner(settings.link_key.get_secret_value()),
        clock=clock,
        monotonic=time.monotonic,
        checks={"mongodb": mongo_answers, "broker": stops.check, "broker for reviews": reviews.check},
        metrics=metrics,
    )
    return assemble(ports, lifespan)


def assemble(ports: Ports, lifespan: Lifespan[FastAPI] | None = None) -> FastAPI:
    """The routes over these ports, with limits, headers and problems around them."""
    app = Desk(
        title="Afterword desk",
        version="1",
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,  # their pages load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
    )
    app.add_middleware(BodyLimit)
    pages = Pages()
    problems.install(app)
    _answer_when_away(app, pages)
    app.include_router(cases.routes(ports.views, ports.gate))
    app.include_router(
        decisions.routes(ports.views, ports.gate, reviews=ports.reviews, stops=ports.stops, clock=ports.clock)
    )
    candidates = candidate.Candidates(ports.views, ports.links, ports.stops, pages, ports.clock)
    app.include_router(candidate.routes(candidates, TokenBuckets(ports.monotonic), pages))
    app.router.routes.extend(health_routes(ports.checks, ports.metrics.registry))
    return app


def _answer_when_away(app: FastAPI, pages: Pages) -> None:
    """A database that is away is a 503: a page for candidates, a problem for programs."""

    async def away(request: Request, error: Exception) -> Response:
        log.warning("database away", error=type(error).__name__)
        if request.url.path.startswith(PUBLIC_PREFIX):
            return pages.away(problems.RETRY_AFTER_S)
        return problems.problem_response(problems.unavailable("The database is away. Send it again later."))

    for error in client.AWAY:
        app.add_exception_handler(error, away)
