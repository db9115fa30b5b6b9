"""From cases to decisions: read, judge, claim, move; again for what changed meanwhile, until nothing is left.

Every step may be repeated. A crash after the claim finds its own permit again, a crash after the move finds
it made.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from services.policy import gather, limits
from services.policy.claim import Permits, permit
from services.policy.facts import Review
from services.policy.gates import Gates, Wish
from services.policy.judge import judge
from services.policy.moves import DECIDED, Judged, Mover
from services.policy.rulebook import Rulebook, Rulebooks
from services.policy.rules.single import few_other_tenants
from services.policy.shadow import Shadow, Trial
from services.policy.volume import names
from shared.backlog import Backlog
from shared.clock import Clock
from shared.decision import Signer
from shared.states import State
from shared.store.cases import Cases, Move
from shared.store.client import Database, Document
from shared.store.suppressions import fingerprint_of
from shared.telemetry import Metrics

#: Rounds of looking again. Each lost round means that somebody else got on, so few are needed.
MAX_ROUNDS = 5
_UNDECIDED = frozenset({State.RECEIVED, State.HELD})

log = structlog.get_logger()


@dataclass(slots=True)
class Settled:
    """What came of a set: the cases that were moved, as they are now; those to judge later; those still
    contended.
    """

    moved: list[Document] = field(default_factory=list)
    waiting: dict[str, datetime] = field(default_factory=dict)
    contended: set[str] = field(default_factory=set)

    def add(self, other: "Settled") -> None:
        """Takes in what came of another set."""
        self.moved += other.moved
        self.waiting |= other.waiting
        self.contended |= other.contended


class Settler:
    """Decides cases by sets."""

    def __init__(
        self,
        database: Database,
        rulebooks: Rulebooks,
        signer: Signer,
        clock: Clock,
        metrics: Metrics,
        backlog: Backlog,
    ) -> None:
        self._cases = Cases(database)
        self._permits = Permits(database)
        self._gates = Gates(database)
        self._gatherer = gather.Gatherer(database)
        self._shadow = Shadow(database, metrics)
        self._rulebooks = rulebooks
        self._mover = Mover(signer)
        self._clock = clock
        self._metrics = metrics
        self._backlog = backlog

    async def settle(
        self, ids: Iterable[str], causes: Mapping[str, str], reviews: Mapping[str, Review] | None = None
    ) -> Settled:
        """Judges the open ones of these cases and stores what follows. ``causes`` names the event behind
        each.
        """
        settled, pending, rulebook = Settled(), set(ids), self._rulebooks.current
        trials: list[Trial] = []
        for _ in range(MAX_ROUNDS):
            judged = await self._judge(pending, reviews or {}, rulebook)
            now = self._clock.now()
            won = await self._claim(judged, now)
            moves = [
                move
                for one in judged
                if one.verdict.wait_until is None
                and (
                    one.verdict.verdict != "approve"
                    or one.case["_id"] in won
                    or State(one.case["state"]) in DECIDED
                )
                and (move := self._mover.move(one, now, causes.get(one.case["_id"]))) is not None
            ]
            made = await self._cases.move(moves)
            settled.moved += [_after(move) for move in moves if move.case["_id"] in made]
            trials += [Trial(one.context, one.verdict) for one in judged if one.case["_id"] in made]
            settled.waiting |= {
                one.case["_id"]: one.verdict.wait_until for one in judged if one.verdict.wait_until
            }
            lost = {one.case["_id"] for one in judged if _asks(one) and one.case["_id"] not in won}
            pending = lost | {move.case["_id"] for move in moves} - made
            if not pending:
                break
        settled.contended = pending
        self._count(settled.moved)
        await self._shadow.look_on(rulebook, trials, self._clock.now())
        return settled

    async def _judge(
        self, ids: Iterable[str], reviews: Mapping[str, Review], rulebook: Rulebook
    ) -> Sequence[Judged]:
        found = (await self._cases.by_ids(ids)).values()
        cases = sorted(
            (case for case in found if State(case["state"]) in _UNDECIDED | DECIDED),
            key=lambda case: (case["received_at"], case["_id"]),
        )
        if not cases:
            return []
        now = self._clock.now()
        with self._metrics.gather_seconds.time():
            histories = await self._gatherer.read(cases, now)
        with self._metrics.judge_seconds.time():
            judged = [self._judge_one(case, histories, now, reviews, rulebook) for case in cases]
        first = {one.case["_id"] for one in judged if one.verdict.wait_until and "seen_at" not in one.case}
        await self._cases.seen(first, now)
        return judged

    def _judge_one(
        self,
        case: Document,
        histories: gather.Histories,
        now: datetime,
        reviews: Mapping[str, Review],
        rulebook: Rulebook,
    ) -> Judged:
        review = reviews.get(case["_id"]) if State(case["state"]) is State.HELD else None
        context = gather.context(case, histories, now, review, history_waits=self._backlog.waits(now))
        policy = rulebook.of(case["tenant"])
        judged = Judged(case, context, judge(context, policy), policy)
        for fault in judged.verdict.faults:
            log.error("rule failed", rule=fault.rule, case=case["_id"], exc_info=fault.error)
        if _asks(judged):  # the next case of this set must see it
            histories.permitted(case, now)
        return judged

    async def _claim(self, judged: Sequence[Judged], now: datetime) -> set[str]:
        asking = [one for one in judged if _asks(one)]
        inside = await self._gates.enter([_wish(one) for one in asking], now)
        wanted = [one for one in asking if one.case["_id"] in inside]
        won = await self._permits.claim(
            [
                permit(
                    one.case["_id"],
                    one.context.keys,
                    tenant=one.case["tenant"],
                    source=one.case["source"],
                    recruiter=one.case["recruiter"],
                    team=one.case.get("team"),
                    at=now,
                    latest=one.policy.thanked_until(one.context.declined_at),
                    cooldown=timedelta(days=one.policy.document.single.cooldown_days),
                )
                for one in wanted
            ],
            now,
        )
        return won - await self._crowded([one for one in wanted if one.case["_id"] in won], now)

    async def _crowded(self, won: Sequence[Judged], now: datetime) -> set[str]:
        """The cases whose person too many other tenants claimed at the same moment: of replicas that do, each
        sees the other's permit now. They keep theirs and are judged again, knowing of each other.
        """
        keys = {key for one in won for key in one.context.keys}
        found = await self._permits.anywhere(map(fingerprint_of, keys), now - gather.CONTACTS_WITHIN)
        return {
            one.case["_id"]
            for one in won
            if one.context.review is None
            and list(few_other_tenants(gather.with_contacts(one.context, found), one.policy))
        }

    def _count(self, moved: Sequence[Document]) -> None:
        for case in moved:
            decision = case.get("recheck") or case["decision"]
            codes = {finding["code"] for finding in decision["findings"]} or {"none"}
            for code in codes:
                self._metrics.decisions.labels(decision["verdict"], code).inc()


def _wish(one: Judged) -> Wish:
    recruiter, tenant, source = names(one.case)
    reviewed = one.context.review is not None and one.context.review.decision == "approve"
    return Wish(
        one.case["_id"],
        {
            recruiter: limits.recruiter(one.context, one.policy),
            tenant: limits.tenant(one.policy),
            source: limits.source(one.policy),
        },
        forced=reviewed,
    )


def _asks(one: Judged) -> bool:
    return one.verdict.verdict == "approve" and State(one.case["state"]) in _UNDECIDED


def _after(move: Move) -> Document:
    return {**move.case, **move.set, "state": move.to.value}
