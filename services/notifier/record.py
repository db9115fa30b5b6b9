"""Writing down what becomes of rows: every move by compare-and-set, every end marked to be announced."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from services.notifier.due import Due, PutOff
from services.notifier.prepare import Drop, Wait
from shared.clock import Clock
from shared.errors import Transient
from shared.states import State
from shared.store.cases import Cases, Move
from shared.store.client import AWAY, Document
from shared.telemetry import Metrics

#: How much of a lease recording may take; the steps of a send have the rest.
RECORD_SHARE = 0.25
#: Between two tries to record while the database is away, in seconds.
_PAUSE_S = 0.5
_BY = "notifier"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Terms:
    """How long a claimed row is one replica's alone, and the waits after temporary refusals; in seconds."""

    lease_s: float
    waits_s: tuple[int, ...]


class Record:
    """The notifier's pen."""

    def __init__(self, cases: Cases, due: Due, terms: Terms, clock: Clock, metrics: Metrics) -> None:
        self._cases = cases
        self._due = due
        self._terms = terms
        self._clock = clock
        self._metrics = metrics

    async def drop(self, plans: Sequence[Drop]) -> None:
        """Ends rows that must not go out. One touched meanwhile is given back, to be looked at again."""
        now = self._clock.now()
        moved = await self._cases.move([_ending(plan.case, plan.to, plan.why, now) for plan in plans])
        for plan in plans:
            if plan.case["_id"] in moved:
                self._tell(plan.to, plan.case, plan.why)
        await self._due.free([plan.case for plan in plans if plan.case["_id"] not in moved])

    async def wait(self, plans: Sequence[Wait]) -> None:
        """Puts rows off to an hour at which they may go out."""
        why = "quiet hours or weekend where the candidate lives"
        await self._due.put_off([PutOff(p.case, p.until, p.case["send"]["attempts"], why) for p in plans])

    async def retry(self, rows: Iterable[tuple[Document, str]]) -> None:
        """Puts rows off by growing waits, each with its reason; after the last wait they have failed."""
        now = self._clock.now()
        later, over = [], []
        for case, why in rows:
            put_off = self._later(case, why, now)
            if put_off is None:
                over.append(Drop(case, State.FAILED, _gave_up(case, why)))
            else:
                later.append(put_off)
                self._tell("retried", case, why)
        await self._due.put_off(later)
        await self.drop(over)

    async def begin(self, case: Document) -> Document | None:
        """Moves a row to `sending` for a fresh lease. None where the case was touched since it was read.

        From the moment that this returns a case, nobody else will ever hand over its mail.
        """
        now, why = self._clock.now(), "handing over to the mail server"
        lease = {"send.lease_until": now + timedelta(seconds=self._terms.lease_s)}
        move = Move(case, State.SENDING, now, by=_BY, why=why, set=lease)
        if not await self._insist(move):
            return None
        return {**case, "state": State.SENDING.value, "head": move.line().hash}

    async def end(self, case: Document, to: State, why: str) -> None:
        """Records the outcome of a row in hand."""
        if await self._insist(_ending(case, to, why, self._clock.now())):
            self._tell(to, case, why)
        else:
            log.error("outcome not recorded, the case moved meanwhile", case=case["_id"], outcome=to, why=why)

    async def take_back(self, case: Document, why: str) -> None:
        """From `sending` to `scheduled`: the server itself said that it took nothing.

        Where something was learnt since the send began, policy did not judge it, for a begun send is no
        longer its to stop: then the case ends here, unsent.
        """
        now = self._clock.now()
        put_off = self._later(case, why, now)
        if put_off is None:
            await self.end(case, State.FAILED, _gave_up(case, why))
            return
        send = {
            "due_at": put_off.due_at,
            "attempts": put_off.attempts,
            "last": why,
            "lease_until": None,
            "lease_by": None,
        }
        words = f"the mail server took nothing: {why}"
        if await self._insist(Move(case, State.SCHEDULED, now, by=_BY, why=words, set={"send": send})):
            self._tell("retried", case, why)
        else:
            await self.end(case, State.FAILED, f"not tried again, for something new came in: {why}")

    def _later(self, case: Document, why: str, now: datetime) -> PutOff | None:
        """The row's next try, None where it had its last."""
        attempts = case["send"]["attempts"]
        if attempts >= len(self._terms.waits_s):
            return None
        return PutOff(case, now + timedelta(seconds=self._terms.waits_s[attempts]), attempts + 1, why)

    async def _insist(self, move: Move) -> bool:
        """Makes the move, through a short absence of the database. Twice the same move counts once."""
        try:
            async with asyncio.timeout(self._terms.lease_s * RECORD_SHARE):
                while True:
                    try:
                        return bool(await self._cases.move([move]))
                    except AWAY as error:
                        why = type(error).__name__
                        log.warning("database away", case=move.case["_id"], to=move.to, error=why)
                    await asyncio.sleep(_PAUSE_S)
        except TimeoutError as error:
            raise Transient("the database was away for too long") from error

    def _tell(self, outcome: str, case: Document, why: str) -> None:
        self._metrics.sends.labels(outcome).inc()
        log.info("follow-up", outcome=outcome, case=case["_id"], why=why)


def _ending(case: Document, to: State, why: str, now: datetime) -> Move:
    return Move(case, to, now, by=_BY, why=why, set={"announce": True})


def _gave_up(case: Document, why: str) -> str:
    return f"gave up after {case['send']['attempts'] + 1} tries: {why}"
