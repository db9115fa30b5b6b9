"""Histories of the protocol, drawn by hypothesis: who says what, in which order it arrives, and where a
replica stands still, dies or loses its server.
"""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any, ClassVar, Literal

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from services.notifier.handover import Accepted, Deferred, Refused, Unknown
from shared import events
from shared.decision import Decision, Schedule, Signer, new_seed
from shared.events import Data, Event, content_digest, event_id, outcome_id, type_of
from shared.states import State
from shared.store.client import Database
from tests.chaos.model import ids_of
from tests.chaos.stepping import Actor, Fault
from tests.chaos.world import START, TENANTS, Message, World

Ids = Literal["email", "tagged", "profile", "both"]
FORGER = Signer(new_seed())
AT_ONCE = Schedule(delay_min_s=0, delay_max_s=0, quiet_from="00:00", quiet_to="00:00", weekends=True)
#: What can be waited for, so that another comes in between.
FACT_PAUSES = (
    *("events.find", "people.find", "people.bulk_write", "events.insert_many", "memory.bulk_write"),
    *("cases.insert_many", "suppressions.bulk_write", "withdrawals.insert_many", "cases.update_many"),
    *("cases.find", "suppressions.find", "permits.find", "permits.insert_many", "cases.bulk_write"),
    *("publish", "ack"),
)
ROUND_PAUSES = (
    *("cases.find", "cases.update_many", "people.find", "suppressions.find", "channel.begin"),
    *("cases.bulk_write", "channel.finish", "channel.finished", "publish"),
)
WAITS = (
    timedelta(minutes=1),
    timedelta(minutes=3),
    timedelta(hours=3),
    timedelta(days=3),
    timedelta(days=181),
)
BEGINS = (Refused("550 nobody"), Deferred("451 later"), Deferred("421 closing", away=True))
FINISHES: tuple[tuple[bool, Accepted | Refused | Deferred | Unknown], ...] = (
    (True, Unknown("the connection broke")),
    (False, Unknown("the connection broke")),
    (False, Refused("554 not this")),
    (False, Deferred("451 later")),
)
STOPS = ("opt_out", "everywhere", "complaint", "erasure", "preference", "bounce")


@dataclass(frozen=True)
class Scope:
    """What a machine may draw: everything, or what a search for one fault needs."""

    people: tuple[str, ...] = ("pat", "kim", "lee")
    ids: tuple[Ids, ...] = ("email", "tagged", "profile", "both")
    tenants: tuple[str, ...] = TENANTS
    who: tuple[str, ...] = (*("candidate",) * 6, "unknown", "company")
    stops: tuple[str, ...] = STOPS
    fact_pauses: tuple[str | None, ...] = (None, None, None, *FACT_PAUSES)
    #: None: as for all facts.
    stop_pauses: tuple[str | None, ...] | None = None
    link_pauses: tuple[str | None, ...] | None = None
    stop_ids: tuple[Ids, ...] | None = None
    round_pauses: tuple[str | None, ...] = (None, None, *ROUND_PAUSES)
    faults: tuple[Fault, ...] = (None, None, "away", "answer lost")
    waits: tuple[timedelta, ...] = WAITS
    finishes: tuple[tuple[bool, Accepted | Refused | Deferred | Unknown], ...] = FINISHES
    without: frozenset[str] = frozenset({"forge"})


@dataclass
class Ground:
    """The loop and the database of a run; each history begins on an emptied database."""

    loop: asyncio.AbstractEventLoop
    database: Database
    histories: int = 0


