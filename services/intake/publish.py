"""To the bus and back: the requests that wait at one moment share messages, confirms and answers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

from services.intake import problems
from shared.batch import MAX_EVENTS
from shared.clock import Clock
from shared.errors import Transient
from shared.events import Event
from shared.gatherer import Gatherer
from shared.telemetry import Metrics
from shared.topology import STOP_KINDS

#: Events in a set of facts: ten messages, sent side by side.
FACTS_LIMIT = 10 * MAX_EVENTS

Connected = Callable[[], Awaitable[bool]]


class Bus(Protocol):
    """What is needed of shared.bus.Bus."""

    async def publish(self, events: Sequence[Event]) -> None: ...  # noqa: D102
    async def request(self, events: Sequence[Event], *, timeout_s: float) -> dict[str, str]: ...  # noqa: D102


class Publisher:
    """Brings events to the bus. ``connected`` says at once whether there is a broker to bring them to.

    It is asked after a failure only: a set that goes to an absent broker costs its requests a whole timeout.
    """

    def __init__(
        self, bus: Bus, connected: Connected, *, clock: Clock, metrics: Metrics, in_force_timeout_s: float
    ) -> None:
        self._bus = bus
        self._connected = connected
        self._clock = clock
        self._metrics = metrics
        self._in_force_timeout_s = in_force_timeout_s
        self._failed = False
        self._facts: Gatherer[Event, None] = Gatherer(self._publish, FACTS_LIMIT)
        # one message a set, for the answers of one set come after those of another
        self._stops: Gatherer[Event, bool] = Gatherer(self._request, MAX_EVENTS)

    async def publish(self, events: Sequence[Event]) -> None:
        """Returns when the broker has confirmed the facts, and policy has put the stops in force.

        Raises the Problem to answer with where either did not come about; some events may be kept even so.
        """
        stops = [event for event in events if event.kind in STOP_KINDS]
        if not stops:
            await self._take(events)
            return
        facts = [event for event in events if event.kind not in STOP_KINDS]
        # both are waited for, so that no event is still on its way when its sender is answered
        results = await asyncio.gather(self._take(facts), self._stop(stops), return_exceptions=True)
        for result in results:
            if result is not None:
                raise result

    async def drain(self) -> None:
        """Returns when nothing is on its way."""
        await self._facts.drain()
        await self._stops.drain()

    async def _take(self, facts: Sequence[Event]) -> None:
        try:
            await self._facts.submit(facts)
        except Transient as error:
            raise problems.broker_away() from error

    async def _stop(self, stops: Sequence[Event]) -> None:
        try:
            in_force = await self._stops.submit(stops)
        except Transient as error:
            raise problems.not_in_force(kept=False) from error
        if not all(in_force):
            raise problems.not_in_force(kept=True)

    async def _publish(self, events: Sequence[Event]) -> Sequence[None]:
        began = self._clock.now()
        self._metrics.set_size.labels("intake.facts").observe(len(events))
        async with self._watched():
            await self._bus.publish(events)
        self._metrics.confirm_seconds.observe((self._clock.now() - began).total_seconds())
        return [None] * len(events)

    async def _request(self, events: Sequence[Event]) -> Sequence[bool]:
        self._metrics.set_size.labels("intake.stops").observe(len(events))
        async with self._watched():
            said = await self._bus.request(events, timeout_s=self._in_force_timeout_s)
        return [said.get(event.id) == "done" for event in events]

    @asynccontextmanager
    async def _watched(self) -> AsyncIterator[None]:
        if self._failed and not await self._connected():
            raise Transient("the broker is still away")
        try:
            yield
        except Transient:
            self._failed = True
            raise
        self._failed = False
