"""Each safeguard, taken out alone, is missed: the same histories then break a promise.

A search is narrowed to what bears on its safeguard, so that it finds the fault in bounded time.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from services.notifier.handover import Deferred, Unknown
from services.notifier.look import Look, Seen
from services.notifier.record import Record
from services.policy.record import Recorded, Recorder, Subject
from shared import events
from shared.decision import Decision, SignedDecision, Verifier
from shared.events import Event
from shared.states import State
from shared.store import cases as case_store
from shared.store.cases import Move
from shared.store.client import Document
from tests.chaos.machine import Ground, Machine, Scope
from tests.chaos.world import PromiseBroken

#: Histories in which a fault must show.
ENOUGH = 300
STEPS = 14
Remove = Callable[[pytest.MonkeyPatch, Ground], None]

#: One person, one tenant, nothing but life going on.
PLAIN = Scope(
    people=("pat",),
    ids=("email",),
    tenants=("acme",),
    who=("candidate",),
    stops=(),
    fact_pauses=(None,),
    round_pauses=(None,),
    faults=(None,),
    waits=(),
    finishes=(),
    without=frozenset(
        {
            "forge",
            "stop",
            "link",
            "withdraw",
            "review",
            "double",
            "mail",
            "kill",
            "sweep",
            "no outreach",
            "much life",
        }
    ),
)


def with_(*rules: str) -> frozenset[str]:
    """What is left out, but for these."""
    return PLAIN.without - {*rules}


def unique_permits(patch: pytest.MonkeyPatch, ground: Ground) -> None:
    """The database lets two permits share a person."""
    permits = ground.database["permits"]
    ground.loop.run_until_complete(permits.drop_index("one_permit_a_person"))


def rev_guard(patch: pytest.MonkeyPatch, ground: Ground) -> None:
    """A move does not fail where a fact touched the case."""
    patch_filter(patch, "rev")


def compare_and_set(patch: pytest.MonkeyPatch, ground: Ground) -> None:
    """A move does not ask what the case is now."""
    patch_filter(patch, "state", "head")


def patch_filter(patch: pytest.MonkeyPatch, *parts: str) -> None:
    """Takes parts out of what a move expects."""
    update = case_store._update

    def without(move: Move) -> tuple[object, str]:
        made, head = update(move)
        for part in parts:
            made._filter.pop(part, None)  # type: ignore[attr-defined] # a pymongo operation tells it to nobody else
        return made, head

    patch.setattr(case_store, "_update", without)


def last_look(patch: pytest.MonkeyPatch, ground: Ground) -> None:
    """The notifier sees nothing that speaks against a mail."""
    at = Look.at

    async def blind(self: Look, cases: Sequence[Document]) -> list[Seen]:
        return [replace(seen, stops=()) for seen in await at(self, cases)]

    patch.setattr(Look, "at", blind)


def stop_before_touch(patch: pytest.MonkeyPatch, ground: Ground) -> None:
    """Policy marks the cases first, and writes down only then what is against them."""

    async def touch(
        self: Recorder, usable: Sequence[Event], subjects: Mapping[str, Subject], recorded: Recorded
    ) -> None:
        known = {event.id: subjects[event.id].keys for event in usable if event.id in subjects}
        identities = await self._people.identities(known)
        reach = {event_id: identity.keys for event_id, identity in identities.items()}
        for case in await self._cases.touch(frozenset().union(*reach.values())):
            recorded.causes[case["_id"]] = next(iter(reach))
        await self._stop(usable, reach)
        recorded.causes |= {
            events.case_id(event.id): event.id for event in usable if event.kind == "decline.received"
        }

    patch.setattr(Recorder, "_touch", touch)


def uncertainty(patch: pytest.MonkeyPatch, ground: Ground) -> None:
    """A send of unknown outcome is tried again."""
    end = Record.end

    async def again(self: Record, case: Document, to: State, why: str) -> None:
        await (self.take_back(case, why) if to is State.UNCERTAIN else end(self, case, to, why))

    patch.setattr(Record, "end", again)


def derived_ids(patch: pytest.MonkeyPatch, ground: Ground) -> None:
    """A decline that comes again opens another case."""
    numbers, derived = count(), events.case_id
    seen: set[str] = set()

    def drawn(event_id: str) -> str:
        if event_id in seen:
            return derived(f"{event_id}-{next(numbers)}")
        seen.add(event_id)
        return derived(event_id)

    class Drawn:
        """What policy sees of the events module."""

        def __getattr__(self, name: str) -> object:
            return drawn if name == "case_id" else getattr(events, name)

    patch.setattr("services.policy.record.events", Drawn())


def signature(patch: pytest.MonkeyPatch, ground: Ground) -> None:
    """Every permit passes for policy's."""

    def believe(self: Verifier, signed: SignedDecision) -> Decision:
        return signed.decision

    patch.setattr(Verifier, "verify", believe)


def waits(*hours: float) -> tuple[timedelta, ...]:
    """Times that pass."""
    return tuple(timedelta(hours=number) for number in hours)


SEARCHES: dict[str, tuple[Remove, Scope]] = {
    "unique permits": (unique_permits, PLAIN),
    "rev guard": (
        rev_guard,
        replace(
            PLAIN,
            round_pauses=(None, "channel.finish"),
            finishes=((False, Deferred("451 later")),),
            waits=waits(3),
            without=with_("withdraw", "mail"),
        ),
    ),
    "compare and set": (
        compare_and_set,
        replace(PLAIN, round_pauses=(None, "channel.begin"), waits=waits(3), without=with_()),
    ),
    "last look": (
        last_look,
        replace(
            PLAIN,
            stop_ids=("profile",),
            stops=("opt_out",),
            link_pauses=("cases.update_many",),
            without=with_("stop", "link"),
        ),
    ),
    "suppression before touch": (
        stop_before_touch,
        replace(
            PLAIN,
            stops=("opt_out",),
            stop_pauses=("suppressions.bulk_write",),
            round_pauses=("channel.begin",),
            without=with_("stop"),
        ),
    ),
    "uncertain is final": (
        uncertainty,
        replace(PLAIN, finishes=((True, Unknown("broke")),), waits=waits(3), without=with_("mail")),
    ),
    "derived ids": (derived_ids, replace(PLAIN, without=with_("double"))),
    "signature": (signature, replace(PLAIN, who=("company",), without=with_("forge"))),
}


@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", SEARCHES)
def test_a_protocol_without_one_safeguard_breaks_a_promise(
    name: str,
    ground: Ground,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
) -> None:
    """Found within a bounded number of histories."""
    remove, scope = SEARCHES[name]
    remove(monkeypatch, ground)

    class Searched(Machine):
        pass

    Searched.ground, Searched.scope = ground, scope
    with pytest.raises(PromiseBroken):
        search(Searched)
    record_property("found in history", ground.histories)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", SEARCHES)
def test_with_the_safeguard_the_same_search_finds_nothing(name: str, ground: Ground) -> None:
    """So what was found above is the safeguard's absence, and not the search's own doing."""

    class Searched(Machine):
        pass

    Searched.ground, Searched.scope = ground, SEARCHES[name][1]
    search(Searched, histories=15)


def search(machine: type[Machine], histories: int = ENOUGH) -> None:
    """Draws histories; the first that breaks a promise ends it."""
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=histories,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
