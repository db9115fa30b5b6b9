"""Our own contract: the kinds that a source may send in our words, and the faults of their data."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from services.intake.sources import reading
from services.intake.sources.config import Config, Erasing
from services.intake.sources.delivery import Ignored, Mapped, Sent, gathered, ignore
from shared.checked import checked
from shared.errors import FieldError, Invalid
from shared.events import (
    INBOUND,
    ComplaintReceived,
    Data,
    DeclineReceived,
    DeclineWithdrawn,
    ErasureRequested,
    OptOutReceived,
    Person,
)
from shared.identity import canonical_email, identifiers
from shared.pointer import pointer

KINDS: dict[str, type[Data]] = {data.kind: data for data in INBOUND}

Path = tuple[str | int, ...]
#: Reads a part of a delivery: an event, or what stands beside it.
Part = Callable[[], Iterable[Sent | Ignored]]
#: What ends something, or keeps it from beginning.
STOPS = (OptOutReceived, ComplaintReceived, ErasureRequested, DeclineWithdrawn)
D = TypeVar("D", bound=Data)


def read_data(model: type[D], raw: Any, path: Path) -> D:
    """The data that lie at this path of the body. Raises Invalid with every fault."""
    if not isinstance(raw, dict):
        raise Invalid.at(pointer(path), "an object is expected")
    data = checked(model, raw, path)
    faults_of_person = list(_person_faults(data, path))
    if faults_of_person:
        raise Invalid(faults_of_person)
    return data


def judged(event: Sent, config: Config, *names: str | None) -> Sent | Ignored:
    """The event with whose no it is by the mapping of reasons; ``names`` are other names of its reason.

    What it was read from goes with it: a reason that is mapped later is read anew from the same.
    """
    data = event.data
    if not isinstance(data, DeclineReceived):
        return event
    if data.reading is None and not data.reason and not any(names):
        return event
    reading = config.reading(data.who, data.reason, *names)
    if reading.who is None:
        return Ignored("its reason is mapped to ignore")
    read = {"who": reading.who, "reading": reading if reading.reasons else None}
    return Sent(event.id, event.time, data.model_copy(update=read))


def each_read(parts: Iterable[Part]) -> tuple[list[Sent | Ignored], list[FieldError]]:
    """What each part of a delivery is read as, and the faults of those that cannot be."""
    read: list[Sent | Ignored] = []
    faults: list[FieldError] = []
    for part in parts:
        try:
            read.extend(part())
        except Invalid as error:
            faults.extend(error.errors)
    return read, faults


def apart(*parts: Part) -> Mapped:
    """The parts of one delivery, each read by itself, for a stop never falls with what stands beside it.

    Where there is a stop, what cannot be read is left out with its fault; else this raises Invalid with all.
    """
    read, faults = each_read(parts)
    if faults and not any(isinstance(one, Sent) and isinstance(one.data, STOPS) for one in read):
        raise Invalid(faults)
    return gathered([*read, *(Ignored(f"cannot be read: {Invalid([fault])}") for fault in faults)])


def marked(read: Part | None, mark: Part, otherwise: str) -> Mapped:
    """What a delivery tells, and the ``mark`` on a candidate in it that no mail is wanted.

    What is none of our business is ignored with why, ``otherwise``, unless there is the mark. An erasure says
    more than it, and forgets whose it was.
    """
    if read is None:
        return gathered([*mark()] or [Ignored(otherwise)])
    told = apart(read, mark)
    if not any(isinstance(one.data, ErasureRequested) for one in told.events):
        return told
    return gathered(
        one for one in told if isinstance(one, Ignored) or not isinstance(one.data, OptOutReceived)
    )


def erased(config: Erasing, candidate_id: str | None, where: str, what: str = "deletion") -> Mapped:
    """A candidate's deletion there: an erasure here, where the operator says so; else left out.

    Raises Invalid naming the place ``where`` the id was expected.
    """
    if not config.erase_deleted:
        return ignore(f"a {what} there is no erasure here, for erase_deleted is not set")
    person = Person(external_id=reading.needed(candidate_id, where))
    return Mapped((reading.restated(ErasureRequested(person=person), None, "candidate", what),))


def _person_faults(data: Data, path: Path) -> Iterator[FieldError]:
    if not hasattr(data, "person"):
        return
    person: Person | None = data.person
    if person is None:
        if getattr(data, "case", None) is None:
            yield FieldError(pointer(path), "person or case is expected")
    elif person.email:
        # where the mail would go: what is no address is told at the door, and not found out days later
        if canonical_email(person.email) is None:
            yield FieldError(pointer((*path, "person", "email")), "an e-mail address is expected")
    elif not identifiers(person, ""):
        what = "email, phone (with country code or region), profile_urls or external_id is expected"
        yield FieldError(pointer((*path, "person")), what)
