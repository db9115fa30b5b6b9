"""The whole protocol in one process: the real handlers on a real database, with our own courier and way out.

The courier keeps a message until its handler has ended, so it delivers again whatever was killed; the way out
knows what truly arrived, and judges each mail against what was said before.
"""

import re
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import cast

from prometheus_client import CollectorRegistry

from services.notifier.announce import Announcer
from services.notifier.channels.smtp import SmtpChannel
from services.notifier.due import Due
from services.notifier.handlers import Scheduler
from services.notifier.handover import Accepted, Channel, Deferred, Refused, Unknown
from services.notifier.letter import Letter
from services.notifier.look import Look
from services.notifier.loop import DueLoop
from services.notifier.prepare import Prepare
from services.notifier.record import Record, Terms
from services.notifier.render import Renderer
from services.notifier.send import Sending
from services.policy.document import load_base
from services.policy.filing import Filing
from services.policy.handlers import Handlers
from services.policy.hearing import Hearing
from services.policy.record import Recorder
from services.policy.rulebook import Rulebook
from services.policy.settle import Settler
from services.policy.sweep import Sweep
from services.policy.text.lexicon import lexicon
from services.policy.verify import faults
from shared import events, topology
from shared.bus import Bus
from shared.clock import FixedClock
from shared.consumer import Dead, Done, Outcome
from shared.decision import SignedDecision, Signer, Verifier, new_seed
from shared.errors import AfterwordError, Transient
from shared.events import Event
from shared.identity import Fingerprints
from shared.links import LinkSigner
from shared.states import OPEN, State
from shared.store.cases import Cases
from shared.store.client import AWAY, Database, Document
from shared.store.people import People
from shared.telemetry import Metrics
from shared.topology import Lane
from shared.vault import Keyring, Vault, new_key
from tests.chaos.model import Model, ids_of
from tests.chaos.stepping import Actor, gate, operate, stepped

START = datetime(2026, 6, 3, 12, tzinfo=UTC)
TENANTS = ("acme", "beta")
COOLDOWN = timedelta(days=180)
#: A permit is used within days or not at all, so two mails may lie closer by so much than two permits.
USED_WITHIN = timedelta(days=30)
LEASE_S = 7200
PEPPER = b"p" * 32
MAX_ROUNDS_TO_THE_END = 12
MAX_ATTEMPTS_OF_A_SEND = 3
POLICY = """
schedule:
  courtesy_delay_min_minutes: 0
  courtesy_delay_max_minutes: 0
  quiet_from: "00:00"
  quiet_to: "00:00"
  weekends: true
velocity: {recruiter_per_hour: 1000, recruiter_per_day: 1000, spray_min_declines: 1000}
"""
SIGNER = Signer(new_seed())
RENDERER, LINKS = Renderer(), LinkSigner(new_key())
_AWAY: tuple[type[Exception], ...] = (*AWAY, Transient)
#: What a case looks like is judged by our own eyes: a safeguard that was taken out must not blind them.
_VERIFY = Verifier.verify
_CASE = re.compile(rb"<(case_[a-z2-7]{32})@")


class PromiseBroken(AssertionError):
    """A promise was not kept."""


@dataclass(eq=False, slots=True)
class Message:
    """Events on their way."""

    lane: Lane
    events: tuple[Event, ...]
    taken: bool = False


@dataclass(frozen=True, slots=True)
class Handed:
    """A mail that arrived, or may have."""

    case: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Began:
    """A send that began: the timeline's head, the moment, and the links that its replica could have read."""

    head: str
    moment: int
    known: tuple[tuple[str, frozenset[str]], ...]


_known: ContextVar[Sequence[tuple[str, frozenset[str]]]] = ContextVar("known", default=())


