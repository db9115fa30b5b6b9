"""What the candidates and platforms of a history said, and what of it the services have acknowledged."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from shared import events
from shared.events import Event, case_id


@dataclass(frozen=True, slots=True)
class Stop:
    """A word after which no send may begin: on one case, or on identifiers (at a tenant; None: anywhere)."""

    tenant: str | None
    ids: frozenset[str]
    case: str | None
    answered: int


@dataclass(slots=True)
class Declared:
    """A decline that was taken in: its case, tenant and the identifiers it names."""

    case: str
    tenant: str
    ids: frozenset[str]


@dataclass(slots=True)
class Model:
    """The order of things, by counting."""

    count: int = 0
    declines: dict[str, Declared] = field(default_factory=dict)
    stops: list[Stop] = field(default_factory=list)
    links: list[tuple[int, str, frozenset[str]]] = field(default_factory=list)

    def tick(self) -> int:
        """The next moment."""
        self.count += 1
        return self.count

    def declare(self, event: Event) -> None:
        """A decline was taken in: from now on it must come to an end."""
        case = case_id(event.id)
        self.declines[case] = Declared(case, event.tenant, ids_of(event))

    def acknowledge(self, event: Event, case_ids: frozenset[str]) -> None:
        """An event was handled and its sender, if one waits, answered."""
        ids = ids_of(event) or case_ids
        if ids_of(event):
            self.links.append((self.tick(), event.tenant, ids))
        stop = self._stop(event, ids)
        if stop is not None:
            self.stops.append(stop)

    def _stop(self, event: Event, ids: frozenset[str]) -> Stop | None:
        now = self.tick()
        match event.data:
            case events.DeclineWithdrawn(decline=decline):
                source = event.source.removeprefix("/sources/")
                withdrawn = case_id(events.event_id(event.tenant, source, decline))
                return Stop(event.tenant, frozenset(), withdrawn, now)
            case events.ReviewDecided(case=case, decision="cancel"):
                return Stop(event.tenant, frozenset(), case, now)
            case events.OptOutReceived(scope="installation") if event.source == "/desk":
                return Stop(None, ids, None, now)
            case (
                events.OptOutReceived()
                | events.ComplaintReceived()
                | events.ErasureRequested()
                | events.BounceReceived(permanent=True)
                | events.PreferenceSet(follow_up=False)
            ):
                return Stop(event.tenant, ids, None, now)
            case _:
                return None

    def against(self, case: str, known: Iterable[frozenset[str]], began: int) -> Stop | None:
        """A stop that was answered before this send began and forbids it."""
        declared = self.declines[case]
        for stop in self.stops:
            if stop.answered >= began:
                continue
            if stop.case == case:
                return stop
            if stop.tenant in {None, declared.tenant} and stop.ids & self.person(case, known, began):
                return stop
        return None

    def person(self, case: str, known: Iterable[frozenset[str]], began: int) -> frozenset[str]:
        """All identifiers of a case's person, as far as had been said by then, or is ``known`` besides."""
        declared = self.declines[case]
        links = [ids for at, tenant, ids in self.links if at < began and tenant == declared.tenant]
        links += known
        person = set(declared.ids)
        while True:
            more = set().union(*(ids for ids in links if ids & person)) - person
            if not more:
                return frozenset(person)
            person |= more


def ids_of(event: Event) -> frozenset[str]:
    """The identifiers that an event names; an address counts without what follows a plus sign."""
    person: events.Person | None = getattr(event.data, "person", None)
    if person is None:
        return frozenset()
    email = {person.email.replace("+jobs", "").lower()} if person.email else set[str]()
    return frozenset(email | set(person.profile_urls))
