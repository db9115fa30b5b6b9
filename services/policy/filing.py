"""Facts as documents: what is stored of an event, and how much of it is sealed. Reads and writes nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.policy.changes import Words, told_by
from services.policy.hearing import Heard, Hearing
from services.policy.mappings import kept
from services.policy.memory import Part
from services.policy.stopping import DESK
from services.policy.wording import wording
from shared import events
from shared.cards import seal_details
from shared.events import Event
from shared.identity import Fingerprints, scoped
from shared.sample import is_sample
from shared.store import cases as case_store
from shared.store import people as people_store
from shared.store.client import Document
from shared.vault import Vault

#: Stands for the kind of a source where the event does not tell.
UNTOLD = "untold"
_COMPARED = frozenset({"decline", "outreach"})


@dataclass(frozen=True, slots=True)
class Subject:
    """The person an event is about: the keys that it names, and the card that they make."""

    keys: frozenset[str]
    card: str | None


class Filing:
    """Makes the documents of events."""

    def __init__(self, fingerprints: Fingerprints, vault: Vault, hearing: Hearing) -> None:
        self._fingerprints = fingerprints
        self._vault = vault
        self._hearing = hearing

    def keys(self, event: Event) -> frozenset[str]:
        """The tenant-scoped fingerprints of the person that an event names; empty where it names nobody."""
        return frozenset(
            scoped(event.tenant, print_)
            for person in events.people_of(event.data)
            for print_ in self._fingerprints.of(person, event.source)
        )

    def heard(self, event: Event) -> Heard:
        """What the text of an event says."""
        return self._hearing.of(event.data)

    def card(self, event: Event, subject: Subject) -> Document:
        """The card of a person, under a data key of its own."""
        data_key = self._vault.new_data_key()
        person = getattr(event.data, "person")  # noqa: B009 - only events that name a person have a card
        card = people_store.card_id(event.tenant, subject.keys)
        made: Document = {
            "_id": card,
            "tenant": event.tenant,
            "keys": sorted(subject.keys),
            "at": event.time,
            "data_key": data_key,
            "erased_at": None,
        }
        details = self._hearing.fit(person).model_dump(mode="json", exclude_none=True)
        return {**made, "sealed": seal_details(details, made, self._vault)}

    def changes(self, event: Event, subject: Subject) -> Words:
        """What an event says is otherwise of its person by now."""
        if not isinstance(event.data, events.PersonChanged):
            return {}
        return told_by(event, self._hearing.fit(event.data.person), subject.keys)

    def filed(self, event: Event, subjects: Mapping[str, Subject], cards: Mapping[str, Document]) -> Document:
        """What the inbox keeps of an event; its text only sealed, and not at all where the person was
        erased.
        """
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

    def remembered(
        self, event: Event, subjects: Mapping[str, Subject], heard: Heard
    ) -> tuple[Part, Iterable[str], Document] | None:
        """What is remembered of an event under its person's keys, and in which part of the memory."""
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
                        "team": self._team(event),
                        **self._words(event),
                        **heard.stored(),
                    },
                )
            case events.DeclineReceived(who=who) as decline:
                declined = {**base, "case": events.case_id(event.id), "who": who}
                if decline.reading is not None:  # it may be read otherwise one day
                    declined |= {"tenant": event.tenant, "source": event.source, "reading": kept(decline)}
                return "declines", subjects[event.id].keys, declined
            case events.PersonChanged(formerly=(_, *_)):
                return "merges", subjects[event.id].keys, base
            case events.PreferenceSet(follow_up=follow_up, not_before=not_before):
                return (
                    "wishes" if event.source == DESK else "preferences",
                    subjects[event.id].keys,
                    {**base, "follow_up": follow_up, "not_before": not_before},
                )
            case _:
                return None

    def opened(self, event: Event, subjects: Mapping[str, Subject], heard: Heard) -> Document:
        """The case that a decline opens."""
        decline, subject = event.data, subjects[event.id]
        assert isinstance(decline, events.DeclineReceived)  # noqa: S101 - chosen by kind
        fields = {
            "tenant": event.tenant,
            "source": event.source,
            "source_kind": event.sourcekind or UNTOLD,
            "keys": sorted(subject.keys),
            "card": subject.card,
            "recruiter": self._recruiter(event),
            "team": self._team(event),
            "declined_at": event.time,
            "who": decline.who,
            "stage": decline.stage,
            "reason": decline.reason,
            "reading": kept(decline),
            "digest": event.digest,
            "traceparent": event.traceparent,
            **({"sample": True} if is_sample(decline.person) else {}),
            "lookup": bool(event.lookup),
            **self._words(event),
            **heard.stored(),
        }
        return case_store.opened(
            events.case_id(event.id), event.receivedat, by=event.source, event_id=event.id, fields=fields
        )

    def _words(self, event: Event) -> Document:
        """What was said to many or by many is told by its fingerprint; replies may well be alike."""
        form = wording(getattr(event.data, "text", None)) if _counts_as(event) in _COMPARED else None
        return {"words": self._fingerprints.words(form, event.tenant)} if form else {}

    def _recruiter(self, event: Event) -> str | None:
        recruiter = getattr(event.data, "recruiter", None)
        return self._fingerprints.recruiter(recruiter, event.tenant, event.source) if recruiter else None

    def _team(self, event: Event) -> str | None:
        recruiter = getattr(event.data, "recruiter", None)
        return self._fingerprints.team(recruiter.team, event.tenant) if recruiter else None


def _counts_as(event: Event) -> str | None:
    if any(map(is_sample, events.people_of(event.data))):
        return None  # a test of a source counts for nobody
    if isinstance(event.data, events.InteractionRecorded):
        return event.data.direction
    return "decline" if isinstance(event.data, events.DeclineReceived) else None
