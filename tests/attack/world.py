"""Two real policies and a real notifier on real servers, under one simulated clock, and the doors to them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from pydantic import SecretStr

from deploy.local.smtp import SmtpServer
from services.notifier.app import build as build_notifier
from services.policy.app import build as build_policy
from shared import bus as buses
from shared import liveness
from shared.bus import Bus
from shared.clock import FixedClock
from shared.decision import Signer, new_seed
from shared.events import Event
from shared.migrate import migrate
from shared.settings import NotifierSettings, PolicySettings
from shared.states import State
from shared.store import client
from shared.store.client import Database
from shared.vault import Sealer, new_key
from tests.attack.plot import START

REPLICAS = 2
#: Platforms that deliver at the same moment.
DOORS = 3
_PATIENCE_S = 90
_ANSWER_S = 60


@dataclass
class World:
    """What an attacker, or a reader of the report, can get at."""

    database: Database
    clock: FixedClock
    smtp: SmtpServer
    doors: Sequence[Bus]
    tenants: set[str] = field(default_factory=set)

    async def house(self, names: Iterable[str]) -> None:
        """Registers the tenants of these names that are not there yet."""
        new = sorted(set(names) - self.tenants)
        if new:
            await self.database["tenants"].insert_many([_tenant(name) for name in new])
            self.tenants.update(new)

    async def tell(self, batches: Sequence[Sequence[Event]]) -> dict[str, str]:
        """Delivers batches through all doors at once; returns what policy said of each event."""
        answers: dict[str, str] = {}

        async def one(door: Bus, mine: Sequence[Sequence[Event]]) -> None:
            for batch in mine:
                answers.update(await door.request(batch, timeout_s=_ANSWER_S))

        await asyncio.gather(*(one(door, batches[n :: len(self.doors)]) for n, door in enumerate(self.doors)))
        return answers

    async def quiet(self) -> None:
        """Returns once all permits are scheduled, all that is due is sent, and all that is over has
        expired.
        """
        cases = self.database["cases"]

        async def done() -> bool:
            due = {"state": State.SCHEDULED.value, "send.due_at": {"$lte": self.clock.now()}}
            going = {"state": {"$in": [State.APPROVED.value, State.SENDING.value]}}
            over = {"state": State.HELD.value, "held_until": {"$lte": self.clock.now()}}
            return await cases.count_documents({"$or": [due, going, over]}) == 0

        await until(done, "everything due is sent")


async def until(condition: Callable[[], Awaitable[bool]], what: str) -> None:
    """Returns as soon as it holds. Raises TimeoutError, naming `what`."""
    try:
        async with asyncio.timeout(_PATIENCE_S):
            while not await condition():  # noqa: ASYNC110 - a server is asked, nobody here could set an Event
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise TimeoutError(f"{what}: not within {_PATIENCE_S} s") from None


def _tenant(name: str) -> dict[str, str]:
    return {
        "_id": name,
        "company": f"{name} Ltd",
        "from_name": "Ada",
        "from_email": "ada@house.example",
        "timezone": "UTC",
    }


@asynccontextmanager
async def world(amqp_url: str, mongo_url: str) -> AsyncIterator[World]:
    """The world on a fresh vhost and database, under the packaged policy document."""
    # a replica inside this process must not end it
    patience, liveness.PATIENCE = liveness.PATIENCE, 1_000_000
    clock = FixedClock(START)
    seed, vault, bus_key = new_seed(), f"k1:{new_key()}", new_key()
    urls = {"amqp_url": SecretStr(amqp_url), "mongo_url": SecretStr(mongo_url), "vault_keys": vault}
    await migrate(SecretStr(mongo_url), SecretStr(amqp_url))
    mongo, database = client.connect(SecretStr(mongo_url), app="attack")
    policy = PolicySettings.model_validate(
        {**urls, "bus_key": bus_key, "pepper": new_key(), "signing_key": seed, "sweep_interval_s": 0.1}
    )
    async with AsyncExitStack() as stack:
        stack.callback(setattr, liveness, "PATIENCE", patience)
        stack.callback(mongo.close)
        smtp = stack.enter_context(SmtpServer())
        notifier = NotifierSettings.model_validate(
            {
                **urls,
                "link_key": new_key(),
                "verify_key": Signer(seed).public_key,
                "public_url": "http://localhost:8081",
                "smtp_host": smtp.host,
                "smtp_port": smtp.port,
                "smtp_security": "none",
                "smtp_timeout_s": 10,
                "due_interval_s": 0.02,
            }
        )
        doors = []
        for _ in range(DOORS):
            broker = buses.connect(SecretStr(amqp_url), "attack", stop_timeout_s=4)
            await broker.start()
            stack.push_async_callback(broker.stop)
            doors.append(Bus(broker, sealer=Sealer(bus_key), clock=clock, timeout_s=_ANSWER_S))
        for app in [*(build_policy(policy, clock) for _ in range(REPLICAS)), build_notifier(notifier, clock)]:
            await stack.enter_async_context(app.router.lifespan_context(app))
        yield World(database, clock, smtp, doors)
