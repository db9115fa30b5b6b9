"""JSON as RFC 8259 and I-JSON (RFC 7493) have it: what two readers could read differently is refused.

That is doubled names, NaN and infinities, lone surrogates, other encodings than UTF-8, and endless depth.
"""

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from shared.errors import FieldError, Invalid
from shared.pointer import pointer

MAX_DEPTH = 32
#: Names come back in pointers, so they are not allowed to be books.
MAX_NAME = 200

_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")

Path = tuple[str | int, ...]


class _Doubled(dict[str, Any]):
    """An object in which a name came twice."""


class _Reader:
    """Reads one text, and keeps in mind whether it met anything that has to be looked for place by place."""

    def __init__(self) -> None:
        self.doubtful = False
        self.decoder = json.JSONDecoder(
            object_pairs_hook=self._object, parse_float=self._float, parse_constant=self._float
        )

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) != len(pairs):
            value = _Doubled(value)
        self.doubtful |= type(value) is _Doubled or (bool(value) and max(map(len, value)) > MAX_NAME)
        return value

    def _float(self, text: str) -> float:
        value = float(text)
        self.doubtful |= not math.isfinite(value)
        return value


def read(body: bytes) -> Any:
    """The value that `body` holds. Raises Invalid with every fault at once, and nothing else."""
    reader = _Reader()
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise Invalid.at("", "UTF-8 is expected") from None
    try:
        value = reader.decoder.decode(text)
    except RecursionError:
        raise Invalid.at("", f"at most {MAX_DEPTH} levels are expected") from None
    except ValueError:
        raise Invalid.at("", "JSON is expected") from None
    check_text = _SURROGATE_ESCAPE.search(text) is not None
    if reader.doubtful or check_text or _is_deep(value):
        faults = list(_faults(value, (), check_text=check_text))
        if faults:
            raise Invalid(faults)
    return value


def _is_deep(value: Any, levels: int = MAX_DEPTH) -> bool:
    """Whether there are more levels than these."""
    if not isinstance(value, dict | list):
        return False
    items = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deep(item, levels - 1) for item in items if isinstance(item, dict | list))


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
    if isinstance(value, _Doubled):
        yield FieldError(pointer(path), "each name is expected only once")
    for name, item in value.items():
        if len(name) > MAX_NAME or (check_text and not _encodable(name)):
            yield FieldError(pointer(path), f"names of Unicode text up to {MAX_NAME} characters are expected")
        else:
            yield from _faults(item, (*path, name), check_text=check_text)


def _encodable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
