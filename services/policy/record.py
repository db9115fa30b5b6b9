"""Facts into the store: who is meant, what was said, what it forbids. Everything is idempotent by the
event's id.

Facts are written before any case is judged, and cases are judged on what is read after. So of a fact and
a decision that race, at least one sees the other (see ``Cases.touch``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.policy.changes import LONG_AGO
from services.policy.contrary import stop_in, takes_back
from services.policy.filing import Filing, Subject
from services.policy.hearing import Heard
from services.policy.inbox import Inbox
from services.policy.lookups import Lookups
from services.policy.memory import Memory
from services.policy.outcomes import Outcomes
from services.policy.renewal import Changed, Renewal
from services.policy.stopping import Stopping, scope_of, stop_kind
from shared import events
from shared.clock import Clock
from shared.events import Event
from shared.identity import scoped
from shared.states import State
from shared.store import cases as case_store
from shared.store import people as people_store
from shared.store.client import Database, Document
from shared.store.people import Identity
from shared.store.suppressions import EVERYONE, fingerprint_of
from shared.vault import Vault

#: Reports about a letter. Anybody can write one, but only who got the letter knows its case.
_REPORTS = (events.ComplaintReceived, events.BounceReceived)
#: What names a case that need not be there yet, and no person.
_OF_CASES = (events.DeclineWithdrawn, events.LookupEnded)
_OUT = frozenset({State.SENDING, State.SENT, State.UNCERTAIN})


@dataclass(slots=True)
class Recorded:
    """What became of a set of facts: cases to judge and the event behind each, repeats, what could not be
    used, reports about letters that were never sent, and of each erasure all keys that it reached.

    Events that say otherwise under an id which came before are told by their place among all, as are those
    that came at the same moment as another of their id. `heeded`: the id by which one is obeyed even so.
    """

    causes: dict[str, str] = field(default_factory=dict)
    repeats: set[str] = field(default_factory=set)
    conflicts: set[int] = field(default_factory=set)
    raced: set[int] = field(default_factory=set)
    heeded: dict[int, str] = field(default_factory=dict)
    unusable: dict[str, str] = field(default_factory=dict)
    unfounded: set[str] = field(default_factory=set)
    forgotten: list[tuple[Event, frozenset[str]]] = field(default_factory=list)


class Recorder:
    """Writes sets of inbound events."""

    def __init__(self, database: Database, filing: Filing, vault: Vault, clock: Clock) -> None:
        self._inbox = Inbox(database)
        self._memory = Memory(database)
        self._lookups = Lookups(database)
        self._outcomes = Outcomes(database)
        self._people = people_store.People(database)
        self._cases = case_store.Cases(database)
        self._stopping = Stopping(database, clock)
        self._filing = filing
        self._renewal = Renewal(database, vault)
        self._clock = clock

    async def record(self, arrived: Sequence[Event]) -> Recorded:
        """Writes what these events say and returns which cases they bear on."""
        recorded = Recorded()
        fresh = await self._accept(arrived, recorded)
        subjects = await self._subjects(fresh, recorded)
        usable = [event for event in fresh if event.id in subjects or isinstance(event.data, _OF_CASES)]
        cards = await self._cards(usable, subjects)
        stored = await self._inbox.take_in([self._filing.filed(event, subjects, cards) for event in usable])
        recorded.raced = {
            place
            for place, event in enumerate(arrived)
            if place not in recorded.conflicts and stored.get(event.id, event.digest) != event.digest
        }
        usable = [event for event in usable if stored[event.id] == event.digest]
        heard = {event.id: self._filing.heard(event) for event in usable}
        entries = [self._filing.remembered(event, subjects, heard[event.id]) for event in usable]
        await self._memory.remember([entry for entry in entries if entry is not None])
        declines = [event for event in usable if event.kind == "decline.received"]
        await self._cases.open([self._filing.opened(event, subjects, heard[event.id]) for event in declines])
        contrary = [arrived[place] for place in sorted(recorded.conflicts) if takes_back(arrived[place])]
        await self._touch(usable, subjects, heard, cards, contrary, recorded)
        return recorded

    async def _accept(self, arrived: Sequence[Event], recorded: Recorded) -> list[Event]:
        known = await self._inbox.known({event.id for event in arrived})
        recorded.repeats = set(known)
        first: dict[str, Event] = {}
        for place, event in enumerate(arrived):
            if known.setdefault(event.id, event.digest) == event.digest:
                first.setdefault(event.id, event)
            else:
                recorded.conflicts.add(place)
        contrary = {place: arrived[place] for place in sorted(recorded.conflicts)}
        conflicts = [(event, known[event.id]) for event in contrary.values()]
        await self._inbox.conflict(conflicts, self._clock.now())
        stops: list[Event] = []
        for place, event in contrary.items():
            if (stop := stop_in(event, self._filing.heard(event))) is not None:
                recorded.heeded[place] = stop.id
                stops.append(stop)
            elif takes_back(event):
                recorded.heeded[place] = event.id
        if stops:
            recorded.repeats |= set(await self._inbox.known({stop.id for stop in stops}))
        return [*first.values(), *stops]

    async def _subjects(self, fresh: Sequence[Event], recorded: Recorded) -> dict[str, Subject]:
        named = {event.id: case for event in fresh if (case := getattr(event.data, "case", None))}
        cases = await self._cases.by_ids(named.values())
        subjects: dict[str, Subject] = {}
        for event in fresh:
            if isinstance(event.data, _OF_CASES):
                continue
            case = cases.get(named.get(event.id, ""))
            own = case if case is not None and case["tenant"] == event.tenant else None
            unsent = event.id in named and isinstance(event.data, _REPORTS) and not _was_sent(own)
            subject = self._subject(event, None if unsent else own)
            if subject is not None:
                subjects[event.id] = subject
            elif unsent:
                recorded.unfounded.add(event.id)
            elif event.id in named:
                recorded.unusable[event.id] = "names a case that is not there"
            else:
                recorded.unusable[event.id] = (
                    "names nobody: no usable e-mail address, profile, phone number or id"
                )
        return subjects

    def _subject(self, event: Event, case: Document | None) -> Subject | None:
        """Whom an event is about: the person of the case that it names, else the person that it names."""
        keys = self._filing.keys(event)
        if case is not None:
            # whoever answers a letter may do so from another address: both are let alone, neither is linked
            return Subject(frozenset(case["keys"]) | keys, None)
        return Subject(keys, people_store.card_id(event.tenant, keys)) if keys else None

    async def _cards(self, usable: Sequence[Event], subjects: Mapping[str, Subject]) -> dict[str, Document]:
        known = await self._people.by_ids(subject.card for subject in subjects.values() if subject.card)
        new: dict[str, Document] = {}
        for event in usable:
            subject = subjects.get(event.id)
            if subject is not None and subject.card and subject.card not in known and subject.card not in new:
                new[subject.card] = self._filing.card(event, subject)
        return known | await self._people.add(list(new.values()))

    async def _touch(
        self,
        usable: Sequence[Event],
        subjects: Mapping[str, Subject],
        heard: Mapping[str, Heard],
        cards: Mapping[str, Document],
        contrary: Sequence[Event],
        recorded: Recorded,
    ) -> None:
        identities = await self._people.identities(
            {event.id: subjects[event.id].keys for event in usable if event.id in subjects}
        )
        reach = {event_id: identity.keys for event_id, identity in identities.items()}
        kinds = ((event, stop_kind(event, heard[event.id])) for event in usable)
        ends = await self._outcomes.of_stops([(event, kind) for event, kind in kinds if kind], reach)
        withdrawn = await self._stopping.stop(usable, heard, reach, contrary)
        named = await self._lookups.add(usable) | withdrawn
        recorded.forgotten = [
            (event, reach[event.id]) for event in usable if event.kind == "erasure.requested"
        ]
        await self._outcomes.add(ends)
        await self._renew(usable, subjects, identities, cards)
        for event_id, elsewhere in (await self._elsewhere(usable, reach)).items():
            reach[event_id] |= elsewhere
        keys = frozenset().union(*reach.values())
        owner = {key: event_id for event_id, reached in reach.items() for key in reached}
        for case in await self._cases.touch(keys, named):
            cause = named.get(case["_id"]) or next(owner[key] for key in case["keys"] if key in owner)
            recorded.causes[case["_id"]] = cause
        own = {events.case_id(event.id): event.id for event in usable if event.kind == "decline.received"}
        recorded.causes |= own

    async def _renew(
        self,
        usable: Sequence[Event],
        subjects: Mapping[str, Subject],
        identities: Mapping[str, Identity],
        cards: Mapping[str, Document],
    ) -> None:
        """Brings cards up to date: by what changed, and those that lack it by what changed before.

        Of identifiers that lead to more people than one nobody knows whose details these are.
        """
        people: list[Changed] = []
        late: set[str] = set()
        older: dict[str, datetime] = {}
        for event in usable:
            subject = subjects.get(event.id)
            if subject is None or not subject.card:
                continue
            known = identities[event.id]
            erased_at = known.erased_at or LONG_AGO
            made_at: datetime | None = cards[subject.card].get("at")
            if made_at is not None and made_at <= erased_at:
                late.add(subject.card)
                continue
            if made_at is not None and erased_at < event.time < made_at:
                older[subject.card] = min(event.time, older.get(subject.card, made_at))
            words = self._filing.changes(event, subject)
            if not known.tangled and (words or known.changed):
                people.append(Changed(subject.keys, words))
        # what was under way when its person was erased brings nothing back
        await self._people.destroy_cards(late, self._clock.now())
        await self._people.date_back(older)
        await self._renewal.renew(people)

    async def _elsewhere(
        self, usable: Sequence[Event], reach: Mapping[str, frozenset[str]]
    ) -> dict[str, frozenset[str]]:
        """The keys at all tenants with open cases of whoever wants to hear from nobody at all, by event."""
        wide = [event.id for event in usable if event.id in reach and scope_of(event) == EVERYONE]
        if not wide:
            return {}
        tenants = await self._cases.open_tenants()
        starts = {
            (event_id, tenant): frozenset(scoped(tenant, fingerprint_of(key)) for key in reach[event_id])
            for event_id in wide
            for tenant in tenants
        }
        found = await self._people.identities({"\0".join(name): keys for name, keys in starts.items()})
        return {
            event_id: frozenset().union(*(found[f"{event_id}\x00{tenant}"].keys for tenant in tenants))
            for event_id in wide
        }


def _was_sent(case: Document | None) -> bool:
    """Whether the letter of this case may have reached anybody, so that somebody can report on it."""
    return case is not None and State(case["state"]) in _OUT
