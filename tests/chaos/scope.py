"""What a history may be drawn from: people and their names, wishes, pauses, faults and waits."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from hypothesis import strategies as st

from services.notifier.handover import Accepted, Deferred, Refused, Unknown
from shared import events
from tests.chaos.stepping import Fault
from tests.chaos.world import TENANTS

Ids = Literal["email", "tagged", "profile", "both"]
#: What can be waited for, so that another comes in between.
FACT_PAUSES = (
    *("events.find", "people.find", "people.bulk_write", "events.insert_many", "memory.bulk_write"),
    *("cases.insert_many", "suppressions.insert_many", "withdrawals.insert_many", "cases.update_many"),
    *("cases.find", "suppressions.find", "permits.find", "permits.insert_many", "cases.bulk_write"),
    *("publish", "ack"),
)
ROUND_PAUSES = (
    *("cases.find", "cases.update_many", "people.find", "suppressions.find", "permits.find", "channel.begin"),
    *("cases.bulk_write", "channel.finish", "channel.finished", "publish"),
)
WAITS = (
    timedelta(minutes=1),
    timedelta(minutes=3),
    timedelta(hours=3),
    timedelta(days=3),
    timedelta(days=181),
)
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

    def pauses(self) -> set[str]:
        """All operations before which somebody may be made to stand."""
        groups = (self.fact_pauses, self.round_pauses, self.stop_pauses or (), self.link_pauses or ())
        return {name for group in groups for name in group if name is not None}


def named(name: str, ids: Ids) -> events.Person:
    """A person by their address, an alias of it, their profile, or both address and profile."""
    email = {"email": f"{name}@outlook.com", "tagged": f"{name.title()}+jobs@outlook.com", "profile": None}
    profile = (f"https://www.linkedin.com/in/{name}",) if ids in {"profile", "both"} else ()
    return events.Person(email=email.get(ids, f"{name}@outlook.com"), profile_urls=profile)


def somebody(data: st.DataObject, scope: Scope) -> events.Person:
    """Anybody of the scope, by any name."""
    name, ids = data.draw(st.sampled_from(scope.people)), data.draw(st.sampled_from(scope.ids))
    return named(name, ids)
