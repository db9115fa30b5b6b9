"""Policy, wired: queues to handlers, handlers to stores. The one module that knows all of them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette

from services.policy.filing import Filing
from services.policy.handlers import Handlers
from services.policy.hearing import Hearing
from services.policy.record import Recorder
from services.policy.reload import InForce
from services.policy.rulebook import Files
from services.policy.settle import Settler
from services.policy.sweep import Sweep
from services.policy.text.prepared import prepared
from shared import bus as buses
from shared import topology
from shared.background import running
from shared.backlog import Backlog
from shared.clock import Clock, SystemClock
from shared.consumer import Consumer, Work, subscribe
from shared.decision import Signer
from shared.errors import Transient
from shared.health import health_routes
from shared.identity import Fingerprints
from shared.liveness import ConsumerWatch
from shared.settings import PolicySettings
from shared.store import client
from shared.telemetry import Metrics
from shared.vault import Keyring, Sealer, Vault

#: Messages of imported history that are held at one time, and so worked on as one set: a small one, between
#: two of which what happens now has its turn.
HISTORY_PREFETCH = 4

#: What a sweep waits out.
AWAY: tuple[type[Exception], ...] = (*client.AWAY, Transient)

log = structlog.get_logger()


def build(settings: PolicySettings, clock: Clock | None = None) -> Starlette:
    """The policy service as an ASGI application; its consumers run as long as its lifespan."""
    clock = clock or SystemClock()
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    files = Files.load(settings.policy_file, settings.policy_overrides)
    mongo, database = client.connect(settings.mongo_url, app="policy")
    broker = buses.connect(settings.amqp_url, "policy", stop_timeout_s=settings.stop_timeout_s)
    sealer = Sealer(settings.bus_key.get_secret_value())
    bus = buses.Bus(broker, sealer=sealer, clock=clock, timeout_s=settings.publish_timeout_s)
    vault = Vault(Keyring.parse(settings.vault_keys.get_secret_value()))
    filing = Filing(Fingerprints(settings.pepper.get_secret_value()), vault, Hearing(prepared()))
    recorder = Recorder(database, filing, vault, clock)
    in_force = InForce(files, database, metrics)
    signer, backlog = Signer(settings.signing_key.get_secret_value()), Backlog()
    settler = Settler(database, in_force, signer, clock, metrics, backlog)
    handlers = Handlers(database, recorder, settler, bus, clock, metrics)
    sweep = Sweep(database, bus, clock)

    def consumer(queue: str, work: Work) -> Consumer:
        return Consumer(
            bus,
            queue,
            work,
            sealer=sealer,
            clock=clock,
            metrics=metrics,
            limit=settings.gather_limit,
            away=client.AWAY,
            backlog=backlog if work == handlers.facts else None,
        )

    subscriptions = {
        topology.POLICY_FACTS: consumer(topology.POLICY_FACTS.name, handlers.facts),
        topology.POLICY_HISTORY: consumer(topology.POLICY_HISTORY.name, handlers.facts),
        topology.POLICY_STOPS: consumer(topology.POLICY_STOPS.name, handlers.facts),
        topology.POLICY_REVIEWS: consumer(topology.POLICY_REVIEWS.name, handlers.reviews),
        topology.POLICY_MAPPINGS: consumer(topology.POLICY_MAPPINGS.name, handlers.mappings),
    }
    for queue, reader in subscriptions.items():
        most = HISTORY_PREFETCH if queue is topology.POLICY_HISTORY else settings.prefetch
        subscribe(broker, queue, reader, prefetch=most)
    watch = ConsumerWatch(
        broker, list(subscriptions.values()), backlogs={topology.POLICY_HISTORY.name: backlog}
    )

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await in_force.look()
        await broker.connect()
        await watch.measure()  # no decline is judged before it is known whether history waits
        await broker.start()
        try:
            async with running(
                watch.watch(settings.consumer_check_interval_s),
                _again(sweep.sweep, settings.sweep_interval_s),
                _again(in_force.look, settings.policy_reload_interval_s),
            ):
                yield
        finally:
            await broker.stop()
            mongo.close()

    async def mongo_answers() -> None:
        await client.ping(database)

    routes = health_routes({"consumers": watch.check, "mongodb": mongo_answers}, registry)
    return Starlette(routes=routes, lifespan=lifespan)


async def _again(work: Callable[[], Awaitable[object]], every_s: float) -> None:
    """Does it, and again after so many seconds, for ever: a round that fails is told and made good by the
    next.
    """
    while True:
        try:
            await work()
        except AWAY as error:
            log.warning("put off", work=work.__qualname__, error=type(error).__name__)
        except Exception:
            log.exception("failed", work=work.__qualname__)
        await asyncio.sleep(every_s)
