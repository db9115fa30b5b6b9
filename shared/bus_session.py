"""One command's worth of the broker: connected as the settings say, and let go at its end."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aio_pika
from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import AMQPConnectionError, ChannelInvalidStateError

from shared import bus
from shared.clock import SystemClock
from shared.errors import Transient
from shared.settings import BusKey, Rabbit, load
from shared.vault import Sealer

# what the libraries say of a broker that is away, the command says itself, in a line
for library in ("aio_pika", "aiormq"):
    logging.getLogger(library).addHandler(logging.NullHandler())


class _Needed(BusKey, Rabbit):
    """What publishing takes."""


@asynccontextmanager
async def open_bus(app: str) -> AsyncIterator[bus.Bus]:
    """The bus, as long as the context. Raises Transient, in a line, where RabbitMQ does not answer."""
    settings = load(_Needed)
    broker = bus.connect(settings.amqp_url, app, stop_timeout_s=settings.stop_timeout_s)
    sealer = Sealer(settings.bus_key.get_secret_value())
    try:
        try:
            async with open_channel():  # an interrupt ends this, and not what connects again and again
                pass
            await bus.start(broker)
        except (Transient, *bus.AWAY) as error:
            told = str(error) if isinstance(error, Transient) else _away(error)
            raise Transient(f"{told}; nothing was done, give the same command again") from None
        yield bus.Bus(broker, sealer=sealer, clock=SystemClock(), timeout_s=settings.publish_timeout_s)
    finally:
        await broker.stop()


@asynccontextmanager
async def open_channel() -> AsyncIterator[AbstractChannel]:
    """A channel, as long as the context. Raises Transient where RabbitMQ does not answer, or goes away."""
    url = load(Rabbit).amqp_url.get_secret_value()
    try:
        async with await aio_pika.connect(url, timeout=bus.CONNECT_TIMEOUT_S) as connection:
            yield await connection.channel(publisher_confirms=True, on_return_raises=True)
    except (AMQPConnectionError, ChannelInvalidStateError, ConnectionError, TimeoutError) as error:
        raise Transient(_away(error)) from None


def _away(error: Exception) -> str:
    return f"RabbitMQ (AFTERWORD_AMQP_URL) cannot be reached: {type(error).__name__}"
