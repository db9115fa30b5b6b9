"""Is this process still being given messages? A connection that is up does not mean a consumer that is on
its queue.

After a broker's restart a client library can be connected again and yet consume nothing, for ever. So the
broker itself is asked, and a process that it does not feed ends itself, to be restarted.
"""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import structlog
from faststream.rabbit import RabbitBroker

from shared.backlog import Backlog
from shared.bus import AWAY
from shared.consumer import Consumer
from shared.errors import AfterwordError

#: Checks in a row that must fail before the process ends itself: a reconnection takes its time.
PATIENCE = 3
#: A broker that is well answers in milliseconds; a stop may have to wait this long.
LOOK_TIMEOUT_S = 2

log = structlog.get_logger()


class NotConnectedError(AfterwordError):
    """The broker cannot be reached."""


class NotConsumingError(AfterwordError):
    """The broker is there, but it does not give this process its messages."""


@dataclass(slots=True)
class _Seen:
    received: int
    starving: bool = False


class ConsumerWatch:
    """Asks the broker about the queues of this process's consumers. The `backlogs`, by queue, hear what each
    look finds.
    """

    def __init__(
        self,
        broker: RabbitBroker,
        consumers: Sequence[Consumer],
        backlogs: Mapping[str, Backlog] = MappingProxyType({}),
    ) -> None:
        self._broker = broker
        self._consumers = consumers
        self._backlogs = backlogs
        self._seen = {consumer.queue: _Seen(0) for consumer in consumers}
        self._fault: Exception | None = NotConnectedError("not asked yet")

    async def check(self) -> None:
        """Raises what the last look found."""
        if self._fault is not None:
            raise self._fault

    async def look(self) -> None:
        """Asks now. Raises NotConnectedError or NotConsumingError, or whatever else kept it from asking."""
        try:
            await self._look()
        except Exception as fault:
            self._fault = fault
            raise
        self._fault = None

    async def measure(self) -> None:
        """Lets the backlogs know what waits, before anything is consumed. Raises as `look` does."""
        await self._ask()

    async def watch(self, interval_s: float) -> None:
        """Looks for ever; ends the process when its consumers stay off their queues though the broker is
        there.
        """
        failed = 0
        while True:
            try:
                await self._finish(asyncio.ensure_future(self.look()))
                failed = 0
            except NotConnectedError as fault:
                log.warning("broker away", why=str(fault))
            except NotConsumingError as fault:
                failed += 1
                log.warning("not consuming", why=str(fault), failed=failed)
            except Exception:
                # who cannot look has seen nothing: not ready, and no reason to end either
                log.exception("could not look")
            if failed >= PATIENCE:
                log.critical("ends itself to be restarted")
                os.kill(os.getpid(), signal.SIGTERM)
                return
            await asyncio.sleep(interval_s)

    @staticmethod
    async def _finish(look: asyncio.Future[None]) -> None:
        """Waits for a look, also when cancelled: one cut short while its channel opens takes the connection
        down, and the stop of the consumers would then wait for a connection that nobody makes again.
        """
        try:
            await asyncio.shield(look)
        except asyncio.CancelledError:
            await asyncio.wait({look}, timeout=LOOK_TIMEOUT_S)
            if look.done() and not look.cancelled():
                look.exception()
            raise

    async def _look(self) -> None:
        for consumer, (ready, consumers) in zip(self._consumers, await self._ask(), strict=True):
            self._judge(consumer, ready, consumers)

    async def _ask(self) -> list[tuple[int, int]]:
        """The messages that are ready in each consumer's queue, and how many consume it."""
        connection = self._broker._connection  # noqa: SLF001 - FastStream has no public way to it
        if connection is None or not connection.connected.is_set():
            raise NotConnectedError("no connection to the broker")
        try:
            # a channel of its own: asking for a queue that is gone closes the channel that asked
            async with asyncio.timeout(LOOK_TIMEOUT_S), connection.channel() as channel:
                names = [consumer.queue for consumer in self._consumers]
                found = [
                    (await channel.declare_queue(name, passive=True)).declaration_result for name in names
                ]
        except AWAY as error:
            if "NOT_FOUND" in str(error):
                raise NotConsumingError(f"a queue is gone: {error}") from error
            raise NotConnectedError(f"the broker does not answer: {type(error).__name__}") from error
        counts = [(queue.message_count or 0, queue.consumer_count or 0) for queue in found]
        for name, (ready, _) in zip(names, counts, strict=True):
            if name in self._backlogs:
                self._backlogs[name].saw(ready)
        return counts

    def _judge(self, consumer: Consumer, ready: int, consumers: int) -> None:
        """Messages that wait while this process is idle and gets none, twice in a row, are not being given
        to it.
        """
        seen = self._seen[consumer.queue]
        starving = bool(ready) and not consumer.in_flight and consumer.received == seen.received
        twice, seen.starving, seen.received = starving and seen.starving, starving, consumer.received
        if not consumers:
            raise NotConsumingError(f"nobody consumes {consumer.queue}")
        if twice:
            raise NotConsumingError(
                f"{ready} messages wait in {consumer.queue}, and none come to this process"
            )
