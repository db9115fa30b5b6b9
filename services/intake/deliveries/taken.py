"""A delivery and what became of it, as the event by which its raw copy travels. Pure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Literal
from urllib.parse import unquote_plus

from services.intake.directory import Source
from services.intake.sources import Delivery, Ignored
from shared.events import DeliveryTaken, Event, Person, path_of, people_of, type_of
from shared.problems import Problem
from shared.raw import RawDelivery, ReadAs

#: What names like this carry is somebody's key to something, and no part of what was sent.
_CREDENTIAL = re.compile(r"authorization|cookie|token|secret|passw|credential|api[-_]?key", re.ASCII)
#: Names of headers of which it is remembered whether they are like this; honest senders use few.
_REMEMBERED = 1024
#: Reasons told of one delivery at most, and letters of each.
_MAX_WHY, _MAX_WHY_LETTERS = 20, 500


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a delivery: the events it was read as, and why it was refused or what was left out."""

    outcome: Literal["accepted", "ignored", "refused"]
    problem: str | None = None
    why: Sequence[str] = ()
    events: Sequence[Event] = ()


@dataclass(frozen=True, slots=True)
class Taken:
    """A delivery at its end."""

    source: Source
    delivery: Delivery
    at: datetime
    fate: Fate


def understood(events: Sequence[Event], ignored: Iterable[Ignored]) -> Fate:
    """The fate of a delivery whose events are on the bus, if it held any."""
    return Fate("accepted" if events else "ignored", None, [one.why for one in ignored], events)


def refused(problem: Problem) -> Fate:
    """The fate of a delivery that was answered with this problem."""
    faults = [f"{fault.pointer}: {fault.detail}" for fault in problem.errors]
    return Fate("refused", problem.slug, faults or [problem.detail])


def copied(taken: Taken, own_id: str) -> Event:
    """The event that carries the raw copy."""
    source, fate = taken.source, taken.fate
    data = DeliveryTaken(
        outcome=fate.outcome,
        problem=fate.problem,
        why=tuple(why[:_MAX_WHY_LETTERS] for why in fate.why[:_MAX_WHY]),
        read=tuple(read_as(event) for event in fate.events),
        people=tuple(_people(fate.events)),
        raw=_raw(taken.delivery, [secret for secret in (source.current, source.previous) if secret]),
    )
    return Event(
        id=own_id,
        type=type_of(DeliveryTaken),
        source=path_of(source.name),
        time=taken.at,
        tenant=source.tenant,
        receivedat=taken.at,
        data=data,
    )


def read_as(event: Event) -> ReadAs:
    """What is told of an event: no word of a person."""
    return ReadAs(id=event.id, type=event.kind, who=getattr(event.data, "who", None), case=event.subject)


@lru_cache(_REMEMBERED)
def _of_credential(name: str) -> bool:
    return _CREDENTIAL.search(name.lower()) is not None


def _people(events: Iterable[Event]) -> Iterator[Person]:
    """Whom the events name, by what fingerprints are made of and no more."""
    for event in events:
        for person in people_of(event.data):
            yield person.model_copy(update={"name": None, "timezone": None})


def _raw(delivery: Delivery, secrets: Sequence[str]) -> RawDelivery:
    """What came, without what would let its reader send in the source's name."""

    def tells(name: str, value: str) -> bool:
        return _of_credential(name) or any(secret in value for secret in secrets)

    fields = (field.partition("=") for field in delivery.query.split("&"))
    kept = ["".join(parts) for parts in fields if not tells(unquote_plus(parts[0]), unquote_plus(parts[2]))]
    headers = {name: value for name, value in delivery.headers.items() if not tells(name, value)}
    return RawDelivery(method=delivery.method, query="&".join(kept), headers=headers, body=delivery.body)
