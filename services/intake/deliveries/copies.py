"""Raw copies at the door: appended to a bounded queue in memory, and brought to the bus behind its back.

A copy is a convenience. It holds up no answer and refuses none: where too much waits, or the broker is away,
it is let go and counted.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

import structlog

from services.intake.deliveries.taken import Fate, Taken, copied
from services.intake.directory import Source
from services.intake.limits import Bound, Bucket, Full, Rate, Share
from services.intake.sources import Delivery
from shared.batch import MAX_EVENTS
from shared.clock import Clock
from shared.errors import Transient
from shared.events import Event
from shared.telemetry import Metrics

#: Bytes of copies held at one time, those included whose deliveries are not at their end.
MAX_HELD_BYTES = 16 * 1024 * 1024
#: What a copy holds beside its body.
_BESIDE_BYTES = 4096
#: A longer body is not copied: neither the broker nor the database takes messages of any length.
MAX_BODY_BYTES = 2 * 1024 * 1024
#: Bytes after which a message takes no further copy.
_MESSAGE_BYTES = 1024 * 1024
#: Copies of what a source sent and was refused: enough to see why, too few to fill anything.
REFUSED = Rate(per_second=3, burst=20)
#: How long a copy waits for others, as nobody waits for it; a message for each would cost much.
LINGER_S = 0.05
_ID_BYTES = 15

log = structlog.get_logger()


class Bus(Protocol):
    """What is needed of shared.bus.Bus."""

    async def publish(self, events: Sequence[Event]) -> None: ...  # noqa: D102


class Copies:
    """Keeps copies until they are handed over; many share a message."""

    def __init__(self, bus: Bus, *, clock: Clock, metrics: Metrics) -> None:
        self._bus = bus
        self._clock = clock
        self._metrics = metrics
        self._bound = Bound(MAX_HELD_BYTES)
        self._refused: dict[str, Bucket] = {}
        self._waiting: deque[tuple[Taken, Share]] = deque()
        self._work: asyncio.Task[None] | None = None

    def copy(self) -> "Copy":
        """A copy of nothing yet, for the length of one request."""
        return Copy(self, self._bound.share())

    def append(self, taken: Taken, held: Share) -> None:
        """Lets a copy go its way, or go, where too many of its kind came."""
        if taken.fate.outcome == "refused" and not self._may_refuse(taken.source.name, taken.at):
            self.drop(held)
            return
        self._waiting.append((taken, held))
        if self._work is None or self._work.done():
            self._work = asyncio.get_running_loop().create_task(self._hand_over())

    def drop(self, held: Share) -> None:
        """Lets a copy go that nobody will see."""
        held.release()
        self._metrics.copies.labels("dropped").inc()

    async def drain(self) -> None:
        """Returns when nothing waits."""
        if self._work is not None and not self._work.done():
            await asyncio.wait({self._work})

    def _may_refuse(self, source: str, now: datetime) -> bool:
        bucket = self._refused.get(source)
        if bucket is None:
            bucket = self._refused[source] = Bucket(REFUSED, now)
        return not bucket.take(now)

    async def _hand_over(self) -> None:
        while self._waiting:
            if len(self._waiting) < MAX_EVENTS:
                await asyncio.sleep(LINGER_S)
            chosen = self._next()
            events = [event for taken, _ in chosen if (event := self._event(taken)) is not None]
            try:
                await self._bus.publish(events)
            except Transient as error:
                log.warning("raw copies are lost", copies=len(events), why=str(error))
                self._metrics.copies.labels("failed").inc(len(events))
            except Exception:
                log.exception("raw copies are lost", copies=len(events))
                self._metrics.copies.labels("failed").inc(len(events))
            else:
                self._metrics.copies.labels("handed over").inc(len(events))
            finally:
                for _, held in chosen:
                    held.release()

    def _next(self) -> list[tuple[Taken, Share]]:
        chosen, size = list[tuple[Taken, Share]](), 0
        while self._waiting and len(chosen) < MAX_EVENTS and size < _MESSAGE_BYTES:
            chosen.append(self._waiting.popleft())
            size += len(chosen[-1][0].delivery.body)
        return chosen

    def _event(self, taken: Taken) -> Event | None:
        try:
            return copied(taken, f"dlv_{self._clock.token(_ID_BYTES)}")
        except ValueError as error:  # whatever a stranger may write into a header
            log.warning("a raw copy cannot be made", source=taken.source.name, error=type(error).__name__)
            self._metrics.copies.labels("failed").inc()
            return None


class Copy:
    """What one request leaves behind: taken once its source is known, ended once it is answered."""

    def __init__(self, copies: Copies, held: Share) -> None:
        self._copies = copies
        self._held = held
        self._of: tuple[Source, Delivery, datetime] | None = None

    def take(self, source: Source, delivery: Delivery, at: datetime) -> None:
        """Holds on to a delivery to a known source, if there is room for it."""
        if len(delivery.body) > MAX_BODY_BYTES:
            self._copies.drop(self._held)
            return
        try:
            self._held.grow(len(delivery.body) + _BESIDE_BYTES)
        except Full:
            self._copies.drop(self._held)
        else:
            self._of = source, delivery, at

    def end(self, fate: Fate) -> None:
        """Hands over what was taken."""
        if self._of is not None:
            source, delivery, at = self._of
            self._of = None
            self._copies.append(Taken(source, delivery, at, fate), self._held)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._of is not None:
            self._held.release()
