"""JSON as RFC 8259 and I-JSON (RFC 7493) have it: what two readers could read differently is refused.

That is doubled names, NaN and infinities, lone surrogates, other encodings than UTF-8, and endless depth.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from shared.errors import FieldError, Invalid
from shared.pointer import pointer

MAX_DEPTH = 32
#: Names come back in pointers, so they are not allowed to be books.
MAX_NAME = 200

_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")

_NESTING = (dict, list)

Path = tuple[str | int, ...]


class _Doubled(dict[str, Any]):
    """An object in which names came twice."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.names = {name for name, times in Counter(name for name, _ in pairs).items() if times > 1}


class _Doubtful(ValueError):
    """Something came that has to be looked for place by place."""


def _sure(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs) or (value and max(map(len, value)) > MAX_NAME):
        raise _Doubtful
    return value


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise _Doubtful
    return value


def _marked(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    return value if len(value) == len(pairs) else _Doubled(pairs)


#: Reads what is beyond doubt, and stops at the first thing that is not; then the other reads on to the end.
_SURE = json.JSONDecoder(object_pairs_hook=_sure, parse_float=_finite, parse_constant=_finite)
_MARKING = json.JSONDecoder(object_pairs_hook=_marked)


def read(body: bytes) -> Any:
    """The value that `body` holds. Raises Invalid with every fault at once, and nothing else."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise Invalid.at("", "UTF-8 is expected") from None
    value, doubtful = _decoded(text)
    check_text = _SURROGATE_ESCAPE.search(text) is not None
    may_be_deep = text.count("{") + text.count("[") > MAX_DEPTH
    if doubtful or check_text or (may_be_deep and _is_deep(value)):
        faults = list(_faults(value, (), check_text=check_text))
        if faults:
            raise Invalid(faults)
    return value


def _decoded(text: str) -> tuple[Any, bool]:
    """The value, and whether anything in it is in doubt."""
    try:
        try:
            return _SURE.decode(text), False
        except _Doubtful:
            return _MARKING.decode(text), True
    except RecursionError:
        raise Invalid.at("", f"at most {MAX_DEPTH} levels are expected") from None
    except json.JSONDecodeError as error:
        raise Invalid.at("", f"JSON is expected; from character {error.pos + 1} on this is none") from None
    except ValueError:
        raise Invalid.at("", "JSON is expected") from None


def _is_deep(value: Any) -> bool:
    """Whether there are more than MAX_DEPTH levels."""
    level, depth = [value] if isinstance(value, _NESTING) else [], 0
    while level and depth < MAX_DEPTH:
        depth += 1
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, _NESTING)
        ]
    return bool(level)


def _faults(value: Any, path: Path, *, check_text: bool) -> Iterator[FieldError]:
    if isinstance(value, dict):
        yield from _object_faults(value, path, check_text=check_text)
    elif isinstance(value, list):
        if len(path) >= MAX_DEPTH:
            yield FieldError(pointer(path), f"at most {MAX_DEPTH} levels are expected")
            return
        for position, item in enumerate(value):
            yield from _faults(item, (*path, position), check_text=check_text)
    elif isinstance(value, str):
        if check_text and not _encodable(value):
            yield FieldError(pointer(path), "Unicode text is expected, without lone surrogates")
    elif isinstance(value, float) and not math.isfinite(value):
        yield FieldError(pointer(path), "a finite number is expected")


def _object_faults(value: dict[str, Any], path: Path, *, check_text: bool) -> Iterator[FieldError]:
    if len(path) >= MAX_DEPTH:
        yield FieldError(pointer(path), f"at most {MAX_DEPTH} levels are expected")
        return
    doubled = value.names if isinstance(value, _Doubled) else ()
    for name, item in value.items():
        if len(name) > MAX_NAME or (check_text and not _encodable(name)):
            yield FieldError(pointer(path), f"names of Unicode text up to {MAX_NAME} characters are expected")
        elif name in doubled:
            yield FieldError(pointer((*path, name)), "expected only once")
        else:
            yield from _faults(item, (*path, name), check_text=check_text)


def _encodable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
