"""What people decide at the desk, as events, and the wait until policy has it in force.

The desk writes nobody's data. A wish is published, and its sender is answered only after policy said "done";
where no answer comes in time, the sender is told whether the wish is at least safe.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol

import structlog

from shared.batch import MAX_EVENTS
from shared.errors import AfterwordError, Transient
from shared.events import Data, Event, content_digest, event_id, type_of
from shared.gatherer import Gatherer
from shared.telemetry import Metrics

SOURCE = "/desk"
#: A broker that is well confirms in milliseconds; the sender has waited for an answer already.
KEEP_TIMEOUT_S = 2.0
#: The moment of a press is no part of what was wished: pressing twice has one digest and is no conflict.
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)

log = structlog.get_logger()


class NotInForce(AfterwordError):
    """Policy did not say "done" in time. ``kept``: the broker has the wish, and it will be obeyed."""

    def __init__(self, *, kept: bool) -> None:
        super().__init__("not in force yet, and kept" if kept else "not in force, and not known to be kept")
        self.kept = kept


class Asks(Protocol):
    """The bus, as far as wishes need it."""

    async def request(self, events: Sequence[Event], *, timeout_s: float) -> dict[str, str]: ...  # noqa: D102 - see Bus
    async def publish(self, events: Sequence[Event]) -> None: ...  # noqa: D102


def wish(
    tenant: str,
    data: Data,
    *,
    key: str,
    now: datetime,
    subject: str | None = None,
    traceparent: str | None = None,
) -> Event:
    """The event of a wish: the same tenant and ``key`` make the same id, the same data the same digest."""
    return Event(
        id=event_id(tenant, SOURCE, key),
        type=type_of(type(data)),
        source=SOURCE,
        subject=subject,
        time=now,
        tenant=tenant,
        receivedat=now,
        digest=content_digest(data.kind, _NO_TIME, data),
        traceparent=traceparent,
        data=data,
    )


class Wishes:
    """Publishes wishes.

    Those that wait at the same moment share one request, for a connection can wait for one answer only.
    """

    def __init__(self, bus: Asks, timeout_s: float, metrics: Metrics) -> None:
        self._bus = bus
        self._metrics = metrics
        self._timeout_s = timeout_s
        self._gatherer: Gatherer[Event, str] = Gatherer(self._ask, MAX_EVENTS)

    async def in_force(self, event: Event) -> None:
        """Returns once policy has obeyed the wish.

        Raises NotInForce otherwise; sending the same event again is safe.
        """
        try:
            await self._obeyed(event)
        except NotInForce as error:
            self._count(event, "kept" if error.kept else "lost")
            raise
        self._count(event, "in force")

    def _count(self, event: Event, outcome: str) -> None:
        self._metrics.events.labels(event.type, outcome).inc()

    async def _obeyed(self, event: Event) -> None:
        try:
            async with asyncio.timeout(self._timeout_s):
                (said,) = await self._gatherer.submit([event])
        except (TimeoutError, Transient) as error:
            log.warning("no answer to a wish", event_id=event.id, case=event.subject, error=str(error))
            raise NotInForce(kept=await self._keep(event)) from error
        if said != "done":
            log.warning("wish not in force", event_id=event.id, case=event.subject, why=said)
            raise NotInForce(kept=True)

    async def drain(self) -> None:
        """Returns when no request is under way."""
        await self._gatherer.drain()

    async def _ask(self, events: Sequence[Event]) -> list[str]:
        answers = await self._bus.request(events, timeout_s=self._timeout_s)
        return [answers.get(event.id, "no word of this event") for event in events]

    async def _keep(self, event: Event) -> bool:
        """Whether the broker has the event: silence does not tell, a confirmed publish of it does.

        At worst it is queued twice, and the second is recognised by its id.
        """
        try:
            async with asyncio.timeout(KEEP_TIMEOUT_S):
                await self._bus.publish([event])
        except (TimeoutError, Transient) as error:
            log.warning("wish not kept", event_id=event.id, case=event.subject, error=str(error))
            return False
        return True
