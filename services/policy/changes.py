"""What a source knows otherwise of a person by now: field by field the newest word, in whatever order words
come and however often. Reads and writes nothing.

A word is about the candidate whom the source calls by its own id, and reaches the cards that carry this id.
People who share a phone or a mailbox are one when it is about silence, but a letter must not go to the other.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from shared.events import Event, Person
from shared.identity import is_external_id, is_phone
from shared.store.client import Document

#: What a letter and its hour need, and what tells who it is. The source's own id stays each card's own.
FIELDS = ("name", "email", "phone", "region", "timezone")
#: Before anything here happened; the date of a card that was made before cards were dated.
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, order=True)
class Word:
    """What one event said of one field of whoever goes by one of the keys in ``about``."""

    at: datetime
    event_id: str
    value: str
    about: tuple[str, ...] = field(compare=False)

    def reaches(self, card: Document) -> bool:
        """Whether it speaks of the person of this card, and not of an older state than the card's own.

        Who comes by other identifiers after a change was reported with what they have now.
        """
        return self.at >= (card.get("at") or LONG_AGO) and not set(self.about).isdisjoint(card["keys"])


Words = Mapping[str, Word]


def told_by(event: Event, person: Person, keys: Iterable[str]) -> Words:
    """What a change tells of the person of these keys; what it leaves out stays as it was."""
    named = sorted(keys)
    # without an id of the source's own a mailbox or a profile has to do; a phone is shared too often
    about = tuple(filter(is_external_id, named)) or tuple(key for key in named if not is_phone(key))
    said = {name: getattr(person, name) for name in FIELDS}
    return {
        name: Word(event.time, event.id, value, about) for name, value in said.items() if value is not None
    }


def said_in(card: Document, details: Mapping[str, str]) -> Words:
    """What changes have told that lies in a card, whose details are given in clear."""
    return {
        name: Word(by["at"], by["event_id"], details[name], tuple(by["about"]))
        for name, by in card.get("changed", {}).items()
        if name in details
    }


def lacking(card: Document, told: Iterable[Words]) -> dict[str, Word]:
    """The newest of these words on each field, as far as they reach the card and it has nothing as new."""
    has = {name: (by["at"], by["event_id"]) for name, by in card.get("changed", {}).items()}
    newest: dict[str, Word] = {}
    for words in told:
        for name, word in words.items():
            if word.reaches(card) and (name not in has or (word.at, word.event_id) > has[name]):
                newest[name] = max(word, newest.get(name, word))
    return newest


def changed(card: Document, words: Words) -> Document:
    """When the fields of a card changed and by which event, with these words taken in."""
    marks = {
        name: {"at": word.at, "event_id": word.event_id, "about": list(word.about)}
        for name, word in words.items()
    }
    return {**card.get("changed", {}), **marks}
