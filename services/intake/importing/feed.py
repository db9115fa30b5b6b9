"""Records to the bus: a window of them at a time, each confirmed by the broker before the next begins."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Protocol

from services.intake.envelope import Sender, distinct, enveloped
from services.intake.importing.files import Record
from services.intake.importing.journal import Journal, Refused
from services.intake.importing.lines import interaction
from shared.batch import MAX_EVENTS
from shared.clock import Clock
from shared.errors import Invalid, Transient
from shared.events import Event

#: Records that are on their way at one time: forty messages, which is little beside what a queue may hold.
WINDOW = 40 * MAX_EVENTS
#: Waits while the broker is full or away, then the last again; after so many without a confirm it ends.
WAITS_S = (0.5, 1, 2, 5, 10, 30)
MAX_REFUSALS = 25


class Bus(Protocol):
    """What is needed of shared.bus.Bus."""

    async def publish_history(self, events: Sequence[Event]) -> None: ...  # noqa: D102


class Feed:
    """Brings a source's records to the bus. ``tell`` hears how far it is and whether it waits."""

    def __init__(self, bus: Bus, sender: Sender, *, clock: Clock, tell: Callable[[int, bool], None]) -> None:
        self._bus = bus
        self._sender = sender
        self._clock = clock
        self._tell = tell

    async def take_in(self, records: Iterable[Record], journal: Journal) -> None:
        """Returns when all are confirmed or refused. Raises Transient where the broker takes nothing more;
        what the journal has by then is confirmed, and the next run goes on behind it.
        """
        left = islice(records, journal.progress.records, None)
        while window := list(islice(left, WINDOW)):
            refused: list[Refused] = []
            events = distinct(self._events(window, refused))
            messages = (events[at : at + MAX_EVENTS] for at in range(0, len(events), MAX_EVENTS))
            # each by itself, so that of a window of which half found room the other half alone goes again
            await asyncio.gather(*(self._confirmed(message, window[-1].offset) for message in messages))
            journal.confirm(len(window), refused)
            self._tell(window[-1].offset, False)

    def _events(self, window: Sequence[Record], refused: list[Refused]) -> Iterator[Event]:
        now = self._clock.now()
        for record in window:
            try:
                if isinstance(record.content, Invalid):
                    raise record.content
                yield enveloped(interaction(record.content), self._sender, now)
            except Invalid as error:
                refused.append(Refused(record.line, error.errors))

    async def _confirmed(self, events: Sequence[Event], offset: int) -> None:
        for refusals in range(MAX_REFUSALS + 1):
            try:
                await self._bus.publish_history(events)
            except Transient:
                if refusals == MAX_REFUSALS:
                    raise
                self._tell(offset, True)
                await asyncio.sleep(WAITS_S[min(refusals, len(WAITS_S) - 1)])
            else:
                return
