"""From a request to its answer: known, bounded, greeted or signed, within its rate, understood, published.

Each step costs more than the one before it and trusts the request more; then comes the kind's own success.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import structlog
from pydantic_core import to_json
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from services.intake import body, greeting, problems
from services.intake.deliveries.copies import Copies, Copy
from services.intake.deliveries.taken import refused, understood
from services.intake.directory import Directory, Source
from services.intake.envelope import Sender, distinct, enveloped
from services.intake.limits import Bound, Full, Limits, Portions, Share
from services.intake.publish import Publisher
from services.intake.sources import SOURCES, Answer, Delivery, Mapped, Sent, folded
from shared.clock import Clock
from shared.errors import Invalid, SignatureInvalid, Transient
from shared.events import Event
from shared.problems import Problem, problem_response
from shared.telemetry import Metrics

#: Bytes of bodies held at one time, and events on their way to the bus: a flood is refused, not stored.
MAX_HELD_BYTES = 64 * 1024 * 1024
MAX_HELD_EVENTS = 20_000
#: Bytes held of bodies to names that are no source.
MAX_STRANGE_BYTES = 8 * 1024 * 1024
#: The longest bodies that may be held under one name at a time, if they leave room for those of other names.
BODIES_OF_A_NAME, NAMES_BESIDE = 8, 4
#: Kind of a source that is not known, in metrics: its name and kind are a stranger's word.
NO_KIND = "none"


class Door:
    """Takes deliveries in. Holds no state but bounds, rates and the directory's cache."""

    def __init__(  # noqa: PLR0913 - wiring
        self,
        directory: Directory,
        publisher: Publisher,
        copies: Copies,
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
        self._copies = copies
        self._limits = limits
        self._clock = clock
        #: Counters by their labels, of which there are few: to look one up costs more than to count.
        self._counted = cache(metrics.deliveries.labels)
        self._events_counted = cache(metrics.events.labels)
        #: A secret that nobody has; tried where there is no other, so that every delivery costs the same.
        self._filler = filler
        self._max_body_bytes = max_body_bytes
        self._tolerance_s = tolerance_s
        self._bytes = Bound(MAX_HELD_BYTES)
        self._strange_bytes = Bound(MAX_STRANGE_BYTES)
        self._portions = Portions(min(BODIES_OF_A_NAME * max_body_bytes, MAX_HELD_BYTES // NAMES_BESIDE))
        self._events = Bound(MAX_HELD_EVENTS)
        #: Bound once: until then a logger looks up how to log at each line, also at those that are not told.
        self._log = structlog.get_logger().bind()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One delivery to the source that the path names, and its answer."""
        response = await self._answer(scope["path_params"]["source"], _unread(scope), receive)
        await response(scope, receive, send)

    async def _answer(self, name: str, unread: Delivery, receive: Receive) -> Response:
        with self._copies.copy() as copy:
            seen = _Seen(copy, unread)
            try:
                response = await self._receive(name, receive, seen)
            except Problem as problem:
                self._counted(seen.kind, problem.slug).inc()
                # the name is a stranger's word until it is found to be a source
                self._log.info("refused", source=seen.source, why=problem.slug, status=problem.status)
                copy.end(refused(problem))
                return problem_response(problems.told(problem))
            except ClientDisconnect:
                self._counted(seen.kind, "gone").inc()
                return Response(status_code=400)
            self._counted(seen.kind, seen.result).inc()
            return response

    async def _receive(self, name: str, receive: Receive, seen: "_Seen") -> Response:
        let_in = await self._let_in(name, receive, seen)
        if isinstance(let_in, Answer):
            seen.result = "greeted"
            return Response(let_in.body, let_in.status, dict(let_in.headers))
        source, mapped, now = let_in
        sender = Sender(source.name, source.kind, source.tenant, source.looks_up)
        traceparent = seen.unread.headers.get("traceparent")
        events = [enveloped(one, sender, now, traceparent) for one in mapped.events]
        seen.result = "accepted" if events else "ignored"
        if events:
            await self._publish(events)
        seen.copy.end(understood(events, mapped.ignored))
        self._log.debug(seen.result, source=source.name, event_ids=[event.id for event in events])
        accepted = [_accepted(one, event) for one, event in zip(mapped.events, events, strict=True)]
        ignored = [{"why": one.why} for one in mapped.ignored]
        told = to_json({"accepted": accepted, "ignored": ignored})
        return Response(told, SOURCES[source.kind].SUCCESS_STATUS, media_type="application/json")

    async def _let_in(
        self, name: str, receive: Receive, seen: "_Seen"
    ) -> tuple[Source, Mapped, datetime] | Answer:
        """Who sent what and when, or the answer to a greeting; the body is forgotten on the way out."""
        found = await self._find(name)
        seen.source = None if found is None else found.name
        with self._room(found, name) as held:
            delivery = await self._read(found, receive, seen, held)
            now = self._clock.now()
            if found is not None and delivery.method == "POST":
                seen.copy.take(found, delivery, now)
            answer = self._greeted(found, name, delivery, now)
            if answer is not None:
                return answer
            source = self._verified(found, name, delivery, now)
            if isinstance(source, Answer):
                return source
            seen.kind = source.kind
            _slow_down(self._limits.signed(source.name, source.rate, now))
            try:
                return source, SOURCES[source.kind].map_events(delivery, source.config), now
            except Invalid as error:
                raise problems.invalid(error.errors) from None

    def _room(self, source: Source | None, name: str) -> body.Held:
        """Room for a body. That a name is no source must not show in what is refused when room is short."""
        portion = self._portions.of(name)
        if source is None:
            return body.Held(Share(portion), Share(self._strange_bytes))
        return body.Held(Share(portion, self._bytes))

    async def _read(
        self, source: Source | None, receive: Receive, seen: "_Seen", held: body.Held
    ) -> Delivery:
        unread = seen.unread
        if unread.method != "POST":
            return unread
        try:
            body.check_headers(unread.headers, self._max_body_bytes)
            content = await body.read_body(receive, held, self._max_body_bytes)
        except Problem:
            # what is refused unread says much to whoever connects the source
            if source is not None:
                seen.copy.take(source, unread, self._clock.now())
            raise
        return Delivery(unread.headers, content, unread.method, unread.query)

    async def _find(self, name: str) -> Source | None:
        try:
            return await self._directory.find(name)
        except Transient as error:
            raise problems.sources_away() from error

    def _greeted(self, source: Source | None, name: str, delivery: Delivery, now: datetime) -> Answer | None:
        """The answer to a greeting. Raises the Problem of what came by another way than deliveries do."""
        answer = None
        if source is not None:
            secrets = source.secrets(now, self._filler)
            answer = greeting.answered(source.kind, delivery, secrets, source.config)
        if answer is None and delivery.method != "POST":
            answer = greeting.stand_in(delivery, name, self._filler)
        if answer is not None:
            _slow_down(self._limits.greeting(name, now))
        elif delivery.method != "POST":
            _slow_down(self._limits.unsigned(now))
            raise problems.no_greeting()
        return answer

    def _verified(
        self, source: Source | None, name: str, delivery: Delivery, now: datetime
    ) -> Source | Answer:
        """The source whose delivery it is; the same work is done where there is none.

        What nobody signed may still be a greeting, by POST, of another kind than this name is of.
        """
        adapter = SOURCES[source.kind if source else greeting.stand_in_kind(name, self._filler)]
        secrets = (self._filler, self._filler) if source is None else source.secrets(now, self._filler)
        config = adapter.CONFIG() if source is None else source.config
        try:
            adapter.verify(delivery, secrets, config, now=now, tolerance_s=self._tolerance_s)
        except SignatureInvalid as error:
            refusal = problems.wrong_signature(str(error))
        else:
            if source is not None:
                return source
            refusal = problems.unknown_source()
        answer = greeting.stand_in(delivery, name, self._filler)
        if answer is not None:
            _slow_down(self._limits.greeting(name, now))
            return answer
        _slow_down(self._limits.unsigned(now))
        raise problems.unknown_source() if source is None else refusal

    async def _publish(self, events: Sequence[Event]) -> None:
        unique = distinct(events)
        with self._events.share() as held:
            try:
                held.grow(len(unique))
            except Full:
                raise problems.overloaded() from None
            await self._publisher.publish(unique)
        for type_, number in Counter(event.type for event in unique).items():
            self._events_counted(type_, "accepted").inc(number)


@dataclass(slots=True)
class _Seen:
    """What is known of a delivery so far, and its copy."""

    copy: Copy
    unread: Delivery
    source: str | None = None
    kind: str = NO_KIND
    result: str = "accepted"


def _unread(scope: Scope) -> Delivery:
    """The delivery without its body."""
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    query: bytes = scope["query_string"]
    return Delivery(folded(headers), b"", scope["method"], query.decode("utf-8", "replace"))


def _slow_down(wait_s: float) -> None:
    if wait_s:
        raise problems.too_many(wait_s)


def _accepted(sent: Sent, event: Event) -> dict[str, str | None]:
    return {"id": sent.id, "event_id": event.id, "case": event.subject}
