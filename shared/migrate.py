"""Brings the servers to what this version expects. Safe to run twice, and by two replicas at once."""

import aio_pika
from pydantic import SecretStr

from shared import topology
from shared.store import client, indexes


async def migrate(mongo_url: SecretStr, amqp_url: SecretStr) -> None:
    """Creates the indexes, then exchanges, queues and bindings. The broker user needs the right to
    configure.
    """
    mongo, database = client.connect(mongo_url, app="migrate", timeout_ms=30_000)
    try:
        await indexes.create(database)
    finally:
        mongo.close()
    await declare(amqp_url)


async def declare(amqp_url: SecretStr) -> None:
    """Declares the whole topology. A queue that exists with other arguments raises
    ChannelPreconditionFailed, naming it.
    """
    async with await aio_pika.connect(amqp_url.get_secret_value()) as connection:
        channel = await connection.channel()
        for exchange in topology.exchanges():
            await channel.declare_exchange(exchange.name, type=exchange.type, durable=True)
        for queue in topology.queues():
            declared = await channel.declare_queue(queue.name, durable=True, arguments=queue.arguments)
            for source, routing_key in queue.bindings:
                await declared.bind(source, routing_key=routing_key)
