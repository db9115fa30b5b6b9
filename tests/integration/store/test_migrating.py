"""Bringing the servers up to date is safe to repeat, and to do from two replicas at once."""

import asyncio
from typing import Any

import aio_pika
import pytest
from aio_pika.exceptions import ChannelPreconditionFailed
from pydantic import SecretStr

from shared import topology
from shared.migrate import declare, migrate
from shared.store import client
from shared.store.indexes import INDEXES


async def _indexes(mongo_url: str) -> dict[str, dict[str, Any]]:
    mongo, database = client.connect(SecretStr(mongo_url), app="test")
    found = {name: dict(await database[name].index_information()) for name in INDEXES}
    mongo.close()
    return found


async def test_migrating_twice_and_by_two_at_once_gives_the_same_as_once(
    mongo_url: str, amqp_url: str
) -> None:
    """Every index of the list is there once, and every queue takes what is sent to it."""
    mongo, amqp = SecretStr(mongo_url), SecretStr(amqp_url)
    await asyncio.gather(migrate(mongo, amqp), migrate(mongo, amqp))
    first = await _indexes(mongo_url)
    for name, wanted in INDEXES.items():
        assert set(first[name]) == {"_id_", *(index.document["name"] for index in wanted)}
    assert first["permits"]["one_permit_a_person"]["unique"]
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        exchange = await channel.get_exchange(topology.EVENTS.name)
        await exchange.publish(aio_pika.Message(b"kept"), routing_key=topology.Lane.FACT)
    await migrate(mongo, amqp)
    assert await _indexes(mongo_url) == first
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        waiting = {}
        for queue in topology.queues():
            declared = await channel.declare_queue(queue.name, passive=True)
            waiting[queue.name] = declared.declaration_result.message_count
    assert waiting == {
        queue.name: int(queue.name == topology.POLICY_FACTS.name) for queue in topology.queues()
    }


async def test_a_queue_that_exists_otherwise_is_an_error_that_names_it(amqp_url: str) -> None:
    """A queue's arguments cannot be changed, so an operator must hear of it."""
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        await channel.declare_queue(topology.POLICY_STOPS.name, durable=True)
    with pytest.raises(ChannelPreconditionFailed, match=r"afterword\.policy\.stops"):
        await declare(SecretStr(amqp_url))
