"""What every step of a history needs: the world, the replicas that stand still, and a hand that draws."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from shared.events import Data, Event, content_digest, event_id, type_of
from shared.store.client import Database
from tests.chaos.scope import Scope
from tests.chaos.stepping import Actor
from tests.chaos.world import START, Message, World


@dataclass
class Ground:
    """The loop and the database of a run; each history begins on an emptied database."""

    loop: asyncio.AbstractEventLoop
    database: Database
    histories: int = 0


class Play(RuleBasedStateMachine):
    """One history. ``ground`` and ``scope`` are set by whoever runs it."""

    ground: ClassVar[Ground]
    scope: ClassVar[Scope] = Scope()
    #: More that stand still at once are not needed for any race of two.
    MOST_ACTORS = 3

    def __init__(self) -> None:
        super().__init__()
        self.ground.histories += 1
        self.world = World(self.ground.database)
        self.actors: list[Actor] = []
        self.numbers = count()
        self.run(self.world.begin())

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Runs to the end of a step; what it broke shows at once."""
        result = self.ground.loop.run_until_complete(work)
        self.world.judge.complain()
        return result

    def may(self, *rules: str) -> bool:
        return not self.scope.without.intersection(rules)

    def keep(self, actor: Actor) -> None:
        self.actors = [one for one in (*self.actors, actor) if one.where is not None]

    def draw(self, data: st.DataObject, choices: tuple[Any, ...] | list[Any]) -> Any:
        return data.draw(st.sampled_from(choices))

    def waiting(self) -> list[Message]:
        return [message for message in self.world.queue if not message.taken]

    def event(
        self, tenant: str, data: Data, *, sent: str | None = None, before: timedelta = timedelta()
    ) -> Event:
        now = self.world.clock.now()
        identity = sent or f"sent-{next(self.numbers)}"
        return Event(
            id=event_id(tenant, "ats", identity),
            type=type_of(type(data)),
            source="/sources/ats",
            time=now - before,
            tenant=tenant,
            receivedat=now,
            digest=content_digest(data.kind, START, data),
            data=data,
        )

    def declared(self) -> list[str]:
        return list(self.world.model.declines)

    def say_and_deliver(
        self, data: st.DataObject, event: Event, pauses: tuple[str | None, ...] | None = None
    ) -> None:
        """Most words arrive at once; the rest wait their turn."""
        self.world.post([event])
        if len(self.actors) < self.MOST_ACTORS and data.draw(st.integers(0, 3)):
            message = self.world.queue[-1]
            pause_at = self.draw(data, self.scope.fact_pauses if pauses is None else pauses)
            self.keep(self.run(self.world.deliver([message], pause_at)))

    def deliver_everything(self, *, as_a_set: bool) -> None:
        for _ in range(12):
            if waiting := self.waiting():
                same = [message for message in waiting if message.lane is waiting[0].lane]
                self.run(self.world.deliver(same if as_a_set else same[:1], None))

    def look_for_what_is_due(self, data: st.DataObject) -> None:
        self.keep(self.run(self.world.round(self.draw(data, self.scope.round_pauses))))
