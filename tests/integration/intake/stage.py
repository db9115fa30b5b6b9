"""Intake over real servers: a door on a real port, a platform that signs, and eyes on the queues."""

import asyncio
import base64
import hmac
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aio_pika
import httpx
import uvicorn
from aio_pika.abc import AbstractIncomingMessage
from pydantic import SecretStr

from services.console.serving import Service, options
from services.intake.app import build
from services.intake.directory import TOLD_CACHE_S
from services.intake.registry import Sources, Tenants
from shared import topology
from shared.batch import decode
from shared.clock import FixedClock
from shared.events import Event
from shared.settings import IntakeSettings
from shared.store.client import Database
from shared.vault import Keyring, Sealer

BUS_KEY = base64.b64encode(b"b" * 32).decode()
SOURCE_KEYS = "k:" + base64.b64encode(b"s" * 32).decode()
SEALER = Sealer(BUS_KEY)
KEYRING = Keyring.parse(SOURCE_KEYS)
#: Of platforms that make it themselves.
SECRET = "made by the platform"
RATE = {"per_second": 1e6, "burst": 1e6}

#: Once so much time has passed, each source is read again, whether its change was heard or not.
READ_AGAIN = timedelta(seconds=TOLD_CACHE_S)

#: Patience of a test: more than any step takes, less than the test's own timeout.
PATIENCE_S = 60


def decline(sent_id: str, **changed: Any) -> dict[str, Any]:
    """A decline as a platform sends it."""
    return {
        "id": sent_id,
        "type": "decline.received",
        "timestamp": "2026-01-31T12:00:00Z",
        "data": {"person": {"email": "ada@example.org"}, "who": "candidate"},
    } | changed


def opt_out(sent_id: str) -> dict[str, Any]:
    """An opt-out as a platform sends it."""
    return decline(sent_id, type="opt_out.received", data={"person": {"email": "ada@example.org"}})


def settings(amqp_url: str, mongo_url: str, **changed: Any) -> IntakeSettings:
    """What intake is given, with short waits."""
    given: dict[str, Any] = {
        "amqp_url": SecretStr(amqp_url),
        "mongo_url": SecretStr(mongo_url),
        "bus_key": SecretStr(BUS_KEY),
        "source_keys": SecretStr(SOURCE_KEYS),
        "publish_timeout_s": 2,
        "in_force_timeout_s": 1,
    }
    return IntakeSettings(**(given | changed))


@dataclass
class Platform:
    """Sends to a source, signed with its secret."""

    http: httpx.AsyncClient
    clock: FixedClock
    name: str
    secret: str

    async def send(self, content: Any, *, headers: dict[str, str] | None = None) -> httpx.Response:
        """The answer to a delivery of this content: bytes as they are, all else as JSON."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        now = self.clock.now()
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        digest = hmac.digest(key, f"msg_1.{int(now.timestamp())}.".encode() + body, "sha256")
        signed = {
            "content-type": "application/json",
            "webhook-id": "msg_1",
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
        }
        url = f"/v1/sources/{self.name}/events"
        return await self.http.post(url, content=body, headers=signed | (headers or {}))


@dataclass
class Stage:
    """One intake on servers of its own."""

    http: httpx.AsyncClient
    server: uvicorn.Server
    serving: "asyncio.Task[None]"
    clock: FixedClock
    database: Database
    channel: aio_pika.abc.AbstractChannel

    async def platform(self, name: str = "ats", **changed: Any) -> Platform:
        """A new source and who sends to it."""
        sources = Sources(self.database, self.clock)
        _, secret = await sources.add(name, "acme", "standard", RATE | changed, KEYRING)
        return Platform(self.http, self.clock, name, secret)

    async def source(self, name: str, kind: str, **told: Any) -> None:
        """A new source of this kind, whose secret is SECRET."""
        sources = Sources(self.database, self.clock)
        await sources.add(name, "acme", kind, RATE, KEYRING, secret=SECRET, config=told)

    async def messages(self, queue: str) -> list[AbstractIncomingMessage]:
        """What lies in a queue; taken out of it."""
        found = []
        taken_from = await self.channel.get_queue(queue, ensure=False)
        while message := await taken_from.get(no_ack=True, fail=False):
            found.append(message)
        return found

    async def events(self, queue: str) -> list[Event]:
        """The events in a queue; taken out of it."""
        messages = await self.messages(queue)
        read = [event for message in messages for event in decode(message.body, SEALER)]
        return [event for event in read if isinstance(event, Event)]

    async def obey(self, say: str = "done") -> Callable[[], Awaitable[Any]]:
        """A policy that says this of every stop. Returns how to end it."""
        queue = await self.channel.get_queue(topology.POLICY_STOPS.name, ensure=False)

        async def handle(message: AbstractIncomingMessage) -> None:
            said = {event.id: say for event in decode(message.body, SEALER) if isinstance(event, Event)}
            reply = aio_pika.Message(json.dumps(said).encode(), correlation_id=message.correlation_id)
            await self.channel.default_exchange.publish(reply, routing_key=str(message.reply_to))
            await message.ack()

        tag = await queue.consume(handle)
        return lambda: queue.cancel(tag)


@asynccontextmanager
async def open_stage(given: IntakeSettings, clock: FixedClock, database: Database) -> AsyncIterator[Stage]:
    """An intake that serves, until the end of the block."""
    listening = socket.create_server(("127.0.0.1", 0))
    served = options(Service.INTAKE, given) | {"timeout_graceful_shutdown": 5}
    config = uvicorn.Config(build(given, clock), **served)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve([listening]))
    await until(lambda: server.started or serving.done())
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    async with (
        httpx.AsyncClient(base_url=url, timeout=PATIENCE_S) as http,
        await aio_pika.connect(given.amqp_url.get_secret_value()) as connection,
    ):
        yield Stage(http, server, serving, clock, database, await connection.channel())
        server.should_exit = True
        await serving


async def until(condition: Callable[[], bool] | Callable[[], Awaitable[bool]]) -> None:
    """Returns when the condition holds."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            held = condition()
            if held if isinstance(held, bool) else await held:
                return
            await asyncio.sleep(0.01)


async def a_tenant(database: Database) -> None:
    """The tenant of every source here."""
    await Tenants(database).add("acme", "Acme", "Acme Talent", "talent@acme.example", "Europe/Berlin")


def statuses(answers: Sequence[httpx.Response]) -> list[int]:
    """What was answered."""
    return [answer.status_code for answer in answers]
