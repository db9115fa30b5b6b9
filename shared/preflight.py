"""Asked before a service takes work: a server that is away is told in a line, and not in a traceback."""

import asyncio

import aiormq
from pydantic import SecretStr
from pymongo.errors import PyMongoError

from shared.bus import AWAY
from shared.errors import Transient
from shared.store import client

_TIMEOUT_S = 5
#: The store's client asks for four of these at most.
_MONGO_TIMEOUT_MS = _TIMEOUT_S * 1000 // 4


async def servers_answer(mongo_url: SecretStr, amqp_url: SecretStr) -> None:
    """Returns when both answer. Raises Transient with a line for each that does not."""
    faults = [fault for fault in await asyncio.gather(_mongodb(mongo_url), _rabbitmq(amqp_url)) if fault]
    if faults:
        raise Transient("\n".join(faults))


async def _mongodb(url: SecretStr) -> str | None:
    mongo, database = client.connect(url, app="preflight", timeout_ms=_MONGO_TIMEOUT_MS)
    try:
        await client.ping(database)
    except PyMongoError as error:
        return f"MongoDB (AFTERWORD_MONGO_URL) does not answer: {type(error).__name__}"
    finally:
        mongo.close()
    return None


async def _rabbitmq(url: SecretStr) -> str | None:
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            connection = await aiormq.connect(url.get_secret_value())
            await connection.close()
    except AWAY as error:
        return f"RabbitMQ (AFTERWORD_AMQP_URL) does not answer: {type(error).__name__}"
    return None
