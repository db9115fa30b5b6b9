"""Plays attempts tick by tick: what is due goes out first, then what arrives is delivered and answered."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from shared import topology
from shared.batch import MAX_EVENTS
from shared.decision import Decision, Schedule, SignedDecision, Signer, new_seed
from shared.events import (
    Event,
    FollowupApproved,
    case_id,
    content_digest,
    event_id,
    outcome_id,
    type_of,
)
from shared.states import State
from shared.store.client import Document
from shared.topology import Lane
from tests.attack.plot import DESK, START, TICK, Attempt, Step
from tests.attack.world import World

#: After the last step everything that was approved has gone out: the longest delay, a weekend, an evening.
_FAREWELL = timedelta(days=5)
_GRACE = timedelta(minutes=3)
_AT_ONCE = Schedule(delay_min_s=0, delay_max_s=0, quiet_from="00:00", quiet_to="00:00", weekends=True)
#: Within a tick the platforms come first, then the candidates, the reviewers and the thieves of permits.
_ORDER = (Lane.FACT, Lane.STOP, Lane.REVIEW, Lane.APPROVED)


@dataclass
class Played:
    """What was seen: events delivered, mails that were out when an attempt had to end, and the cases."""

    events: Counter[int] = field(default_factory=Counter)
    #: By attempt, the fewest mails that were out when an ending step was answered.
    ended: dict[int, int] = field(default_factory=dict)
    cases: dict[str, Document] = field(default_factory=dict)


class Play:
    """One run of these attempts in a world."""

    def __init__(self, world: World, attempts: Sequence[Attempt], seed: int) -> None:
        self._world = world
        self._attempts = attempts
        self._rng = random.Random(seed)  # noqa: S311 - how they are mixed repeats with the seed
        self._signer = Signer(new_seed())
        self._of_case = {case: one for one in attempts for case in one.cases}
        self._declines: dict[str, Event] = {}
        self.played = Played()

    async def run(self) -> Played:
        """Plays all of it to its end."""
        await self._world.house(step.tenant for one in self._attempts for step in one.steps)
        waiting = sorted(
            ((step, one) for one in self._attempts for step in one.steps), key=lambda pair: pair[0].due
        )
        end, at = waiting[-1][0].due + _FAREWELL, START
        while at <= end:
            self._world.clock.advance(at - self._world.clock.now())
            await self._world.quiet()
            arriving = [pair for pair in waiting if pair[0].due == at]
            await self._tick(arriving)
            await self._world.quiet()
            at += TICK
        found = self._world.database["cases"].find({"_id": {"$in": list(self._of_case)}})
        self.played.cases = {case["_id"]: case async for case in found}
        return self.played

    async def _tick(self, arriving: Sequence[tuple[Step, Attempt]]) -> None:
        for event in (again := await self._unheard()):
            self.played.events[self._of_case[case_id(event.id)].number] += 1
        await self._deliver(again)
        told = [(event, step, one) for step, one in arriving for event in await self._event(step)]
        self._rng.shuffle(told)
        for lane in _ORDER:
            on_lane = [entry for entry in told if topology.lane_of(entry[0].kind) is lane]
            answers = await self._deliver([event for event, _, _ in on_lane])
            for event, step, one in on_lane:
                self.played.events[one.number] += 1
                if step.ends and answers.get(event.id) == "done":
                    self.played.ended.setdefault(one.number, self._out(one))

    async def _unheard(self) -> list[Event]:
        """Declines that waited for a message that nobody reported: their platform sends them again."""
        late = {
            "state": State.RECEIVED.value,
            "received_at": {"$lte": self._world.clock.now() - _GRACE},
        }
        found = self._world.database["cases"].find(late, {"_id": 1})
        return [self._declines[case["_id"]] async for case in found]

    async def _deliver(self, events: Sequence[Event]) -> dict[str, str]:
        batches, left = [], list(events)
        while left:
            size = self._rng.choice([1, 3, 10, MAX_EVENTS])
            batches.append(left[:size])
            left = left[size:]
        return await self._world.tell(batches)

    def _out(self, attempt: Attempt) -> int:
        return sum(case_of(mail.content) in attempt.cases for mail in list(self._world.smtp.mails))

    async def _event(self, step: Step) -> list[Event]:
        """The event of a step; none where there is nothing to replay."""
        now, data = self._world.clock.now(), step.data
        if step.replay is not None:
            permit = await self._permit(step)
            if permit is None:
                return []
            data = FollowupApproved(permit=permit)
            identity, source = outcome_id(step.case, data.kind), "/policy"
        else:
            identity = event_id(step.tenant, step.source, step.sent_id)
            source = step.source if step.source == DESK else f"/sources/{step.source}"
        if data is None:
            raise ValueError("a step says something or replays something")
        event = Event(
            id=identity,
            type=type_of(type(data)),
            source=source,
            subject=step.case or None,
            time=step.at if step.replay is None else now,
            tenant=step.tenant,
            receivedat=now,
            digest=content_digest(data.kind, step.at, data),
            data=data,
        )
        if data.kind == "decline.received":
            self._declines.setdefault(case_id(identity), event)
        return [event]

    async def _permit(self, step: Step) -> SignedDecision | None:
        cases = self._world.database["cases"]
        if step.replay == "forged":
            decision = Decision(
                case=step.case,
                tenant=step.tenant,
                verdict="approve",
                version="v1",
                digest="d1",
                codes=(),
                at=self._world.clock.now(),
                schedule=_AT_ONCE,
            )
            return self._signer.sign(decision)
        query = {"decision.verdict": "approve"} | ({"_id": step.case} if step.replay == "again" else {})
        found = await cases.find_one(query)
        if found is None:
            return None
        permit = SignedDecision.model_validate(found["decision"]["signed"])
        if step.replay == "again":
            return permit
        mine = permit.decision.model_copy(update={"case": step.case, "tenant": step.tenant})
        return SignedDecision(decision=mine, signature=permit.signature)


def case_of(content: bytes) -> str:
    """The case that a mail belongs to, by its Message-ID; empty where it names none."""
    _, found, rest = content.partition(b"Message-ID: <")
    return rest.partition(b"@")[0].decode("ascii") if found else ""