@dataclass(slots=True)
class World:
    """Everything there is. ``database`` is the real one; handlers get it behind gates."""

    database: Database
    clock: FixedClock = field(default_factory=lambda: FixedClock(START))
    model: Model = field(default_factory=Model)
    queue: list[Message] = field(default_factory=list)
    dead: list[tuple[Event, str]] = field(default_factory=list)
    forged: set[str] = field(default_factory=set)
    broken: list[str] = field(default_factory=list)
    handed: list[Handed] = field(default_factory=list)
    began: dict[str, Began] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    next_begin: list[Accepted | Refused | Deferred] = field(default_factory=list)
    next_finish: list[tuple[bool, Accepted | Refused | Deferred | Unknown]] = field(default_factory=list)
    numbers: "count[int]" = field(default_factory=count)
    stepped: Database = field(init=False)
    vault: Vault = field(init=False)
    rulebook: Rulebook = field(init=False)

    def __post_init__(self) -> None:
        self.stepped = stepped(self.database, self._after)
        self.vault = Vault(Keyring.parse(f"k1:{new_key()}"))
        self.rulebook = Rulebook(load_base(POLICY, "test"), {})

    async def begin(self) -> None:
        """Empties the database, which is faster than a new one, and brings in what an operator would."""
        for name in await self.database.list_collection_names():
            await self.database[name].delete_many({})
        await self.rulebook.store(self.database)
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
            return await self._scheduler().handle(arrived)
        handlers = self._handlers()
        return await (handlers.reviews if lane is Lane.REVIEW else handlers.facts)(arrived)

    # --- the services ---

    def _handlers(self) -> Handlers:
        recorder = Recorder(
            self.stepped, Filing(Fingerprints(PEPPER), self.vault, Hearing(lexicon())), self.clock
        )
        metrics = Metrics(CollectorRegistry())
        settler = Settler(self.stepped, self.rulebook, SIGNER, self.clock, metrics)
        return Handlers(self.stepped, recorder, settler, cast("Bus", self), self.clock, metrics)

    def _scheduler(self) -> Scheduler:
        verifier = Verifier(SIGNER.public_key)
        people = People(self.stepped)
        return Scheduler(
            Cases(self.stepped), people, self.stepped["tenants"], self.vault, verifier, self.clock
        )

    def _due_loop(self) -> DueLoop:
        cases, metrics = Cases(self.stepped), Metrics(CollectorRegistry())
        due = Due(cases, self.clock, lease_s=LEASE_S, limit=50)
        prepare = Prepare(Verifier(SIGNER.public_key), self.vault, RENDERER, LINKS, "https://desk.example")
        terms = Terms(LEASE_S, (60,) * (MAX_ATTEMPTS_OF_A_SEND - 1))
        channel = cast("Channel", WayOut(self))
        sending = Sending(
            due,
            Look(self.stepped),
            prepare,
            Record(cases, due, terms, self.clock, metrics),
            channel,
            clock=self.clock,
            metrics=metrics,
            lease_s=LEASE_S,
        )
        announcer = Announcer(cases, cast("Bus", self))
        return DueLoop(due, sending, announcer, cast("SmtpChannel", channel), metrics, interval_s=1)

    async def round(self, pause_at: str | None) -> Actor:
        """One round of a replica's due loop."""
        known = [
            (card["tenant"], frozenset(self.names[key] for key in card["keys"]))
            async for card in self.database["people"].find({})
        ]

        async def work() -> None:
            _known.set(known)
            await self._due_loop().round()

        actor = Actor("notifier", work(), pause_at)
        await actor.until_parked()
        return actor

    async def sweep(self) -> None:
        """Policy's look at held cases that nobody reviewed."""
        await Sweep(self.stepped, cast("Bus", self), self.clock).sweep()

    async def _after(self, label: str) -> None:
        """Writes down which sends have begun, the moment they do."""
        if label != "cases.bulk_write":
            return
        async for case in self.database["cases"].find({"state": State.SENDING.value}, {"head": 1}):
            before = self.began.get(case["_id"])
            if before is None or before.head != case["head"]:
                self.began[case["_id"]] = Began(case["head"], self.model.tick(), tuple(_known.get()))

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

    # --- the judge ---

    async def judge_mail(self, case: str, *, arrived: bool) -> None:
        """A mail is being handed over: was it allowed to? ``arrived``: it is there, or nobody knows."""
        stored = await self.database["cases"].find_one({"_id": case})
        began = self.began.get(case)
        if stored is None or began is None:
            self.broken.append(f"{case}: a mail for a case that never began to be sent")
            return
        self._judged(case, stored)
        tenant = stored["tenant"]
        known = [ids for at, ids in began.known if at == tenant]
        stop = self.model.against(case, known, began.moment)
        if stop is not None:
            self.broken.append(f"{case}: its send began after {stop} was answered")
        if arrived:
            self._once(case, tenant, known, began.moment)

    def _judged(self, case: str, stored: Document) -> None:
        signed = SignedDecision.model_validate(stored["decision"]["signed"])
        try:
            _VERIFY(Verifier(SIGNER.public_key), signed)
        except AfterwordError:
            self.broken.append(f"{case}: a mail that policy did not permit")
        if (signed.decision.case, signed.decision.verdict) != (case, "approve"):
            self.broken.append(f"{case}: a mail without an approval of this case")

    def _once(self, case: str, tenant: str, known: Sequence[frozenset[str]], moment: int) -> None:
        person = self.model.person(case, known, moment)
        now = self.clock.now()
        for earlier in self.handed:
            other = self.model.declines[earlier.case]
            if earlier.case == case:
                self.broken.append(f"{case}: handed over twice")
            elif other.tenant == tenant and other.ids & person and now - earlier.at < COOLDOWN - USED_WITHIN:
                self.broken.append(f"{case}: the person of {earlier.case} was thanked before")
        self.handed.append(Handed(case, now))

    # --- the end ---

    async def drain(self) -> None:
        """Lets everything come to its end: servers are well again, and nothing is stopped or killed."""
        self.next_begin.clear()
        self.next_finish.clear()
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

    async def check(self) -> None:
        """Every decline that was taken in has come to one end, provably; nothing lies dead without cause."""
        cases = {case["_id"]: case async for case in self.database["cases"].find({})}
        policies = {found["_id"]: found["text"] async for found in self.database["policies"].find({})}
        self.broken += [f"lost: {case}" for case in self.model.declines if case not in cases]
        self.broken += [f"opened by nobody: {case}" for case in cases if case not in self.model.declines]
        for case in cases.values():
            if case["_id"] in self.forged:
                continue
            if State(case["state"]) in OPEN:
                self.broken.append(f"{case['_id']} came to no end: it is {case['state']}")
            verifier = Verifier(SIGNER.public_key)
            self.broken += [f"{case['_id']}: {fault}" for fault in faults(case, verifier, policies)]
        self.broken += [
            f"dead: {event.kind} {why}" for event, why in self.dead if event.subject not in self.forged
        ]

    def complain(self) -> None:
        """Raises PromiseBroken if one was."""
        if self.broken:
            raise PromiseBroken("; ".join(self.broken))


class WayOut:
    """Our port to the mail server: it says what it is told to, and what arrived is judged."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def begin(self, letter: Letter) -> Accepted | Refused | Deferred:
        """MAIL and RCPT."""
        await gate("channel.begin")
        return self._world.next_begin.pop() if self._world.next_begin else Accepted("250 ok")

    async def finish(self, letter: Letter, *, within_s: float) -> Accepted | Refused | Deferred | Unknown:
        """DATA."""
        await gate("channel.finish")
        plan = self._world.next_finish
        arrives, said = plan.pop() if plan else (True, Accepted("250 kept"))
        found = _CASE.search(letter.raw)
        assert found is not None
        await self._world.judge_mail(found[1].decode(), arrived=arrives or isinstance(said, Unknown))
        await gate("channel.finished")
        return said

    async def drop(self) -> None:
        """RSET."""

    async def close(self) -> None:
        """QUIT."""
