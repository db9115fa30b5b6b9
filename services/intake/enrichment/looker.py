"""A decline comes in, what came before it goes out: asked of the platform, published, acknowledged.

The message is the outbox, as everywhere: what is published for a decline has ids that follow from what was
found, so a repeat changes nothing. It goes out as one message with its end in it, so that nobody who hears
that the lookup ended has not heard what it found.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import structlog

from services.intake.enrichment.accounts import Account, Accounts
from services.intake.enrichment.asking import Found, NotNow, Unanswered, subject_of
from services.intake.enrichment.client import Client
from services.intake.enrichment.forgotten import Forgotten
from services.intake.envelope import Sender, enveloped
from services.intake.sources import Sent
from services.intake.sources.reading import stable_id
from shared.bus import Bus
from shared.clock import Clock
from shared.consumer import Again, Dead, Done, Later, Outcome
from shared.errors import Transient
from shared.events import DeclineReceived, Event, LookupEnded, source_of
from shared.telemetry import Metrics

#: How long a platform is asked again. Its case is held long before; what comes late still counts.
GIVE_UP_AFTER = timedelta(hours=6)

log = structlog.get_logger()


class Looker:
    """The work of the queue of lookups."""

    def __init__(
        self,
        accounts: Accounts,
        client: Client,
        forgotten: Forgotten,
        bus: Bus,
        *,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._accounts = accounts
        self._forgotten = forgotten
        self._client = client
        self._bus = bus
        self._clock = clock
        self._metrics = metrics

    async def look_up(self, declined: Sequence[Event]) -> Sequence[Outcome]:
        """Asks for each of these declines, side by side."""
        accounts = await self._accounts.of(source_of(event.source) for event in declined)
        outcomes = await asyncio.gather(
            *(self._one(event, accounts.get(source_of(event.source))) for event in declined),
            return_exceptions=True,
        )
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
        return [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]

    async def _one(self, event: Event, account: Account | None) -> Outcome:
        if not isinstance(event.data, DeclineReceived):
            return Dead("only what came before a decline is looked up")
        try:
            found = await self._found(event, account)
        except NotNow as error:
            if self._clock.now() - event.receivedat < GIVE_UP_AFTER:
                self._metrics.lookups.labels("put off").inc()
                return Later(error.after_s, error.why)
            return await self._ended(event, Found(), error.why)
        except Unanswered as error:
            return await self._ended(event, Found(), error.why)
        return await self._ended(event, found, None)

    async def _found(self, event: Event, account: Account | None) -> Found:
        if account is None:
            raise Unanswered("the source has no credentials that can be used")
        found = await self._client.look_up(account, subject_of(event, self._clock.now()))
        if await self._forgotten.knows(event, found):
            raise Unanswered("the person asked to be forgotten")
        return found

    async def _ended(self, event: Event, found: Found, why: str | None) -> Outcome:
        result = "found" if why is None else "failed"
        end = LookupEnded(case=str(event.subject), found=why is None, why=why, known=found.known)
        said = [] if found.known is None else [found.known.model_dump_json()]
        sent = [*found.events, Sent(stable_id("looked-up", event.id, result, why or "", *said), None, end)]
        now, sender = self._clock.now(), Sender(source_of(event.source), event.sourcekind, event.tenant)
        facts = [enveloped(one, sender, now, event.traceparent) for one in sent]
        facts[-1] = facts[-1].model_copy(update={"subject": event.subject})
        try:
            await self._bus.publish(facts)
        except Transient as error:
            return Again(str(error))
        self._metrics.lookups.labels(result).inc()
        left_out = sorted({one.why for one in found.ignored})
        log.info(
            "looked up", case=event.subject, source=sender.name, result=result, why=why, left_out=left_out
        )
        return Done()
