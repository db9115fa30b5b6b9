"""Each safeguard, taken out alone, is missed: the same histories then break a promise.

A search is narrowed to what bears on its safeguard, so that it finds the fault in bounded time.
"""

import asyncio
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from collections.abc import Collection as Group
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from services.notifier import prepare
from services.notifier.handover import Deferred, Unknown
from services.notifier.look import Look, Seen
from services.notifier.record import Record
from shared import events
from shared.decision import Decision, SignedDecision, Verifier
from shared.states import State
from shared.store import cases as case_store
from shared.store.cases import Cases, Move
from shared.store.client import Document
from shared.store.suppressions import Suppressions
from tests.chaos.judge import PromiseBroken
from tests.chaos.machine import Machine
from tests.chaos.play import Ground
from tests.chaos.scope import Scope
from tests.chaos.stepping import Actor

#: Histories in which a fault must show.
ENOUGH = 500
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
            "life",
            # whoever stands still goes on when all else has happened
            "go on",
            "much life",
        }
    ),
)


def with_(*rules: str) -> frozenset[str]:
    """What is left out, but for these."""
    return PLAIN.without - {*rules}


def unique_permits(patch: pytest.MonkeyPatch, ground: Ground) -> None:
    """The database lets two permits share a person, and nobody counts them before a send."""
    patch.setattr(prepare, "unclaimed", lambda *_: None)
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
    add, touch = Suppressions.add, Cases.touch
    late: dict[object, list[tuple[Suppressions, Sequence[Document]]]] = defaultdict(list)

    async def add_later(self: Suppressions, documents: Sequence[Document]) -> None:
        late[asyncio.current_task()].append((self, documents))

    async def touch_first(self: Cases, keys: Group[str], ids: Group[str] = ()) -> list[Document]:
        touched = await touch(self, keys, ids)
        for suppressions, documents in late.pop(asyncio.current_task(), []):
            await add(suppressions, documents)
        return touched

    patch.setattr(Suppressions, "add", add_later)
    patch.setattr(Cases, "touch", touch_first)


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

    patch.setattr(events, "case_id", drawn)


def signature(patch: pytest.MonkeyPatch, ground: Ground) -> None:
    """Every permit passes for policy's."""

    def believe(self: Verifier, signed: SignedDecision) -> Decision:
        return signed.decision

    patch.setattr(Verifier, "verify", believe)


def waits(*hours: float) -> tuple[timedelta, ...]:
    """Times that pass."""
    return tuple(timedelta(hours=number) for number in hours)


class Search(NamedTuple):
    """What is taken out, among which histories its absence is looked for, and where drawing them begins.

    From any beginning it is found; from this one soon, so that not every run has to search for long.
    """

    remove: Remove
    scope: Scope
    seed: int


SEARCHES: dict[str, Search] = {
    "unique permits": Search(unique_permits, PLAIN, seed=51),
    "rev guard": Search(
        rev_guard,
        replace(
            PLAIN,
            round_pauses=(None, "channel.finish"),
            finishes=((False, Deferred("451 later")),),
            without=with_("withdraw", "mail", "life"),
        ),
        seed=1,
    ),
    "compare and set": Search(
        compare_and_set,
        replace(PLAIN, round_pauses=(None, "channel.begin"), waits=waits(3), without=with_("life")),
        seed=5,
    ),
    "last look": Search(
        last_look,
        replace(
            PLAIN,
            stop_ids=("profile",),
            stops=("opt_out",),
            link_pauses=("cases.update_many",),
            without=with_("stop", "link"),
        ),
        seed=23,
    ),
    "suppression before touch": Search(
        stop_before_touch,
        replace(
            PLAIN,
            stops=("opt_out",),
            stop_pauses=("suppressions.insert_many",),
            round_pauses=("channel.begin",),
            without=with_("stop", "life"),
        ),
        seed=11,
    ),
    "uncertain is final": Search(
        uncertainty,
        replace(PLAIN, finishes=((True, Unknown("broke")),), waits=waits(3), without=with_("mail")),
        seed=7,
    ),
    "derived ids": Search(derived_ids, replace(PLAIN, without=with_("double")), seed=1),
    "signature": Search(signature, replace(PLAIN, who=("company",), without=with_("forge")), seed=4),
}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", SEARCHES)
def test_a_protocol_without_one_safeguard_breaks_a_promise(
    name: str,
    ground: Ground,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Found within a bounded number of histories."""
    found = SEARCHES[name]
    found.remove(monkeypatch, ground)

    class Searched(Machine):
        pass

    Searched.ground, Searched.scope = ground, found.scope
    with pytest.raises(PromiseBroken):
        search(seed(found.seed)(Searched))
    sys.stdout.write(f"without {name}: found in history {ground.histories}\n")


@pytest.mark.timeout(400)
@pytest.mark.parametrize("name", SEARCHES)
def test_with_the_safeguard_the_same_search_finds_nothing(name: str, ground: Ground) -> None:
    """So what was found above is the safeguard's absence, and not the search's own doing."""

    class Searched(Machine):
        pass

    Searched.ground, Searched.scope = ground, SEARCHES[name].scope
    search(Searched, histories=15)
    assert Searched.scope.pauses() <= Actor.met


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
