"""From a request to its answer: bounded, known, signed, within its rate, understood, published; then 202.

Each step costs more than the one before it and trusts the request more.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NoReturn

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from services.intake import body, problems
from services.intake.directory import Directory, Source
from services.intake.limits import Bound, Full, Limits
from services.intake.publish import Publisher
from services.intake.sources import DEFAULT_KIND, SOURCES, Adapter, Delivery, Sent
from shared.clock import Clock
from shared.errors import Invalid, SignatureInvalid, Transient
from shared.events import DeclineReceived, Event, case_id, content_digest, event_id, type_of
from shared.problems import Problem
from shared.telemetry import Metrics

#: Bytes of bodies held at one time, and events on their way to the bus: a flood is refused, not stored.
MAX_HELD_BYTES = 64 * 1024 * 1024
MAX_HELD_EVENTS = 20_000
#: Kind of a source that is not known, in metrics: its name and kind are a stranger's word.
NO_KIND = "none"

log = structlog.get_logger()


class Door:
    """Takes deliveries in. Holds no state but bounds, rates and the directory's cache."""

    def __init__(  # noqa: PLR0913 - wiring
        self,
        directory: Directory,
        publisher: Publisher,
        limits: Limits,
        *,
        clock: Clock,
        metrics: Metrics,
        filler: str,
        max_body_bytes: int,
        tolerance_s: float,
    ) -> None:
        self._directory = directory
        self._publisher = publisher
        self._limits = limits
        self._clock = clock
        self._metrics = metrics
        #: A secret that nobody has; tried where there is no other, so that every delivery costs the same.
        self._filler = filler
        self._max_body_bytes = max_body_bytes
        self._tolerance_s = tolerance_s
        self._bytes = Bound(MAX_HELD_BYTES)
        self._events = Bound(MAX_HELD_EVENTS)

    async def receive(self, name: str, request: Request) -> Response:
        """The answer to one delivery to the source ``name``. Raises the Problem that refuses it."""
        seen = _Seen()
        try:
            response = await self._receive(name, request, seen)
        except Problem as problem:
            self._metrics.deliveries.labels(seen.kind, problem.slug).inc()
            # the name is a stranger's word until it is found to be a source
            log.info("refused", source=seen.source, why=problem.slug, status=problem.status)
            raise
        except ClientDisconnect:
            self._metrics.deliveries.labels(seen.kind, "gone").inc()
            return Response(status_code=400)
        self._metrics.deliveries.labels(seen.kind, "accepted").inc()
        return response

    async def _receive(self, name: str, request: Request, seen: "_Seen") -> Response:
        source, sent = await self._let_in(name, request, seen)
        events = [_event(one, source, self._clock.now(), request.headers.get("traceparent")) for one in sent]
        await self._publish(events)
        log.debug("accepted", source=source.name, event_ids=[event.id for event in events])
        accepted = [_accepted(one, event) for one, event in zip(sent, events, strict=True)]
        return JSONResponse({"accepted": accepted}, SOURCES[source.kind].SUCCESS_STATUS)

    async def _let_in(self, name: str, request: Request, seen: "_Seen") -> tuple[Source, list[Sent]]:
        """Who sent it and what; the body is forgotten on the way out."""
        body.check_headers(request.headers, self._max_body_bytes)
        with self._bytes.share() as held:
            content = await body.read_body(request.stream(), held, self._max_body_bytes)
            delivery = Delivery(request.headers, content)
            found = await self._find(name)
            adapter = SOURCES[found.kind if found else DEFAULT_KIND]
            now = self._clock.now()
            source = self._verified(found, adapter, delivery, now)
            seen.source, seen.kind = source.name, source.kind
            wait_s = self._limits.signed(source.name, source.rate, now)
            if wait_s:
                raise problems.too_many(wait_s)
            try:
                return source, adapter.parse(delivery)
            except Invalid as error:
                raise problems.invalid(error.errors) from None

    async def _find(self, name: str) -> Source | None:
        try:
            return await self._directory.find(name)
        except Transient as error:
            raise problems.sources_away() from error

    def _verified(self, source: Source | None, adapter: Adapter, delivery: Delivery, now: datetime) -> Source:
        """The source whose delivery it is; the same work is done where there is none."""
        secrets = (self._filler, self._filler) if source is None else source.secrets(now, self._filler)
        try:
            adapter.verify(delivery, secrets, now=now, tolerance_s=self._tolerance_s)
        except SignatureInvalid as error:
            self._refuse(source, str(error), now)
        if source is None:
            self._refuse(None, "", now)
        return source

    def _refuse(self, source: Source | None, why: str, now: datetime) -> NoReturn:
        wait_s = self._limits.unsigned(now)
        if wait_s:
            raise problems.too_many(wait_s)
        raise problems.unknown_source() if source is None else problems.wrong_signature(why)

    async def _publish(self, events: Sequence[Event]) -> None:
        unique = list({event.id: event for event in events}.values())
        with self._events.share() as held:
            try:
                held.grow(len(unique))
            except Full:
                raise problems.overloaded() from None
            await self._publisher.publish(unique)
        for event in unique:
            self._metrics.events.labels(event.type, "accepted").inc()


class _Seen:
    """What is known of a delivery's sender so far."""

    source: str | None = None
    kind: str = NO_KIND


def _event(sent: Sent, source: Source, now: datetime, traceparent: str | None) -> Event:
    own_id = event_id(source.tenant, source.name, sent.id)
    return Event(
        id=own_id,
        type=type_of(type(sent.data)),
        source=f"/sources/{source.name}",
        subject=case_id(own_id) if isinstance(sent.data, DeclineReceived) else None,
        time=sent.time,
        tenant=source.tenant,
        receivedat=now,
        digest=content_digest(sent.data.kind, sent.time, sent.data),
        traceparent=traceparent,
        data=sent.data,
    )


def _accepted(sent: Sent, event: Event) -> dict[str, str | None]:
    return {"id": sent.id, "event_id": event.id, "case": event.subject}
