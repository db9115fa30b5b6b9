"""Publishing: batches with a confirm, requests that wait for an answer, and the ways to retry and to the
dead letters.

Every publish is mandatory and persistent: a message that no queue takes is an error here, never a loss. A
broker that is away or full shows as Transient within the timeout, it never hangs.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from aio_pika.abc import HeadersType
from aio_pika.exceptions import AMQPError, ChannelInvalidStateError
from faststream.rabbit import Channel, RabbitBroker, RabbitExchange
from pydantic import SecretStr

from shared import topology
from shared.batch import CONTENT_TYPE, MAX_EVENTS, Sealer, encode
from shared.clock import Clock
from shared.errors import Transient
from shared.events import Event
from shared.topology import Lane

#: What says that the broker is away, or full, or has no queue for a message.
AWAY = (AMQPError, ConnectionError, TimeoutError, ChannelInvalidStateError)
#: How long a try to connect may take.
CONNECT_TIMEOUT_S = 5


def connect(url: SecretStr, app: str, *, stop_timeout_s: float) -> RabbitBroker:
    """A broker that is not started yet. Unroutable publishes raise, and a failing handler's message is never
    discarded.

    Of the time for a stop it takes half at most: open HTTP requests are given the other half before it.
    """
    return RabbitBroker(
        url.get_secret_value(),
        timeout=CONNECT_TIMEOUT_S,
        app_id=f"afterword-{app}",
        default_channel=Channel(publisher_confirms=True, on_return_raises=True),
        graceful_timeout=stop_timeout_s / 2,
        apply_types=False,
        logger=None,
    )


async def start(broker: RabbitBroker) -> None:
    """Connects. Raises what AWAY names where the broker does not answer.

    Never cut short: a robust connection that is cancelled while it is made tries again for ever.
    """
    starting = asyncio.ensure_future(broker.start())
    try:
        async with asyncio.timeout(2 * CONNECT_TIMEOUT_S):
            await asyncio.shield(starting)
    finally:
        await asyncio.wait({starting}, timeout=CONNECT_TIMEOUT_S)
        if starting.done() and not starting.cancelled():
            starting.exception()  # seen, also where whoever waited for it is gone


class Bus:
    """Publishes for one service. Works once its broker is started."""

    def __init__(
        self, broker: RabbitBroker, *, sealer: Sealer | None, clock: Clock, timeout_s: float
    ) -> None:
        self._broker = broker
        self._sealer = sealer
        self._clock = clock
        self._timeout_s = timeout_s
        #: FastStream lets a second request in before the first has let go of the reply queue.
        self._asking = asyncio.Lock()

    async def publish(self, events: Sequence[Event]) -> None:
        """Returns when the broker has confirmed all of them. Raises Transient where it did not; then any may
        have gone out.
        """
        await self._publish(_by_lane(events))

    async def publish_history(self, events: Sequence[Event]) -> None:
        """As `publish`, for facts of long ago, behind which nothing that happens now has to wait."""
        await self._publish({Lane.HISTORY: events})

    async def request(self, events: Sequence[Event], *, timeout_s: float) -> dict[str, str]:
        """What the consumer said of each event id: "done", or why not. The events stay queued where no
        answer comes.

        Raises Transient when no answer came in time, or the broker did not take them.
        """
        answers: dict[str, str] = {}
        for lane, chosen in _by_lane(events).items():
            for chunk in _chunks(chosen):
                answers |= await self._ask(lane, chunk, timeout_s)
        return answers

    async def answer(self, reply_to: str, correlation_id: str, outcomes: Mapping[str, str]) -> None:
        """Tells a waiting sender. Not mandatory: the sender may have given up, and its event is done all the
        same.
        """
        await self._broker.publish(
            json.dumps(outcomes).encode(),
            routing_key=reply_to,
            correlation_id=correlation_id,
            mandatory=False,
            timeout=self._timeout_s,
        )

    async def retry(
        self, queue: str, events: Sequence[Event], *, wait_s: int, attempt: int, why: str
    ) -> None:
        """Sends events back to their queue after a wait."""
        headers = {"x-attempt": str(attempt), "x-why": why}
        exchange = topology.wait_exchange(wait_s)
        for chunk in _chunks(events):
            await self._send(exchange, queue, encode(chunk, self._sealer), chunk, headers)

    async def bury_events(self, queue: str, events: Sequence[Event], *, why: str, at: datetime) -> None:
        """Lays events that cannot be handled into the dead-letter queue, sealed as they came."""
        await self.bury(queue, encode(events, self._sealer), why=why, at=at, events=events)

    async def bury(
        self, queue: str, body: bytes, *, why: str, at: datetime, events: Sequence[Event] = ()
    ) -> None:
        """Lays a message that cannot be handled into the dead-letter queue, with the reason."""
        headers = {"x-why": why, "x-queue": queue, "x-died-at": at.isoformat()}
        await self._send(topology.DEAD_EXCHANGE, queue, body, events, headers)

    async def _publish(self, lanes: Mapping[Lane, Sequence[Event]]) -> None:
        messages = [
            self._send(topology.EVENTS, lane, encode(chunk, self._sealer), chunk)
            for lane, chosen in lanes.items()
            for chunk in _chunks(chosen)
        ]
        await asyncio.gather(*messages)

    async def _ask(self, lane: Lane, events: Sequence[Event], timeout_s: float) -> dict[str, str]:
        try:
            async with asyncio.timeout(timeout_s), self._asking:
                reply = await self._broker.request(
                    encode(events, self._sealer),
                    exchange=topology.EVENTS,
                    routing_key=lane,
                    persist=True,
                    timeout=timeout_s,
                    content_type=CONTENT_TYPE,
                    message_id=events[0].id,
                    correlation_id=events[0].subject or events[0].id,
                    message_type=_type_of(events),
                    timestamp=self._clock.now(),
                )
        except AWAY as error:
            raise Transient(f"no answer from the bus: {type(error).__name__}") from error
        answers: dict[str, str] = json.loads(reply.body)
        return answers

    async def _send(
        self,
        exchange: RabbitExchange,
        routing_key: str,
        body: bytes,
        events: Sequence[Event],
        headers: Mapping[str, str] | None = None,
    ) -> None:
        first = events[0] if events else None
        sent: HeadersType = dict(headers or {})
        if first is not None and first.traceparent:
            sent["traceparent"] = first.traceparent
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._broker.publish(
                    body,
                    exchange=exchange,
                    routing_key=routing_key,
                    persist=True,
                    mandatory=True,
                    headers=sent,
                    content_type=CONTENT_TYPE,
                    message_id=first.id if first else None,
                    correlation_id=(first.subject or first.id) if first else None,
                    message_type=_type_of(events),
                    timestamp=self._clock.now(),
                )
        except AWAY as error:
            raise Transient(f"the broker did not take a message: {type(error).__name__}") from error


def _type_of(events: Sequence[Event]) -> str:
    types = {event.type for event in events}
    return types.pop() if len(types) == 1 else "batch"


def _by_lane(events: Sequence[Event]) -> dict[Lane, list[Event]]:
    lanes: dict[Lane, list[Event]] = defaultdict(list)
    for event in events:
        lanes[topology.lane_of(event.kind)].append(event)
        if event.lookup:  # twice: one queue that takes it must not stand for another that is not there
            lanes[Lane.LOOKUP].append(event)
    return lanes


def _chunks(events: Sequence[Event]) -> list[Sequence[Event]]:
    return [events[start : start + MAX_EVENTS] for start in range(0, len(events), MAX_EVENTS)]
