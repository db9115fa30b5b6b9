"""The desk over real servers, and a policy that answers what it is told to."""

import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aio_pika
import httpx
import pytest
from aio_pika.abc import AbstractIncomingMessage
from pydantic import SecretStr

from services.desk.app import build
from services.desk.keys import Keys, Role
from shared import topology
from shared.batch import decode
from shared.clock import SystemClock
from shared.events import Event
from shared.links import LinkSigner
from shared.migrate import migrate
from shared.settings import DeskSettings
from shared.store import client
from shared.store.client import Database, Document
from shared.vault import Sealer

BUS_KEY = base64.b64encode(b"b" * 32).decode()
LINK_KEY = base64.b64encode(b"l" * 32).decode()


@dataclass
class Policy:
    """Consumes the lanes that are answered: obeys, then says ``word`` of every event."""

    word: str | None = "done"
    obey: Callable[[Event], Awaitable[None]] | None = None
    seen: list[Event] = field(default_factory=list)

    async def on(self, message: AbstractIncomingMessage) -> None:
        """Takes one message, as the real one does: obey, answer, acknowledge."""
        found = [event for event in decode(message.body, Sealer(BUS_KEY)) if isinstance(event, Event)]
        for event in found:
            if self.obey is not None:
                await self.obey(event)
        self.seen.extend(found)
        if message.reply_to and self.word is not None:
            reply = json.dumps({event.id: self.word for event in found}).encode()
            answer = aio_pika.Message(reply, correlation_id=message.correlation_id)
            await message.channel.basic_publish(
                answer.body, routing_key=message.reply_to, properties=answer.properties
            )
        await message.ack()


@dataclass
class Stack:
    """A desk on servers of its own."""

    http: httpx.AsyncClient
    database: Database
    keys: Keys
    links: LinkSigner
    amqp_url: str

    async def bearer(self, role: Role = "reviewer", tenant: str = "acme") -> dict[str, str]:
        """The header of a new key."""
        return {"Authorization": f"Bearer {await self.keys.add('Rey', role, tenant, SystemClock())}"}

    async def everything(self) -> dict[str, list[Document]]:
        """Every document there is, to compare."""
        names = sorted(await self.database.list_collection_names())
        return {name: await self.database[name].find().sort("_id", 1).to_list(None) for name in names}

    async def queued(self) -> dict[str, int]:
        """Messages that wait, by queue."""
        async with await aio_pika.connect(self.amqp_url) as connection:
            channel = await connection.channel()
            counts = {}
            for queue in topology.queues():
                declared = await channel.declare_queue(queue.name, passive=True)
                counts[queue.name] = declared.declaration_result.message_count or 0
            return counts

    @asynccontextmanager
    async def policy(self) -> AsyncIterator[Policy]:
        """A policy that consumes as long as this context."""
        policy = Policy()
        async with await aio_pika.connect(self.amqp_url) as connection:
            channel = await connection.channel()
            for queue in (topology.POLICY_STOPS, topology.POLICY_REVIEWS):
                await (await channel.get_queue(queue.name, ensure=False)).consume(policy.on)
            yield policy


@pytest.fixture
async def stack(amqp_url: str, mongo_url: str) -> AsyncIterator[Stack]:
    """A started desk with nothing stored, and nobody who consumes."""
    await migrate(SecretStr(mongo_url), SecretStr(amqp_url))
    settings = DeskSettings(
        amqp_url=SecretStr(amqp_url),
        mongo_url=SecretStr(mongo_url),
        bus_key=SecretStr(BUS_KEY),
        link_key=SecretStr(LINK_KEY),
        in_force_timeout_s=2,
    )
    mongo, database = client.connect(SecretStr(mongo_url), app="test")
    app = build(settings)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://desk", timeout=30) as http,
    ):
        yield Stack(http, database, Keys(database), LinkSigner(LINK_KEY), amqp_url)
    mongo.close()
