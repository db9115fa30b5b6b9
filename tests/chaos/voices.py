"""What people say in a history: noes, stops, other names, second thoughts, reviews."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from shared import events
from shared.events import Data
from tests.chaos.model import ids_of
from tests.chaos.play import Play
from tests.chaos.scope import named, somebody
from tests.chaos.world import START


class Voices(Play):
    """The steps that bring an event in from outside."""

    @precondition(lambda self: self.is_worth_a_decline())
    @rule(data=st.data())
    def somebody_declines(self, data: st.DataObject) -> None:
        """Mostly after outreach that is on record."""
        self.decline(data)

    @precondition(lambda self: self.may("much life") and self.is_worth_a_decline())
    @rule(data=st.data())
    def somebody_else_declines(self, data: st.DataObject) -> None:
        """The same: there is more to thank for than to stop."""
        self.decline(data)

    def decline(self, data: st.DataObject) -> None:
        person, tenant = somebody(data, self.scope), self.draw(data, self.scope.tenants)
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

    @precondition(
        lambda self: self.may("life") and self.is_worth_a_decline() and len(self.actors) < self.MOST_ACTORS
    )
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
        person = named(
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
        spoke = events.InteractionRecorded(person=named(name, "both"), direction="reply")
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

    def is_worth_a_decline(self) -> bool:
        """Where stops are made to stand still, one should stand there for a decline to race with."""
        return self.scope.stop_pauses is None or bool(self.actors)

    def is_worth_a_link(self) -> bool:
        """Where links are made to stand still, there should be a stop and a decline to be linked."""
        return self.scope.link_pauses is None or bool(self.world.model.stops and self.world.model.declines)
