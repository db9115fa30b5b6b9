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
from services.policy.context import Context, Review, Verdict
from services.policy.document import Policy
from services.policy.gates import Gates, Wish
from services.policy.judge import judge
from services.policy.rulebook import Rulebook, Rulebooks
from services.policy.rules.single import few_other_tenants
from services.policy.shadow import Shadow, Trial
from services.policy.volume import names
from shared.clock import Clock
from shared.decision import Decision, Signer
from shared.states import State
from shared.store.cases import Cases, Move
from shared.store.client import Database, Document
from shared.store.suppressions import fingerprint_of
from shared.telemetry import Metrics

#: Rounds of looking again. Each lost round means that somebody else got on, so few are needed.
MAX_ROUNDS = 5
_UNDECIDED = frozenset({State.RECEIVED, State.HELD})
_DECIDED = frozenset({State.APPROVED, State.SCHEDULED})

log = structlog.get_logger()


@dataclass(slots=True)
class Settled:
    """What came of a set: the cases that were moved, as they are now; those to judge later; those still
    contended.
    """

    moved: list[Document] = field(default_factory=list)
    waiting: dict[str, datetime] = field(default_factory=dict)
    contended: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Judged:
    """One case with its verdict."""

    case: Document
    context: Context
    verdict: Verdict
    policy: Policy


class Settler:
    """Decides cases by sets."""

    def __init__(
        self, database: Database, rulebooks: Rulebooks, signer: Signer, clock: Clock, metrics: Metrics
    ) -> None:
        self._cases = Cases(database)
        self._permits = Permits(database)
        self._gates = Gates(database)
        self._gatherer = gather.Gatherer(database)
        self._shadow = Shadow(database, metrics)
        self._rulebooks = rulebooks
        self._signer = signer
        self._clock = clock
        self._metrics = metrics

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
                    or State(one.case["state"]) in _DECIDED
                )
                and (move := self._move(one, now, causes.get(one.case["_id"]))) is not None
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
            (case for case in found if State(case["state"]) in _UNDECIDED | _DECIDED),
            key=lambda case: (case["received_at"], case["_id"]),
        )
        if not cases:
            return []
        now = self._clock.now()
        with self._metrics.gather_seconds.time():
            histories = await self._gatherer.read(cases, now)
        with self._metrics.judge_seconds.time():
            return [self._judge_one(case, histories, now, reviews, rulebook) for case in cases]

    def _judge_one(
        self,
        case: Document,
        histories: gather.Histories,
        now: datetime,
        reviews: Mapping[str, Review],
        rulebook: Rulebook,
    ) -> Judged:
        review = reviews.get(case["_id"]) if State(case["state"]) is State.HELD else None
        context = gather.context(case, histories, now, review)
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
                    at=now,
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

    def _move(self, one: Judged, now: datetime, cause: str | None) -> Move | None:
        state, verdict = State(one.case["state"]), one.verdict
        codes = tuple(sorted({finding.code for finding in verdict.findings}))
        why = ", ".join(codes) or "nothing speaks against it"
        reviewed = one.context.review
        by = f"reviewer {reviewed.by}" if reviewed and state is State.HELD else "policy"
        if state in _DECIDED:
            if verdict.verdict == "approve":
                return None
            recheck = self._decision(one, codes, now)
            return Move(
                one.case,
                State.CANCELLED,
                now,
                by,
                why,
                cause,
                {"recheck": recheck, "announced_codes": list(codes)},
            )
        to = {"approve": State.APPROVED, "hold": State.HELD, "deny": State.DENIED}[verdict.verdict]
        if to is state:
            return None
        fields: Document = {"decision": self._decision(one, codes, now)}
        if state is State.HELD:
            fields["held_decision"] = one.case["decision"]
        if to is State.HELD:
            days = one.policy.document.review.expires_after_days
            fields["held_until"] = now + timedelta(days=days)
        return Move(one.case, to, now, by, why, cause, fields)

    def _decision(self, one: Judged, codes: tuple[str, ...], now: datetime) -> Document:
        verdict = one.verdict
        signed = self._signer.sign(
            Decision(
                case=one.case["_id"],
                tenant=one.case["tenant"],
                verdict=verdict.verdict,
                version=verdict.version,
                digest=verdict.digest,
                codes=codes,
                at=now,
                schedule=one.policy.schedule() if verdict.verdict == "approve" else None,
            )
        )
        return {
            "signed": signed.model_dump(mode="json"),
            "verdict": verdict.verdict,
            "version": verdict.version,
            "digest": verdict.digest,
            "findings": [finding.model_dump(mode="json") for finding in verdict.findings],
            "inputs": one.context.model_dump_json(),
            "confirmed": _confirmed(one.context),
            "at": now,
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


def _confirmed(context: Context) -> bool:
    """Whether another source than the decline's own knows of the conversation."""
    return any(message.source not in {None, context.source} for message in context.messages)


def _asks(one: Judged) -> bool:
    return one.verdict.verdict == "approve" and State(one.case["state"]) in _UNDECIDED


def _after(move: Move) -> Document:
    return {**move.case, **move.set, "state": move.to.value}
