"""What a line of a file says: one message of a conversation, in the words of the contract. Pure."""

from datetime import datetime
from itertools import takewhile
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field

from services.intake.sources import reading
from services.intake.sources.contract import read_data
from services.intake.sources.delivery import Sent
from shared.errors import Invalid
from shared.events import InteractionRecorded, Job, Person, Recruiter, Short, content_digest
from shared.pointer import pointer

_PARTS: dict[str, type[BaseModel]] = {"person": Person, "recruiter": Recruiter, "job": Job}
#: Of a CSV file: a column for each field, a full stop between a part and its field.
COLUMNS = (
    *("id", "timestamp", "direction", "channel", "text"),
    *(f"{part}.{name}" for part, model in _PARTS.items() for name in model.model_fields),
)
#: Its cell holds any number of them, with spaces between.
_LIST = "person.profile_urls"
_NAMES = frozenset(name for column in COLUMNS for name in column.split("."))


def _moment(value: Any) -> datetime:
    moment = reading.rfc3339(value)
    if moment is None:
        raise ValueError("a time as in RFC 3339, with its zone, is expected")
    return moment


class Line(InteractionRecorded):
    """One message, as a line of a file has it."""

    id: Short | None = Field(None, description="The source's own id of the message.")
    timestamp: Annotated[datetime, BeforeValidator(_moment)] = Field(description="When it was written.")


_SAID = frozenset(InteractionRecorded.model_fields)
_KNOWN = frozenset(Line.model_fields)


def interaction(raw: dict[str, Any]) -> Sent:
    """The message in an object. Raises Invalid with every fault, none of which repeats a value.

    One without an id has one that is made of all it says: the same line is the same message, however often.
    A name that is not known is a slip, for which the whole line is refused: it may have been the person.
    """
    if not raw.keys() <= _KNOWN:
        raise Invalid.at("", f"no other names than {', '.join(sorted(_KNOWN))} are expected")
    line = read_data(Line, raw, ())
    data = InteractionRecorded.model_validate({name: getattr(line, name) for name in _SAID})
    own_id = line.id or f"line:{content_digest(data.kind, line.timestamp, data)}"
    return Sent(own_id, line.timestamp, data)


def check_columns(names: list[str]) -> None:
    """Raises Invalid for a header that names no column, an unknown one, or one twice."""
    if not names:
        raise Invalid.at("", f"line 1: names of columns are expected, of {', '.join(COLUMNS)}")
    for position, name in enumerate(names):
        if name not in COLUMNS:
            raise Invalid.at("", f"line 1: column {position + 1} is none of {', '.join(COLUMNS)}")
        if name in names[:position]:
            raise Invalid.at("", f"line 1: the column {name} is expected only once")


def from_cells(names: list[str], cells: list[str]) -> dict[str, Any]:
    """A row as the object that it stands for; an empty cell says nothing. Raises Invalid."""
    if len(cells) != len(names):
        raise Invalid.at("", f"{len(names)} cells are expected, as many as there are columns")
    found: dict[str, Any] = {}
    for name, cell in zip(names, cells, strict=True):
        part, _, field = name.partition(".")
        value = cell.split() if name == _LIST else cell.strip()
        if value and field:
            found.setdefault(part, {})[field] = value
        elif value:
            found[part] = value
    if "person" not in found:
        raise Invalid.at(pointer(("person",)), "a column that tells who it is, and is not empty, is expected")
    return found


def known_place(place: str) -> str:
    """A JSON pointer as far as its names are ours: one that is not may be an address."""
    known = takewhile(lambda name: name in _NAMES or name.isdecimal(), place.split("/")[1:])
    return "".join(f"/{name}" for name in known)
