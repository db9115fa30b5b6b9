"""What became of mails that were fetched: the very mapping, ids and raw copies of those that are handed over.

Nobody waits for an answer, so the broker's confirm is enough for a stop too: policy puts it in force as it
comes, and a mail whose id is known with other content is no reason to fetch it again.
"""

from collections.abc import Sequence
from contextlib import ExitStack

import structlog

from services.intake import problems
from services.intake.deliveries.copies import Bus, Copies
from services.intake.deliveries.taken import Fate, refused, understood
from services.intake.directory import Source
from services.intake.envelope import Sender, distinct, enveloped
from services.intake.sources import SOURCES, Delivery
from services.intake.sources.email import POLLED
from shared.clock import Clock
from shared.errors import Invalid
from shared.telemetry import Metrics

log = structlog.get_logger()


class Taking:
    """Brings sets of mails to the bus."""

    def __init__(self, bus: Bus, copies: Copies, *, clock: Clock, metrics: Metrics) -> None:
        self._bus = bus
        self._copies = copies
        self._clock = clock
        self._metrics = metrics

    async def take(self, source: Source, mails: Sequence[bytes]) -> list[bool]:
        """Whether each could be read, once all that they tell is confirmed. Raises Transient where it is
        not.
        """
        now = self._clock.now()
        deliveries = [Delivery({"content-type": "message/rfc822"}, mail, POLLED) for mail in mails]
        fates = [self._read(source, delivery) for delivery in deliveries]
        with ExitStack() as held:
            copies = [held.enter_context(self._copies.copy()) for _ in mails]
            for copy, delivery in zip(copies, deliveries, strict=True):
                copy.take(source, delivery, now)
            events = distinct(event for fate in fates for event in fate.events)
            await self._bus.publish(events)
            for copy, fate in zip(copies, fates, strict=True):
                copy.end(fate)
        for event in events:
            self._metrics.events.labels(event.type, "accepted").inc()
        for fate in fates:
            self._metrics.deliveries.labels(source.kind, fate.problem or fate.outcome).inc()
        return [fate.problem is None for fate in fates]

    def _read(self, source: Source, delivery: Delivery) -> Fate:
        try:
            mapped = SOURCES[source.kind].map_events(delivery, source.config)
        except Invalid as error:
            log.info("refused", source=source.name, why="invalid")
            return refused(problems.invalid(error.errors))
        sender, now = Sender(source.name, source.kind, source.tenant), self._clock.now()
        return understood([enveloped(sent, sender, now) for sent in mapped.events], mapped.ignored)
