"""Facts into the store: who is meant, what was said, what it forbids. Everything is idempotent by the
event's id.

Facts are written before any case is judged, and cases are judged on what is read after. So of a fact and
a decision that race, at least one sees the other (see ``Cases.touch``).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from services.policy.inbox import Inbox
from services.policy.memory import Memory, Part
from services.policy.outcomes import Outcomes
from services.policy.withdrawals import Withdrawals
from services.policy.wording import wording
from shared import events
from shared.clock import Clock
from shared.events import Event
from shared.identity import Fingerprints, scoped
from shared.store import cases as case_store
from shared.store import people as people_store
from shared.store.client import Database, Document
from shared.store.suppressions import EVERYONE, Kind, Suppressions, fingerprint_of, suppression
from shared.vault import Vault

_STOP_KINDS: Mapping[str, Kind] = {
    "opt_out.received": "opt_out",
    "complaint.received": "complaint",
    "erasure.requested": "erasure",
    "bounce.received": "bounce",
}
DESK = "/desk"
_COMPARED = frozenset({"decline", "outreach"})


@dataclass(slots=True)
class Recorded:
    """What became of a set of facts: cases to judge and the event behind each, repeats, and what could not
    be used.
    """

    causes: dict[str, str] = field(default_factory=dict)
    repeats: set[str] = field(default_factory=set)
    conflicts: set[int] = field(default_factory=set)
    unusable: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Subject:
    """The person an event is about: the keys that it names, and the card that they make."""

    keys: frozenset[str]
    card: str | None


class Recorder:
    """Writes sets of inbound events."""

    def __init__(self, database: Database, fingerprints: Fingerprints, vault: Vault, clock: Clock) -> None:
        self._inbox = Inbox(database)
        self._memory = Memory(database)
        self._withdrawals = Withdrawals(database)
        self._outcomes = Outcomes(database)
        self._people = people_store.People(database)
        self._suppressions = Suppressions(database)
        self._cases = case_store.Cases(database)
        self._fingerprints = fingerprints
        self._vault = vault
        self._clock = clock

    async def record(self, arrived: Sequence[Event]) -> Recorded:
        """Writes what these events say and returns which cases they bear on."""
        recorded = Recorded()
        fresh = await self._accept(arrived, recorded)
        subjects = await self._subjects(fresh, recorded)
        usable = [event for event in fresh if event.id not in recorded.unusable]
        cards = await self._cards(usable, subjects)
        stored = await self._inbox.take_in([self._filed(event, subjects, cards) for event in usable])
        raced = [event for event in usable if stored[event.id] != event.digest]
        await self._inbox.conflict([(event, stored[event.id]) for event in raced], self._clock.now())
        slipped = {(event.id, event.digest) for event in raced}
        recorded.conflicts |= {
            place for place, event in enumerate(arrived) if (event.id, event.digest) in slipped
        }
        usable = [event for event in usable if stored[event.id] == event.digest]
        await self._memory.remember(
            [entry for event in usable if (entry := self._remembered(event, subjects)) is not None]
        )
        await self._cases.open(
            [self._opened(event, subjects) for event in usable if event.kind == "decline.received"]
        )
        await self._touch(usable, subjects, recorded)
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
        conflicts = [(arrived[place], known[arrived[place].id]) for place in sorted(recorded.conflicts)]
        await self._inbox.conflict(conflicts, self._clock.now())
        return list(first.values())

    async def _subjects(self, fresh: Sequence[Event], recorded: Recorded) -> dict[str, Subject]:
        named = {event.id: case for event in fresh if (case := getattr(event.data, "case", None))}
        cases = await self._cases.by_ids(named.values())
        subjects: dict[str, Subject] = {}
        for event in fresh:
            if isinstance(event.data, events.DeclineWithdrawn):
                continue
            if event.id in named:
                case = cases.get(named[event.id])
                if case is None or case["tenant"] != event.tenant:
                    recorded.unusable[event.id] = "names a case that is not there"
                else:
                    subjects[event.id] = Subject(frozenset(case["keys"]), None)
                continue
            keys = self._keys(event)
            if not keys:
                recorded.unusable[event.id] = (
                    "names nobody: no usable e-mail address, profile, phone number or id"
                )
            else:
                subjects[event.id] = Subject(keys, people_store.card_id(event.tenant, keys))
        return subjects

    def _keys(self, event: Event) -> frozenset[str]:
        person = getattr(event.data, "person", None)
        if person is None:
            return frozenset()
        return frozenset(
            scoped(event.tenant, print_) for print_ in self._fingerprints.of(person, event.source)
        )

    async def _cards(self, usable: Sequence[Event], subjects: Mapping[str, Subject]) -> dict[str, Document]:
        known = await self._people.by_ids(subject.card for subject in subjects.values() if subject.card)
        new: dict[str, Document] = {}
        for event in usable:
            subject = subjects.get(event.id)
            if subject is not None and subject.card and subject.card not in known and subject.card not in new:
                new[subject.card] = self._card(event, subject)
        return known | await self._people.add(list(new.values()))

    def _card(self, event: Event, subject: Subject) -> Document:
        data_key = self._vault.new_data_key()
        person = getattr(event.data, "person")  # noqa: B009 - only events that name a person have a card
        card = people_store.card_id(event.tenant, subject.keys)
        details = person.model_dump_json(exclude_none=True).encode()
        return {
            "_id": card,
            "tenant": event.tenant,
            "keys": sorted(subject.keys),
            "data_key": data_key,
            "sealed": self._vault.open(data_key).seal(details, card.encode()),
            "erased_at": None,
        }

    def _filed(
        self, event: Event, subjects: Mapping[str, Subject], cards: Mapping[str, Document]
    ) -> Document:
        subject = subjects.get(event.id)
        card = cards.get(subject.card) if subject is not None and subject.card else None
        text = getattr(event.data, "text", None)
        sealed = (
            self._vault.open(card["data_key"]).seal(text.encode(), event.id.encode())
            if card and text and card["data_key"]
            else None
        )
        return {
            "_id": event.id,
            "tenant": event.tenant,
            "source": event.source,
            "type": event.type,
            "digest": event.digest,
            "at": event.time,
            "received_at": event.receivedat,
            "card": card["_id"] if card else None,
            "sealed": sealed,
            "recruiter": self._recruiter(event),
            "counts_as": _counts_as(event),
            **self._words(event),
        }

    def _words(self, event: Event) -> Document:
        """What was said to many or by many is told by its fingerprint; replies may well be alike."""
        form = wording(getattr(event.data, "text", None)) if _counts_as(event) in _COMPARED else None
        return {"words": self._fingerprints.words(form, event.tenant)} if form else {}

    def _recruiter(self, event: Event) -> str | None:
        recruiter = getattr(event.data, "recruiter", None)
        return self._fingerprints.recruiter(recruiter, event.tenant, event.source) if recruiter else None

    def _remembered(
        self, event: Event, subjects: Mapping[str, Subject]
    ) -> tuple[Part, Iterable[str], Document] | None:
        base: Document = {"id": event.id, "at": event.time, "recruiter": self._recruiter(event)}
        match event.data:
            case events.InteractionRecorded(direction=direction, channel=channel):
                return (
                    "messages",
                    subjects[event.id].keys,
                    {
                        **base,
                        "direction": direction,
                        "channel": channel,
                        "source": event.source,
                        **self._words(event),
                    },
                )
            case events.DeclineReceived():
                return "declines", subjects[event.id].keys, {**base, "case": events.case_id(event.id)}
            case events.PreferenceSet(follow_up=follow_up, not_before=not_before):
                return (
                    "preferences",
                    subjects[event.id].keys,
                    {**base, "follow_up": follow_up, "not_before": not_before},
                )
            case _:
                return None

    def _opened(self, event: Event, subjects: Mapping[str, Subject]) -> Document:
        decline, subject = event.data, subjects[event.id]
        assert isinstance(decline, events.DeclineReceived)  # noqa: S101 - chosen by kind
        fields = {
            "tenant": event.tenant,
            "source": event.source,
            "source_kind": "standard",
            "keys": sorted(subject.keys),
            "card": subject.card,
            "recruiter": self._recruiter(event),
            "declined_at": event.time,
            "who": decline.who,
            "stage": decline.stage,
            "reason": decline.reason,
            "digest": event.digest,
            "traceparent": event.traceparent,
            **self._words(event),
        }
        return case_store.opened(
            events.case_id(event.id), event.receivedat, by=event.source, event_id=event.id, fields=fields
        )

    async def _touch(
        self, usable: Sequence[Event], subjects: Mapping[str, Subject], recorded: Recorded
    ) -> None:
        identities = await self._people.identities(
            {event.id: subjects[event.id].keys for event in usable if event.id in subjects}
        )
        reach = {event_id: identity.keys for event_id, identity in identities.items()}
        stops = [event for event in usable if event.kind in _STOP_KINDS and not _passing_bounce(event)]
        ends = await self._outcomes.of_stops(stops, reach)
        withdrawn = await self._stop(usable, reach)
        await self._outcomes.add(ends)
        keys = frozenset().union(*reach.values())
        owner = {key: event_id for event_id, reached in reach.items() for key in reached}
        for case in await self._cases.touch(keys, withdrawn):
            cause = withdrawn.get(case["_id"]) or next(owner[key] for key in case["keys"] if key in owner)
            recorded.causes[case["_id"]] = cause
        own = {events.case_id(event.id): event.id for event in usable if event.kind == "decline.received"}
        recorded.causes |= own

    async def _stop(self, usable: Sequence[Event], reach: Mapping[str, frozenset[str]]) -> dict[str, str]:
        """Puts stops in force. Returns the cases that were taken back, with the event behind each."""
        withdrawn: dict[str, str] = {}
        suppressions: list[Document] = []
        for event in usable:
            if isinstance(event.data, events.DeclineWithdrawn):
                source = event.source.removeprefix("/sources/")
                declined = events.event_id(event.tenant, source, event.data.decline)
                withdrawn[events.case_id(declined)] = event.id
            elif (kind := _STOP_KINDS.get(event.kind)) and not _passing_bounce(event):
                scope = _scope(event)
                fingerprints = {fingerprint_of(key) for key in reach[event.id]}
                suppressions += [
                    suppression(scope, fp, kind, event.time, event.id) for fp in sorted(fingerprints)
                ]
        await self._suppressions.add(suppressions)
        at = {event.id: event.time for event in usable}
        await self._withdrawals.add(
            [{"_id": case, "at": at[by], "event_id": by} for case, by in withdrawn.items()]
        )
        for event in usable:
            if event.kind == "erasure.requested":
                await self._people.destroy(reach[event.id], self._clock.now())
                await self._memory.forget(reach[event.id])
        return withdrawn


def _passing_bounce(event: Event) -> bool:
    return isinstance(event.data, events.BounceReceived) and not event.data.permanent


def _scope(event: Event) -> str:
    """Only the candidate's own word, taken by the desk, holds beyond the tenant whose source reported it."""
    everywhere = isinstance(event.data, events.OptOutReceived) and event.data.scope == "installation"
    return EVERYONE if everywhere and event.source == DESK else event.tenant


def _counts_as(event: Event) -> str | None:
    if isinstance(event.data, events.InteractionRecorded):
        return event.data.direction
    return "decline" if isinstance(event.data, events.DeclineReceived) else None
