"""The due loop: what starts work by itself. Each step fails alone, and is tried again in the next round."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from services.notifier.announce import Announcer
from services.notifier.due import Due
from services.notifier.handover import Channel
from services.notifier.send import Sending
from shared.errors import Transient
from shared.store.client import AWAY
from shared.telemetry import Metrics

_AWAY: tuple[type[Exception], ...] = (*AWAY, Transient)

log = structlog.get_logger()


class DueLoop:
    """Claims and sends what is due, settles what others left, tells of outcomes; until it is stopped."""

    def __init__(
        self,
        due: Due,
        sending: Sending,
        announcer: Announcer,
        channel: Channel,
        metrics: Metrics,
        *,
        interval_s: float,
    ) -> None:
        self._due = due
        self._sending = sending
        self._announcer = announcer
        self._channel = channel
        self._metrics = metrics
        self._interval_s = interval_s
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins, in a task of its own."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name="due loop")

    async def stop(self, within_s: float) -> None:
        """Lets the mail in hand be finished; one that takes longer is broken off, and will be `uncertain`."""
        self._stop.set()
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=within_s)
            self._task.cancel()
            await asyncio.wait({self._task})
        await self._channel.close()

    async def check(self) -> None:
        """Raises RuntimeError where the loop does not run."""
        if self._task is None or self._task.done():
            raise RuntimeError("the due loop has ended")

    async def round(self) -> bool:
        """One round; whether there was anything to do, so that the next need not wait."""
        busy = False
        for step in (self._settle, self._send, self._tell):
            busy = await self._guarded(step) or busy
        return busy

    async def _run(self) -> None:
        while not self._stop.is_set():
            if not await self.round():
                try:
                    await asyncio.wait_for(self._stop.wait(), self._interval_s)
                except TimeoutError:
                    continue

    async def _guarded(self, step: Callable[[], Awaitable[bool]]) -> bool:
        try:
            return await step()
        except _AWAY as error:
            log.warning("server away", step=step.__name__, error=type(error).__name__)
        except Exception:  # the loop must outlive whatever one round met
            log.exception("round failed", step=step.__name__)
        return False

    async def _settle(self) -> bool:
        abandoned = await self._due.abandoned()
        for case in abandoned:
            self._metrics.sends.labels("uncertain").inc()
            log.warning("follow-up", outcome="uncertain", case=case, why="the send was never recorded")
        return bool(abandoned)

    async def _send(self) -> bool:
        self._metrics.due_rows.set(await self._due.count())
        rows = await self._due.claim()
        await self._sending.send(rows, self._stop.is_set)
        return bool(rows)

    async def _tell(self) -> bool:
        return bool(await self._announcer.tell())