class Machine(RuleBasedStateMachine):
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
        self.world.complain()
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

    # --- what people say ---

    @rule(data=st.data())
    def somebody_declines(self, data: st.DataObject) -> None:
        """Mostly after outreach that is on record."""
        self.decline(data)

    @precondition(lambda self: self.may("much life"))
    @rule(data=st.data())
    def somebody_else_declines(self, data: st.DataObject) -> None:
        """The same: there is more to thank for than to stop."""
        self.decline(data)

    def decline(self, data: st.DataObject) -> None:
        if self.scope.stop_pauses is not None and not self.actors:
            return  # there is nothing to race with yet
        person, tenant = _person(data, self.scope), self.draw(data, self.scope.tenants)
        sent = f"sent-{next(self.numbers)}"
        who = self.draw(data, self.scope.who)
        decline = self.event(tenant, events.DeclineReceived(person=person, who=who), sent=sent)
        outreach = self.event(
            tenant,
            events.InteractionRecorded(person=person, direction="outreach"),
            # one message to each name, however often it is reported: more would be rude, and never thanked
            sent=f"outreach-{sorted(ids_of(decline))}",
            before=self.world.clock.now() - START + timedelta(days=2 + len(ids_of(decline))),
        )
        said = [outreach, decline]
        if self.may("no outreach") and data.draw(st.integers(0, 9)) == 9:
            said = [decline]
        self.world.post(said)
        if self.may("at once") and data.draw(st.booleans()):
            self.deliver_everything(as_a_set=data.draw(st.booleans()))

    @precondition(lambda self: self.may("life") and len(self.actors) < self.MOST_ACTORS)
    @rule(data=st.data())
    def all_of_it_happens(self, data: st.DataObject) -> None:
        """From one decline, or two, to the mail: what others race with is seldom drawn step by step."""
        for _ in range(data.draw(st.integers(1, 2))):
            self.decline(data)
        self.deliver_everything(as_a_set=data.draw(st.booleans()))
        self.look_for_what_is_due(data)

    @precondition(lambda self: self.may("stop") and self.scope.stops and self.room_for_a_word())
    @rule(data=st.data())
    def somebody_wants_no_more(self, data: st.DataObject) -> None:
        if self.may("much life") and data.draw(st.booleans()):
            return
        person = _named(
            self.draw(data, self.scope.people), self.draw(data, self.scope.stop_ids or self.scope.ids)
        )
        tenant = self.draw(data, self.scope.tenants)
        kind = self.draw(data, self.scope.stops)
        kinds: dict[str, Data] = {
            "opt_out": events.OptOutReceived(person=person),
            "everywhere": events.OptOutReceived(person=person, scope="installation"),
            "complaint": events.ComplaintReceived(person=person),
            "erasure": events.ErasureRequested(person=person),
            "preference": events.PreferenceSet(person=person, follow_up=False),
            "bounce": events.BounceReceived(person=person),
        }
        event = self.event(tenant, kinds[kind])
        source = "/desk" if kind == "everywhere" else event.source
        self.say_and_deliver(data, event.model_copy(update={"source": source}), self.scope.stop_pauses)

    @precondition(lambda self: self.may("link") and self.room_for_a_word() and self.is_worth_a_link())
    @rule(data=st.data())
    def somebody_is_known_by_another_name(self, data: st.DataObject) -> None:
        name, tenant = self.draw(data, self.scope.people), self.draw(data, self.scope.tenants)
        spoke = events.InteractionRecorded(person=_named(name, "both"), direction="reply")
        self.say_and_deliver(data, self.event(tenant, spoke), self.scope.link_pauses)

    @precondition(lambda self: self.may("withdraw") and self.world.model.declines)
    @rule(data=st.data())
    def somebody_takes_it_back(self, data: st.DataObject) -> None:
        declined = [m for m in self.declared() if m]
        case = self.draw(data, declined)
        said = events.ReviewDecided(case=case, decision="cancel", reason="asked to", by="ada")
        tenant = self.world.model.declines[case].tenant
        event = self.event(tenant, said).model_copy(update={"source": "/desk"})
        if self.run(self.world.database["cases"].find_one({"_id": case}, {"_id": 1})) is not None:
            self.say_and_deliver(data, event)

    @precondition(lambda self: self.may("review") and self.world.model.declines)
    @rule(data=st.data())
    def somebody_reviews(self, data: st.DataObject) -> None:
        held = self.run(self.world.held())
        if held:
            case = self.draw(data, [found["_id"] for found in held])
            decision = self.draw(data, ["approve", "approve", "deny"])
            said = events.ReviewDecided(case=case, decision=decision, reason="seen", by="ada")
            tenant = self.world.model.declines[case].tenant
            self.say_and_deliver(data, self.event(tenant, said).model_copy(update={"source": "/desk"}))

    def room_for_a_word(self) -> bool:
        """Where each word is made to stand still, one at a time leaves room for what it races with."""
        return (self.scope.stop_pauses, self.scope.link_pauses) == (None, None) or not self.actors

    def is_worth_a_link(self) -> bool:
        """Where links are made to stand still, there should be a stop and a decline to be linked."""
        return self.scope.link_pauses is None or bool(self.world.model.stops and self.world.model.declines)

    def declared(self) -> list[str]:
        return list(self.world.model.declines)

    # --- what becomes of messages ---

    def say_and_deliver(
        self, data: st.DataObject, event: Event, pauses: tuple[str | None, ...] | None = None
    ) -> None:
        """Most words arrive at once; the rest wait their turn."""
        self.world.post([event])
        if len(self.actors) < self.MOST_ACTORS and data.draw(st.integers(0, 3)):
            message = self.world.queue[-1]
            pause_at = self.draw(data, self.scope.fact_pauses if pauses is None else pauses)
            self.keep(self.run(self.world.deliver([message], pause_at)))

    @precondition(lambda self: self.waiting() and len(self.actors) < self.MOST_ACTORS)
    @rule(data=st.data())
    def messages_arrive(self, data: st.DataObject) -> None:
        """Any of them, in any order, as a set or alone."""
        first = self.draw(data, self.waiting())
        same = [message for message in self.waiting() if message.lane is first.lane and message is not first]
        taken = [first, *same[: data.draw(st.integers(0, 3))]]
        self.keep(self.run(self.world.deliver(taken, self.draw(data, self.scope.fact_pauses))))

    @precondition(lambda self: self.waiting())
    @rule(as_a_set=st.booleans())
    def everything_arrives(self, *, as_a_set: bool) -> None:
        self.deliver_everything(as_a_set=as_a_set)

    def deliver_everything(self, *, as_a_set: bool) -> None:
        for _ in range(12):
            if waiting := self.waiting():
                same = [message for message in waiting if message.lane is waiting[0].lane]
                self.run(self.world.deliver(same if as_a_set else same[:1], None))

    @precondition(lambda self: self.waiting() and self.may("double"))
    @rule(data=st.data())
    def a_message_doubles(self, data: st.DataObject) -> None:
        message = self.draw(data, self.waiting())
        self.world.queue.append(Message(message.lane, message.events))

    @precondition(lambda self: self.may("forge") and self.world.model.declines)
    @rule(data=st.data())
    def somebody_forges_a_permit(self, data: st.DataObject) -> None:
        """Who can write to the bus, and even into the case, still has not policy's key."""
        case = self.draw(data, self.declared())
        tenant, now = self.world.model.declines[case].tenant, self.world.clock.now()
        decision = Decision(
            case=case,
            tenant=tenant,
            verdict="approve",
            version="v",
            digest="d",
            codes=(),
            at=now,
            schedule=AT_ONCE,
        )
        permit = FORGER.sign(decision)
        stored = {"decision.signed": permit.model_dump(mode="json"), "decision.verdict": "approve"}
        decided = {"$in": [State.HELD.value, State.DENIED.value, State.APPROVED.value]}
        done = self.run(
            self.world.database["cases"].update_one(
                {"_id": case, "state": decided}, {"$set": {**stored, "state": State.APPROVED.value}}
            )
        )
        if done.modified_count:
            self.world.forged.add(case)
            event = Event(
                id=outcome_id(case, "followup.approved"),
                type=type_of(events.FollowupApproved),
                source="/policy",
                subject=case,
                time=now,
                tenant=tenant,
                receivedat=now,
                data=events.FollowupApproved(permit=permit),
            )
            self.world.post([event])

    # --- what the notifier and the world do ---

    @precondition(lambda self: len(self.actors) < self.MOST_ACTORS)
    @rule(data=st.data())
    def the_notifier_looks_for_what_is_due(self, data: st.DataObject) -> None:
        self.look_for_what_is_due(data)

    def look_for_what_is_due(self, data: st.DataObject) -> None:
        self.keep(self.run(self.world.round(self.draw(data, self.scope.round_pauses))))

    @precondition(lambda self: self.may("mail"))
    @rule(data=st.data())
    def the_mail_server_will_say(self, data: st.DataObject) -> None:
        if data.draw(st.integers(0, 3)) and self.scope.finishes:
            self.world.next_finish = [self.draw(data, self.scope.finishes)]
        else:
            self.world.next_begin = [self.draw(data, BEGINS)]

    @precondition(lambda self: self.actors and self.may("go on"))
    @rule(data=st.data())
    def a_replica_goes_on(self, data: st.DataObject) -> None:
        actor = self.draw(data, self.actors)
        pauses = self.scope.round_pauses if actor.name == "notifier" else self.scope.fact_pauses
        self.run(actor.resume(self.draw(data, pauses), self.draw(data, self.scope.faults)))
        self.keep(actor)
        self.actors = list(dict.fromkeys(self.actors))

    @precondition(lambda self: self.actors and self.may("kill"))
    @rule(data=st.data())
    def a_replica_is_killed(self, data: st.DataObject) -> None:
        actor = self.draw(data, self.actors)
        self.run(actor.kill())
        self.actors.remove(actor)

    @precondition(lambda self: self.scope.waits)
    @rule(data=st.data())
    def time_passes(self, data: st.DataObject) -> None:
        self.world.clock.advance(self.draw(data, self.scope.waits))

    @precondition(lambda self: self.may("sweep"))
    @rule()
    def policy_sweeps(self) -> None:
        self.run(self.world.sweep())

    def teardown(self) -> None:
        """Whatever stands still goes on; then everything is delivered, and every case must have its end."""
        try:
            if not self.world.broken:
                for actor in self.actors:
                    self.run(actor.resume(None))
                self.run(self.world.drain())
                self.run(self.world.check())
        finally:
            for actor in self.actors:
                if actor.where is not None:
                    self.ground.loop.run_until_complete(actor.kill())


def _named(name: str, ids: Ids) -> events.Person:
    email = {"email": f"{name}@outlook.com", "tagged": f"{name.title()}+jobs@outlook.com", "profile": None}
    profile = (f"https://www.linkedin.com/in/{name}",) if ids in {"profile", "both"} else ()
    return events.Person(email=email.get(ids, f"{name}@outlook.com"), profile_urls=profile)


def _person(data: st.DataObject, scope: Scope) -> events.Person:
    name, ids = data.draw(st.sampled_from(scope.people)), data.draw(st.sampled_from(scope.ids))
    return _named(name, ids)
