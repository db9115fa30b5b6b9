"""From a message to sets of events and back to one acknowledgement.

FastStream runs the handler for many messages at once and acknowledges when it returns. The handler gives its
events to a gatherer, which works on the events of all waiting messages as one set. An event that fails goes
alone to a wait queue or to the dead letters, with a confirm, before its message is acknowledged. Whatever
escapes is redelivered by the broker.
"""

import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog
from faststream.middlewares import AckPolicy
from faststream.rabbit import Channel, RabbitBroker, RabbitMessage, RabbitQueue

from shared import topology
from shared.backlog import Backlog
from shared.batch import Sealer, Unreadable, decode
from shared.bus import Bus
from shared.clock import Clock
from shared.errors import AfterwordError, Invalid, Transient
from shared.events import Event
from shared.gatherer import Gatherer
from shared.telemetry import Metrics
from shared.topology import MAX_ATTEMPTS, WAITS_S

#: Tries of an event whose handling fails for no known reason: enough to outlive a deploy, few enough to be
#: noticed.
MAX_UNEXPECTED = 6


@dataclass(frozen=True, slots=True)
class Done:
    """Handled; nothing is left to do. ``said`` is what a waiting sender hears: "done" only of what is in
    force.
    """

    said: str = "done"


@dataclass(frozen=True, slots=True)
class Later:
    """Not yet: come back after so many seconds. Does not count as a failure."""

    after_s: float
    why: str


@dataclass(frozen=True, slots=True)
class Again:
    """Failed for a reason that may pass: try again with growing waits, at most ``limit`` times."""

    why: str
    limit: int = MAX_ATTEMPTS


@dataclass(frozen=True, slots=True)
class Dead:
    """Will never succeed: to the dead letters."""

    why: str


Outcome = Done | Later | Again | Dead
Work = Callable[[Sequence[Event]], Awaitable[Sequence[Outcome]]]

log = structlog.get_logger()


class Consumer:
    """Handles one queue's messages. ``work`` gets sets of events and returns an outcome for each, in order.

    ``away`` names the exceptions that say a server is away; every other exception of a set of several leads
    to halving the set, so that one bad event never takes its neighbours with it. ``backlog`` hears of what
    is to be tried again.
    """

    def __init__(  # noqa: PLR0913 - wiring
        self,
        bus: Bus,
        queue: str,
        work: Work,
        *,
        sealer: Sealer | None,
        clock: Clock,
        metrics: Metrics,
        limit: int,
        away: tuple[type[Exception], ...],
        backlog: Backlog | None = None,
    ) -> None:
        self._bus = bus
        self.queue = queue
        self._work = work
        self._sealer = sealer
        self._clock = clock
        self._metrics = metrics
        self._backlog = backlog
        self._away: tuple[type[Exception], ...] = (*away, Transient)
        self._gatherer: Gatherer[Event, Outcome] = Gatherer(self._set, limit)
        self.in_flight = 0
        self.received = 0

    async def handle(self, message: RabbitMessage) -> None:
        """Returns when every event of the message is handled or safely elsewhere; then the message may be
        acknowledged.
        """
        self.received += 1
        self.in_flight += 1
        try:
            await self._handle(message)
        finally:
            self.in_flight -= 1

    async def drain(self) -> None:
        """Returns when no set is at work."""
        await self._gatherer.drain()

    async def _handle(self, message: RabbitMessage) -> None:
        try:
            read = decode(message.body, self._sealer)
        except Invalid as error:
            await self._bury(message.body, str(error))
            return
        events = [event for event in read if isinstance(event, Event)]
        outcomes = await self._gatherer.submit(events)
        for lost in read:
            if isinstance(lost, Unreadable):
                await self._bury(json.dumps([lost.raw]).encode(), lost.why)
        attempt = int(message.headers.get("x-attempt", "0"))
        await self._forward(list(zip(events, outcomes, strict=True)), attempt)
        if message.reply_to:
            said = {event.id: _said(outcome) for event, outcome in zip(events, outcomes, strict=True)}
            await self._bus.answer(message.reply_to, message.correlation_id or "", said)

    async def _set(self, events: Sequence[Event]) -> Sequence[Outcome]:
        self._metrics.set_size.labels(self.queue).observe(len(events))
        try:
            return await self._work(events)
        except self._away as error:
            log.warning("server away", queue=self.queue, error=type(error).__name__, events=len(events))
            return [Again(f"server away: {type(error).__name__}")] * len(events)
        except AfterwordError as error:  # all others of ours: the same input fails again
            if len(events) == 1:
                return [Dead(str(error))]
        except Exception as error:
            if len(events) == 1:
                log.exception("event failed", queue=self.queue, event_id=events[0].id)
                return [Again(f"unexpected {type(error).__name__}", limit=MAX_UNEXPECTED)]
        middle = len(events) // 2
        return [*await self._set(events[:middle]), *await self._set(events[middle:])]

    async def _forward(self, judged: Sequence[tuple[Event, Outcome]], attempt: int) -> None:
        waiting: dict[tuple[int, int, str], list[Event]] = defaultdict(list)
        for event, outcome in judged:
            match outcome:
                case Done():
                    pass
                case Later(after_s, why):
                    wait_s = max((wait for wait in WAITS_S if wait <= after_s), default=WAITS_S[0])
                    waiting[wait_s, attempt, why].append(event)
                case Again(why, limit) if attempt + 1 < limit:
                    waiting[WAITS_S[min(attempt, len(WAITS_S) - 1)], attempt + 1, why].append(event)
                case Again(why) | Dead(why):
                    await self._bury_event(event, why)
        for (wait_s, next_attempt, why), events in waiting.items():
            if next_attempt > attempt:
                self._metrics.retries.labels(self.queue).inc(len(events))
                if self._backlog is not None:
                    self._backlog.put_off(self._clock.now() + timedelta(seconds=wait_s))
            await self._bus.retry(self.queue, events, wait_s=wait_s, attempt=next_attempt, why=why)

    async def _bury_event(self, event: Event, why: str) -> None:
        log.error("dead letter", queue=self.queue, event_id=event.id, case=event.subject, why=why)
        await self._bus.bury_events(self.queue, [event], why=why, at=self._clock.now())
        self._metrics.dead_letters.labels(self.queue).inc()

    async def _bury(self, body: bytes, why: str) -> None:
        log.error("dead letter", queue=self.queue, why=why)
        await self._bus.bury(self.queue, body, why=why, at=self._clock.now())
        self._metrics.dead_letters.labels(self.queue).inc()


def subscribe(broker: RabbitBroker, queue: RabbitQueue, consumer: Consumer, *, prefetch: int) -> None:
    """Gives a queue's messages to a consumer, on a channel of its own. Call it before the broker is
    started.
    """
    subscriber = broker.subscriber(
        queue,
        topology.EVENTS,
        channel=Channel(prefetch_count=prefetch),
        # the backstop: what escapes the consumer is redelivered, never discarded
        ack_policy=AckPolicy.NACK_ON_ERROR,
        # answers are sent by the consumer, which knows that a sender may have given up
        no_reply=True,
    )
    subscriber(consumer.handle, decoder=_whole)


async def _whole(message: RabbitMessage) -> RabbitMessage:
    """The consumer reads a message by itself, since one unreadable event must not spoil the others in it."""
    return message


def _said(outcome: Outcome) -> str:
    return outcome.said if isinstance(outcome, Done) else outcome.why
