"""What comes to a source and what it is read as."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qsl

from shared.events import Data

#: Fields of a query read at most.
_MAX_PARAMETERS = 50


@dataclass(frozen=True, slots=True)
class Delivery:
    """One HTTP request to a source: headers by lower-case name (see `folded`), and the body untouched.

    A mail that was fetched has the method IMAP.
    """

    headers: Mapping[str, str]
    body: bytes
    method: str = "POST"
    query: str = ""

    def parameter(self, name: str) -> str | None:
        """The value of this parameter of the query; None unless it is there exactly once."""
        try:
            pairs = parse_qsl(self.query, keep_blank_values=True, max_num_fields=_MAX_PARAMETERS)
        except ValueError:
            return None
        values = [value for key, value in pairs if key == name]
        return values[0] if len(values) == 1 else None


def folded(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Headers by lower-case name. One that came twice holds both values with a line feed between.

    No honest value holds a line feed, so what comes twice though it may come only once (a signature, a time)
    is not what any adapter expects, and nobody has to choose which of the two to believe.
    """
    headers: dict[str, str] = {}
    for name, value in pairs:
        key = name.lower()
        headers[key] = f"{headers[key]}\n{value}" if key in headers else value
    return headers


@dataclass(frozen=True, slots=True)
class Sent:
    """One event as the source sent it.

    ``id`` is derived from what the platform keeps stable, so that a retry and a related hook are one event;
    ``time`` is when it happened (UTC, to the ms), None where the platform does not say, which only stops and
    changes of a person may leave open.
    """

    id: str
    time: datetime | None
    data: Data


@dataclass(frozen=True, slots=True)
class Ignored:
    """Something that was understood and is none of our business; ``why`` holds no word about a person."""

    why: str


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a delivery holds, in order, and what of it was left out."""

    events: tuple[Sent, ...] = ()
    ignored: tuple[Ignored, ...] = ()

    def __iter__(self) -> Iterator[Sent | Ignored]:
        yield from self.events
        yield from self.ignored


@dataclass(frozen=True, slots=True)
class Answer:
    """What a handshake is answered with."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""


def gathered(read: Iterable[Sent | Ignored]) -> Mapped:
    """Events and what was left out, each in order."""
    found = tuple(read)
    return Mapped(
        tuple(one for one in found if isinstance(one, Sent)),
        tuple(one for one in found if isinstance(one, Ignored)),
    )


def ignore(why: str) -> Mapped:
    """Nothing but this reason."""
    return Mapped(ignored=(Ignored(why),))
