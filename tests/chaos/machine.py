"""Histories of the protocol, drawn by hypothesis: who says what, in which order it arrives, and where a
replica stands still, dies or loses its server.
"""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from services.notifier.handover import Deferred, Refused
from shared import events
from shared.decision import Decision, Schedule, Signer, new_seed
from shared.events import Event, outcome_id, type_of
from shared.states import State
from tests.chaos.voices import Voices
from tests.chaos.world import Message

FORGER = Signer(new_seed())
AT_ONCE = Schedule(delay_min_s=0, delay_max_s=0, quiet_from="00:00", quiet_to="00:00", weekends=True)
BEGINS = (Refused("550 nobody"), Deferred("451 later"), Deferred("421 closing", away=True))


class Machine(Voices):
    """One history. ``ground`` and ``scope`` are set by whoever runs it."""

    # --- what becomes of messages ---

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

    @precondition(lambda self: self.waiting() and self.may("double"))
    @rule(data=st.data())
    def a_message_doubles(self, data: st.DataObject) -> None:
        message = self.draw(data, self.waiting())
        self.world.queue.append(Message(message.lane, message.events))

    @precondition(lambda self: self.may("forge") and self.world.model.declines)
    @rule(data=st.data())
    def somebody_forges_a_permit(self, data: st.DataObject) -> None:
        """Who can write to the bus, and even into the case and the permits, still has not policy's key."""
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
            self.run(self.world.claim(case, now))
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

    @precondition(lambda self: self.may("mail"))
    @rule(data=st.data())
    def the_mail_server_will_say(self, data: st.DataObject) -> None:
        if data.draw(st.integers(0, 3)) and self.scope.finishes:
            self.world.way_out.next_finish = [self.draw(data, self.scope.finishes)]
        else:
            self.world.way_out.next_begin = [self.draw(data, BEGINS)]

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
            if not self.world.judge.broken:
                for actor in self.actors:
                    self.run(actor.resume(None))
                self.run(self.world.drain())
                self.run(self.world.judge.ends(self.world.dead, self.world.forged))
        finally:
            for actor in self.actors:
                if actor.where is not None:
                    self.ground.loop.run_until_complete(actor.kill())
