"""Ways to spoil a delivery: bytes flipped, cut, spliced, JSON edited by its places, headers edited."""

import json
import random
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from tests.unit.intake.sources.deliveries import changed, encoded, places

#: What a place of a JSON value may be replaced by: of another type, at a limit, or made to look like syntax.
_ODD: tuple[Any, ...] = (
    *(None, True, 0, -1, 2**63, 2**64, 10**400, 1e308, float("nan"), float("inf"), "", " ", "\x00", "\ud800"),
    *(
        "x" * 30_000,
        "../..",
        "a?b=c&d#e",
        "{{7*7}}",
        "$where",
        "\u202e",
        "\uff21",
        "1e9999",
        "0001-01-01T00:00:00Z",
    ),
    *("9999-12-31T23:59:59-23:59", "2026-02-30T00:00:00Z", "2026-05-04T09:12:00", [], {}, [[]], {"": None}),
    *(["a@b.example"] * 1000, {"$ne": 1}, "a@b@c", "+1", "https://" + "a" * 3000, "http://[::1", "mailto:"),
)
#: What may stand where a mail has a name.
_ODD_NAMES = (
    b"",
    b"  ",
    b"N" * 300,
    b"\xff",
    b"=?utf-8?q?=20?=",
    b"=?utf-8?b?!?=",
    b"\\",
    b"(",
    b"<",
    b",",
    b"\x00",
)
_QUOTED = re.compile(rb'"[^"]*"')
_HEADER_VALUES = (
    "",
    " ",
    "0",
    "-1",
    "9" * 30,
    "\x00",
    "\n",
    "v1,",
    "sha256 ",
    "sha256=",
    "=?utf-8?b?!?=",
    "\xff",
    ",",
)


class Spoilt(NamedTuple):
    """What is left of a delivery."""

    headers: dict[str, str]
    body: bytes


def spoilt(body: bytes, headers: Mapping[str, str], others: Sequence[bytes], lots: random.Random) -> Spoilt:
    """The delivery with one to four changes, drawn."""
    for _ in range(lots.randint(1, 4)):
        body = lots.choice(_OF_BODIES)(body, others, lots)
    edited = dict(headers)
    if edited and lots.random() < 0.3:
        _edit_headers(edited, lots)
    return Spoilt(edited, body[:200_000])


def _flip(body: bytes, _: Sequence[bytes], lots: random.Random) -> bytes:
    copy = bytearray(body or b" ")
    for place in lots.choices(range(len(copy)), k=lots.randint(1, 8)):
        copy[place] ^= 1 << lots.randrange(8)
    return bytes(copy)


def _cut(body: bytes, _: Sequence[bytes], lots: random.Random) -> bytes:
    return body[: lots.randrange(len(body) + 1)]


def _splice(body: bytes, others: Sequence[bytes], lots: random.Random) -> bytes:
    other = lots.choice(others)
    return body[: lots.randrange(len(body) + 1)] + other[lots.randrange(len(other) + 1) :]


def _repeat(body: bytes, _: Sequence[bytes], lots: random.Random) -> bytes:
    start = lots.randrange(len(body) + 1)
    piece = body[start : start + lots.randint(1, 200)]
    return body[:start] + piece * lots.choice((2, 3, 50, 1000)) + body[start:]


def _place(body: bytes, _: Sequence[bytes], lots: random.Random) -> bytes:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return body
    path = lots.choice(list(places(value)))
    try:
        return encoded(changed(value, path, lots.choice(_ODD)))
    except (AttributeError, ValueError):
        return body


def _line(body: bytes, _: Sequence[bytes], lots: random.Random) -> bytes:
    """Of a mail: a line, what it says, or what it says in quotes is gone or another."""
    lines = body.split(b"\r\n")
    if len(lines) == 1:
        return body
    place = lots.randrange(len(lines))
    name, odd = lines[place].partition(b":")[0], lots.choice(_ODD_NAMES)
    without = _QUOTED.sub(b"", lines[place])
    lines[place] = lots.choice((b"", without, name + b": " + odd, _QUOTED.sub(lambda _: odd, lines[place])))
    return b"\r\n".join(lines)


def _drop(body: bytes, _: Sequence[bytes], lots: random.Random) -> bytes:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return body
    objects = [path for path in places(value) if isinstance(_at(value, path), dict) and _at(value, path)]
    if not objects:
        return body
    path = lots.choice(objects)
    left = dict(_at(value, path))
    left.pop(lots.choice(sorted(left)))
    return encoded(changed(value, path, left))


def _at(value: Any, path: Sequence[str | int]) -> Any:
    for part in path:
        value = value[part]
    return value


def _edit_headers(headers: dict[str, str], lots: random.Random) -> None:
    name = lots.choice(sorted(headers))
    match lots.randrange(4):
        case 0:
            del headers[name]
        case 1:
            headers[name] = lots.choice(_HEADER_VALUES)
        case 2:
            headers[name] = f"{headers[name]}\n{headers[name]}"
        case _:
            headers[name] = headers[name][: lots.randrange(len(headers[name]) + 1)]


_OF_BODIES: tuple[Callable[[bytes, Sequence[bytes], random.Random], bytes], ...] = (
    *(_flip, _cut, _splice, _repeat),
    *(_place,) * 4,
    *(_line,) * 4,
    _drop,
)
