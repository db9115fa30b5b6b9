"""Intake's worker beside a door, and eyes on what it keeps."""

import base64
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aio_pika
import httpx
from pydantic import SecretBytes, SecretStr

from services.intake.worker import build
from shared import topology
from shared.batch import encode
from shared.clock import FixedClock
from shared.events import Event
from shared.identity import Fingerprints
from shared.settings import WorkerSettings
from shared.store.client import Document
from shared.vault import Keyring, Vault
from tests.integration.intake.stage import BUS_KEY, SEALER, SOURCE_KEYS, Stage, until

VAULT_KEYS = "k1:" + base64.b64encode(b"v" * 32).decode()
PEPPER = b"p" * 32
VAULT = Vault(Keyring.parse(VAULT_KEYS))
FINGERPRINTS = Fingerprints(PEPPER)
EXCHANGE = topology.EVENTS.name


@asynccontextmanager
async def open_worker(
    amqp_url: str, mongo_url: str, clock: FixedClock, **changed: Any
) -> AsyncIterator[httpx.AsyncClient]:
    """A worker that consumes, until the end of the block, and who may look at its metrics."""
    given: dict[str, Any] = {
        "amqp_url": SecretStr(amqp_url),
        "mongo_url": SecretStr(mongo_url),
        "bus_key": SecretStr(BUS_KEY),
        "vault_keys": SecretStr(VAULT_KEYS),
        "source_keys": SecretStr(SOURCE_KEYS),
        "pepper": SecretBytes(PEPPER),
    }
    app = build(WorkerSettings(**(given | changed)), clock)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://worker") as http,
    ):
        yield http


async def kept(stage: Stage, count: int, **query: Any) -> list[Document]:
    """So many raw deliveries, once they are there, in the order in which they came."""
    found = stage.database["deliveries"]

    async def there() -> bool:
        return await found.count_documents(query) >= count

    await until(there)
    documents = await found.find(query).sort("at", 1).to_list(None)
    assert len(documents) == count
    return documents


async def publish(stage: Stage, lane: topology.Lane, events: Sequence[Event]) -> None:
    """One message, as intake publishes it."""
    exchange = await stage.channel.get_exchange(EXCHANGE, ensure=False)
    await exchange.publish(aio_pika.Message(encode(events, SEALER)), routing_key=lane)


def clear(documents: Sequence[Document]) -> str:
    """All that is stored in clear, as text."""
    return json.dumps(
        [{name: value for name, value in one.items() if not isinstance(value, bytes)} for one in documents],
        default=str,
    )
