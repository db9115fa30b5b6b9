"""The whole protocol in one process: the real handlers on a real database, with our own courier and way out.

The courier keeps a message until its handler has ended, so it delivers again whatever was killed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import cast

from services.notifier.handover import Channel
from services.policy.claim import permit
from services.policy.reload import keep
from shared import events, topology
from shared.bus import Bus
from shared.clock import FixedClock
from shared.consumer import Dead, Done, Outcome
from shared.errors import Transient
from shared.events import Event
from shared.identity import Fingerprints
from shared.states import OPEN, State
from shared.store.client import AWAY, Database, Document, insert_missing
from shared.topology import Lane
from tests.chaos.judge import KNOWN, Judge
from tests.chaos.model import Model, ids_of
from tests.chaos.services import MAX_ATTEMPTS_OF_A_SEND, PEPPER, Services
from tests.chaos.stepping import Actor, gate, operate, stepped
from tests.chaos.way_out import WayOut

START = datetime(2026, 6, 3, 12, tzinfo=UTC)
TENANTS = ("acme", "beta")
MAX_ROUNDS_TO_THE_END = 12
_AWAY: tuple[type[Exception], ...] = (*AWAY, Transient)


@dataclass(eq=False, slots=True)
class Message:
    """Events on their way."""

    lane: Lane
    events: tuple[Event, ...]
    taken: bool = False


@dataclass(slots=True)
class World:
    """Everything there is. ``database`` is the real one; handlers get it behind gates."""

    database: Database
    clock: FixedClock = field(default_factory=lambda: FixedClock(START))
    model: Model = field(default_factory=Model)
    queue: list[Message] = field(default_factory=list)
    dead: list[tuple[Event, str]] = field(default_factory=list)
    forged: set[str] = field(default_factory=set)
    names: dict[str, str] = field(default_factory=dict)
    judge: Judge = field(init=False)
    way_out: WayOut = field(init=False)
    services: Services = field(init=False)

    def __post_init__(self) -> None:
        self.judge = Judge(self.database, self.clock, self.model)
        self.way_out = WayOut(self.judge)
        behind_gates = stepped(self.database, self.judge.look)
        bus, channel = cast("Bus", self), cast("Channel", self.way_out)
        self.services = Services(behind_gates, self.clock, bus, channel)

    async def begin(self) -> None:
        """Empties the database, which is faster than a new one, and brings in what an operator would."""
        for name in await self.database.list_collection_names():
            await self.database[name].delete_many({})
        await keep(self.services.rulebook, self.database)
        await self.database["tenants"].insert_many(
            {
                "_id": name,
                "company": name,
                "from_name": "Ada",
                "from_email": f"ada@{name}.example",
                "timezone": "UTC",
            }
            for name in TENANTS
        )

    async def held(self) -> list[Document]:
        """The cases that wait for a reviewer, in an order that is the same each time."""
        cases = self.database["cases"].find({"state": State.HELD.value}, {"tenant": 1})
        return [case async for case in cases.sort("_id")]

    async def claim(self, case: str, at: datetime) -> None:
        """A permit for this case that policy never gave, where nothing is claimed for the person yet."""
        found = await self.database["cases"].find_one({"_id": case}, {"keys": 1, "tenant": 1})
        assert found is not None
        claimed = permit(
            case,
            found["keys"],
            tenant=found["tenant"],
            source="ats",
            recruiter=None,
            at=at,
            latest=at,
            cooldown=timedelta(days=30),
        )
        await insert_missing(self.database["permits"], [claimed])

    # --- the courier ---

    def post(self, sent: Sequence[Event]) -> None:
        """Takes events in, as intake and desk do: from now on none of them may be lost."""
        for event in sent:
            self._learn_names(event)
            if event.kind == "decline.received":
                self.model.declare(event)
            self.queue.append(Message(topology.lane_of(event.kind), (event,)))

    async def publish(self, sent: Sequence[Event]) -> None:
        """What handlers publish; outcomes are for integrators, and nobody here reads them."""

        async def take() -> None:
            self.queue += [
                Message(lane, (event,))
                for event in sent
                if (lane := topology.lane_of(event.kind)) is Lane.APPROVED
            ]

        await operate("publish", take)

    async def deliver(self, messages: Sequence[Message], pause_at: str | None) -> Actor:
        """Gives messages of one lane to a replica of their consumer, as one set."""
        for message in messages:
            message.taken = True
        actor = Actor(messages[0].lane, self._consume(messages), pause_at)
        await actor.until_parked()
        return actor

    async def _consume(self, messages: Sequence[Message]) -> None:
        arrived = [event for message in messages for event in message.events]
        try:
            outcomes = await self._work(messages[0].lane, arrived)
            await gate("ack")
        except _AWAY:
            return
        finally:
            for message in messages:
                message.taken = False
        for message in messages:
            self.queue.remove(message)
        for event, outcome in zip(arrived, outcomes, strict=True):
            if isinstance(outcome, Done):
                declared = self.model.declines.get(getattr(event.data, "case", None) or "")
                self.model.acknowledge(event, declared.ids if declared else frozenset())
            elif isinstance(outcome, Dead):
                self.dead.append((event, outcome.why))
            else:
                self.queue.append(Message(messages[0].lane, (event,)))

    async def _work(self, lane: Lane, arrived: Sequence[Event]) -> Sequence[Outcome]:
        if lane is Lane.APPROVED:
            return await self.services.scheduler().handle(arrived)
        handlers = self.services.handlers()
        return await (handlers.reviews if lane is Lane.REVIEW else handlers.facts)(arrived)

    # --- what services do by themselves ---

    async def round(self, pause_at: str | None) -> Actor:
        """One round of a replica's due loop."""
        known = [
            (card["tenant"], frozenset(self.names[key] for key in card["keys"]))
            async for card in self.database["people"].find({})
        ]

        async def work() -> None:
            KNOWN.set(known)
            await self.services.due_loop().round()

        actor = Actor("notifier", work(), pause_at)
        await actor.until_parked()
        return actor

    async def sweep(self) -> None:
        """Policy's look at held cases that nobody reviewed."""
        await self.services.sweep().sweep()

    def _learn_names(self, event: Event) -> None:
        person: events.Person | None = getattr(event.data, "person", None)
        if person is None:
            return
        parts = [events.Person(profile_urls=(url,)) for url in person.profile_urls]
        parts += [events.Person(email=person.email)] if person.email else []
        for part in parts:
            (name,) = ids_of(
                event.model_copy(update={"data": event.data.model_copy(update={"person": part})})
            )
            for print_ in Fingerprints(PEPPER).of(part, event.source):
                self.names[f"{event.tenant}/{print_}"] = name

    # --- the end ---

    async def drain(self) -> None:
        """Lets everything come to its end: servers are well again, and nothing is stopped or killed."""
        self.way_out.be_well()
        for number in range(MAX_ROUNDS_TO_THE_END):
            while self.queue:
                await self.deliver([self.queue[0]], None)
                if self.queue and self.clock.now() < START + timedelta(days=4000):
                    self.clock.advance(timedelta(minutes=5))
            await self.round(None)
            await self.sweep()
            open_ = {state.value for state in OPEN}
            if not self.queue and not await self.database["cases"].count_documents(
                {
                    "_id": {"$nin": list(self.forged)},
                    "$or": [{"state": {"$in": list(open_)}}, {"announce": {"$exists": True}}],
                }
            ):
                return
            self.clock.advance(
                timedelta(hours=3) if number < MAX_ATTEMPTS_OF_A_SEND + 1 else timedelta(days=15)
            )
