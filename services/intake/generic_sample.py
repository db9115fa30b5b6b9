"""A payload about nobody for a source whose mapping is an operator's word. Pure."""

import json
from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

from services.intake.sources import Delivery, Sent, generic
from services.intake.sources.generic_config import GenericConfig
from shared.errors import Invalid
from shared.events import DeclineReceived, people_of

_DECLINE = DeclineReceived.kind
#: An id, an address and a time, by which nobody is named.
StandIns = tuple[str, str, str]


def about_nobody(config: GenericConfig, stand_ins: StandIns) -> Any:
    """The example with no more in it than the mapping needs for the same kind of event by the same side; what
    it needs is the first of the stand-ins by which that holds.

    So nothing of a person in a real payload is left, but what the mapping takes no stand-in for. Raises
    Invalid where the example names nobody, or nothing in it makes another event of it.
    """
    before = _read(config.example, config)
    meant = next((one for one in before if isinstance(one.data, DeclineReceived)), *before[:1])
    content = deepcopy(config.example)

    def holds() -> bool:
        events = _read(content, config)
        return _names_all(events) and any(_kind(one) == _kind(meant) for one in events)

    if not holds():
        raise Invalid.at("", "the example names a person neither by address nor by an id")
    _reduce(content, holds, stand_ins)
    if {one.id for one in before} & {one.id for one in _read(content, config)}:
        raise Invalid.at("", "nothing in the example can be changed that makes another event of it")
    return content


def by_paths(config: GenericConfig, stand_ins: StandIns) -> dict[str, Any]:
    """A decline, as far as the mapping names members by their path and no more."""
    where, (own_id, address, at) = config.map, stand_ins
    word = next((word for word, kind in config.types.items() if kind == _DECLINE), _DECLINE)
    item: dict[str, Any] = {}
    for path, value in (
        (where.type, word),
        (where.id, own_id),
        (where.time, at),
        (where.person.email, address),
        (where.who, "candidate"),
    ):
        _put(item, str(path), value)
    if str(where.events) == "@":
        return item
    content: dict[str, Any] = {}
    _put(content, str(where.events), item)
    return content


def _put(into: dict[str, Any], path: str, value: Any) -> None:
    """The value at a path of members; by any other path it is not found. Raises Invalid where two collide."""
    *parents, last = path.split(".")
    for parent in parents:
        into = into.setdefault(parent, {})
        if not isinstance(into, dict):
            raise Invalid.at("", f"the mapping {path!r} leads through what another mapping names")
    into[last] = value


def _reduce(within: Any, holds: Callable[[], bool], stand_ins: StandIns) -> None:
    """Takes out of a part of the content, or replaces in it, whatever can be, as long as it holds."""
    places = list(within) if isinstance(within, dict) else reversed(range(len(within)))
    for place in places:
        value = within.pop(place)
        if holds():
            continue
        if isinstance(within, dict):
            within[place] = value
        else:
            within.insert(place, value)
        if isinstance(value, dict | list):
            _reduce(value, holds, stand_ins)
            continue
        for one in (*stand_ins, value):
            within[place] = one
            if holds():
                break


def _read(content: Any, config: GenericConfig) -> list[Sent]:
    try:
        return list(generic.map_events(Delivery({}, json.dumps(content).encode()), config).events)
    except Invalid:
        return []


def _names_all(events: Sequence[Sent]) -> bool:
    people = [people_of(one.data) for one in events]
    return all(found and all(person.email or person.external_id for person in found) for found in people)


def _kind(one: Sent) -> tuple[str, str | None]:
    return one.data.kind, getattr(one.data, "who", None)
