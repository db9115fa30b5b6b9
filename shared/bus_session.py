"""One command's worth of the bus: connected as the settings say, and let go at its end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shared import bus
from shared.clock import SystemClock
from shared.errors import Transient
from shared.settings import BusKey, Rabbit, load
from shared.vault import Sealer


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
            async with asyncio.timeout(settings.publish_timeout_s):
                await broker.start()
        except bus.AWAY as error:
            told = f"RabbitMQ (AFTERWORD_AMQP_URL) cannot be reached: {type(error).__name__}"
            raise Transient(told) from None
        yield bus.Bus(broker, sealer=sealer, clock=SystemClock(), timeout_s=settings.publish_timeout_s)
    finally:
        await broker.stop()
