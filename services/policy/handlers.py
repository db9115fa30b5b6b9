"""What policy does with a set of events: record, settle, tell. The message they came in is the outbox:
repeating is harmless.
"""

from collections.abc import Sequence
from datetime import datetime

import structlog

from services.policy.announce import announcements, farewells
from services.policy.facts import Review
from services.policy.mappings import Mappings, word_of
from services.policy.outcomes import Outcomes, of_case
from services.policy.record import Recorded, Recorder
from services.policy.settle import Settled, Settler
from services.policy.withdrawals import Withdrawals, cancelled
from shared import events
from shared.bus import Bus
from shared.clock import Clock
from shared.consumer import Again, Dead, Done, Later, Outcome
from shared.events import Event
from shared.store.cases import Cases
from shared.store.client import Database, Document
from shared.telemetry import Metrics

CONTENDED = "the case kept changing while it was judged"
RACED = "another of the same id came at the same moment"
CONFLICT = "the same id came before with other content; this one is not acted on"

#: Cases that are judged at once where one word is about any number of them.
SET = 500

log = structlog.get_logger()


class Handlers:
    """The work of policy's queues."""

    def __init__(
        self,
        database: Database,
        recorder: Recorder,
        settler: Settler,
        bus: Bus,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._cases = Cases(database)
        self._withdrawals = Withdrawals(database)
        self._mappings = Mappings(database)
        self._outcomes = Outcomes(database)
        self._recorder = recorder
        self._settler = settler
        self._bus = bus
        self._clock = clock
        self._metrics = metrics

    async def facts(self, arrived: Sequence[Event]) -> Sequence[Outcome]:
        """Declines, interactions, preferences, and everything that stops: what comes in from outside."""
        recorded = await self._recorder.record(arrived)
        settled = await self._settler.settle(recorded.causes, recorded.causes)
        await self._tell(settled, recorded.repeats)
        if recorded.forgotten:
            await self._bus.publish(farewells(recorded.forgotten))
        waiting = {recorded.causes[case]: until for case, until in settled.waiting.items()}
        contended = {recorded.causes[case] for case in settled.contended}
        now, outcomes = self._clock.now(), list[Outcome]()
        for place, event in enumerate(arrived):
            outcomes.append(self._outcome(event, place, now, recorded, waiting, contended))
            taken = (
                "conflict"
                if place in recorded.conflicts
                else "unfounded"
                if event.id in recorded.unfounded
                else "repeat"
                if event.id in recorded.repeats
                else "new"
            )
            self._metrics.events.labels(event.kind, taken).inc()
            if place in recorded.conflicts:
                self._metrics.conflicts.labels(event.kind).inc()
                log.warning("same id, other content", event_id=event.id, source=event.source)
            if event.id in recorded.unfounded:
                # done all the same: there is nothing to put in force, and whoever forges it may not fill the
                # dead letters
                log.warning("reports on a letter never sent", event_id=event.id, source=event.source)
        return outcomes

    async def reviews(self, arrived: Sequence[Event]) -> Sequence[Outcome]:
        """A reviewer's approve or deny on a held case, or somebody's wish to stop one."""
        decided = {event.id: event.data for event in arrived if isinstance(event.data, events.ReviewDecided)}
        cases = await self._cases.by_ids(data.case for data in decided.values())
        own = [
            event
            for event in arrived
            if event.id in decided and cases.get(decided[event.id].case, {}).get("tenant") == event.tenant
        ]
        wishes = ((event, decided[event.id]) for event in own)
        await self._withdrawals.add(
            [cancelled(wish, event) for event, wish in wishes if wish.decision == "cancel"]
        )
        causes: dict[str, str] = {}
        for event in own:
            causes.setdefault(decided[event.id].case, event.id)
        reviews = {
            decided[event.id].case: review
            for event in reversed(own)
            if (review := _review(event, decided[event.id])) is not None
        }
        await self._cases.touch((), list(causes))
        settled = await self._settler.settle(causes, causes, reviews)
        await self._tell(settled, {event.id for event in own})
        contended = {causes[case] for case in settled.contended}
        known = {event.id for event in own}
        return [
            Again(CONTENDED)
            if event.id in contended
            else Done()
            if event.id in known
            else Dead("names a case that is not there")
            for event in arrived
        ]

    async def mappings(self, arrived: Sequence[Event]) -> Sequence[Outcome]:
        """An operator's word on a reason, for all open cases that name it, those that come later too."""
        words = [
            word_of(event, event.data) for event in arrived if isinstance(event.data, events.ReasonMapped)
        ]
        await self._mappings.add(words)
        causes = await self._mappings.waiting(words)
        cases, settled = list(causes), Settled()
        for start in range(0, len(cases), SET):
            some = cases[start : start + SET]
            await self._cases.touch((), some)
            settled.add(await self._settler.settle(some, causes))
        await self._tell(settled, {event.id for event in arrived})
        contended = {causes[case] for case in settled.contended}
        return [Again(CONTENDED) if event.id in contended else Done() for event in arrived]

    async def _tell(self, settled: Settled, repeats: set[str]) -> None:
        """Publishes what moved now, and once more what moved on an earlier delivery of the same events."""
        told: dict[str, Document] = {case["_id"]: case for case in await self._cases.moved_by(repeats)}
        told |= {case["_id"]: case for case in settled.moved}
        if told:
            await self._outcomes.add([row for case in told.values() for row in of_case(case)])
            await self._bus.publish(announcements(told.values(), self._clock.now()))

    @staticmethod
    def _outcome(
        event: Event,
        place: int,
        now: datetime,
        recorded: Recorded,
        waiting: dict[str, datetime],
        contended: set[str],
    ) -> Outcome:
        if place in recorded.raced:
            return Again(RACED)
        if place in recorded.conflicts and place not in recorded.heeded:
            return Done(CONFLICT)
        acted_on = recorded.heeded.get(place, event.id)
        if (unusable := recorded.unusable.get(acted_on)) is not None:
            return Dead(unusable)
        if acted_on in contended:
            return Again(CONTENDED)
        if acted_on in waiting and event.kind == "decline.received":
            return Later((waiting[acted_on] - now).total_seconds(), "waits for the outreach that it answers")
        return Done()


def _review(event: Event, data: events.ReviewDecided) -> Review | None:
    if data.decision == "cancel":
        return None
    return Review(by=data.by, decision=data.decision, reason=data.reason, at=event.time)
