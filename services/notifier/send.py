"""One round of sends: a last look at all claimed rows, then mail by mail, each recorded before the next.

A crash before `sending` leaves a due row. A crash after it leaves `sending`, whose lease runs out to
`uncertain`: the mail may be with the server, so nobody tries again.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import assert_never

import structlog

from services.notifier.due import Due
from services.notifier.handover import Accepted, Channel, Deferred, Refused, Unknown
from services.notifier.letter import Letter
from services.notifier.look import Look, Seen
from services.notifier.prepare import Drop, Mail, Plan, Prepare, Retry, Wait, closed_meanwhile
from services.notifier.record import Record
from shared.clock import Clock
from shared.errors import Transient
from shared.states import State
from shared.store.client import AWAY, Document
from shared.telemetry import Metrics

#: How much of a lease a step of a send may take: with `RECORD_SHARE` before and after it, a lease is used up.
_SHARE = 0.5

_AWAY: tuple[type[Exception], ...] = (*AWAY, Transient)

log = structlog.get_logger()


class Sending:
    """Deals with claimed rows."""

    def __init__(  # noqa: PLR0913 - wiring
        self,
        due: Due,
        look: Look,
        prepare: Prepare,
        record: Record,
        channel: Channel,
        *,
        clock: Clock,
        metrics: Metrics,
        lease_s: float,
    ) -> None:
        self._due = due
        self._look = look
        self._prepare = prepare
        self._record = record
        self._channel = channel
        self._clock = clock
        self._metrics = metrics
        self._step_s = lease_s * _SHARE

    async def send(self, rows: Sequence[Document], stopping: Callable[[], bool]) -> None:
        """Deals with every row; once `stopping` says so, gives back those that were not begun."""
        if not rows:
            return
        plans = [self._plan(seen) for seen in await self._look.at(rows)]
        await self._record.drop([plan for plan in plans if isinstance(plan, Drop)])
        await self._record.wait([plan for plan in plans if isinstance(plan, Wait)])
        await self._record.retry([(plan.case, plan.why) for plan in plans if isinstance(plan, Retry)])
        mails = [plan for plan in plans if isinstance(plan, Mail)]
        for number, mail in enumerate(mails):
            if stopping() or self._stale(mail.case):
                await self._due.free([left.case for left in mails[number:]])
                return
            away = await self._guarded(mail)
            if away is not None:
                # one look at a server that is away is enough for all of them
                await self._record.retry([(left.case, away) for left in mails[number:]])
                return

    def _plan(self, seen: Seen) -> Plan:
        try:
            return self._prepare.plan(seen, self._clock.now())
        except Exception as error:  # a row that breaks us must not hold up the others
            log.exception("row not prepared", case=seen.case["_id"])
            return Retry(seen.case, f"unexpected {type(error).__name__}")

    async def _guarded(self, mail: Mail) -> str | None:
        """Sends one mail. Why the server is away, where it is, so that nobody else needs to try."""
        try:
            with self._metrics.send_seconds.time():
                return await self._one(mail)
        except _AWAY:
            # the mail may be begun, and must not meet the next, which is somebody else's
            await self._channel.drop()
            raise
        except Exception as error:  # a row that breaks us must not hold up the others
            log.exception("row not sent", case=mail.case["_id"])
            await self._channel.close()
            # does nothing where the mail was handed over already: that row is left to become uncertain
            await self._record.retry([(mail.case, f"unexpected {type(error).__name__}")])
            return None

    async def _one(self, mail: Mail) -> str | None:
        match await self._begin(mail.letter):
            case Accepted():
                await self._hand_over(mail)
            case Refused(words):
                await self._record.drop([Drop(mail.case, State.FAILED, f"recipient refused: {words}")])
            case Deferred(words, away=True):
                return words
            case Deferred(words):
                await self._record.retry([(mail.case, words)])
        return None

    async def _begin(self, letter: Letter) -> Accepted | Refused | Deferred:
        try:
            async with asyncio.timeout(self._step_s):
                return await self._channel.begin(letter)
        except TimeoutError:
            return Deferred("the mail server took too long", away=True)

    async def _hand_over(self, mail: Mail) -> None:
        closed = closed_meanwhile(mail, self._clock.now())
        case = None if closed is not None else await self._record.begin(mail.case)
        if case is None:
            await self._channel.drop()
            await self._give_up(mail, closed)
            return
        match await self._channel.finish(mail.letter, within_s=self._step_s):
            case Accepted(words):
                await self._record.end(case, State.SENT, f"accepted: {words}")
            case Refused(words):
                await self._record.end(case, State.FAILED, f"mail refused: {words}")
            case Deferred(words):
                await self._record.take_back(case, words)
            case Unknown(words):
                await self._record.end(case, State.UNCERTAIN, words)
            case never:
                assert_never(never)

    async def _give_up(self, mail: Mail, closed: Wait | Drop | None) -> None:
        match closed:
            case None:
                await self._due.free([mail.case])
            case Wait():
                await self._record.wait([closed])
            case Drop():
                await self._record.drop([closed])

    def _stale(self, case: Document) -> bool:
        """Whether so little of the row's lease is left that another replica may take it soon."""
        left: timedelta = case["send"]["lease_until"] - self._clock.now()
        return left.total_seconds() < self._step_s
