"""Stored deliveries of each kind, and what is done to them to try an adapter."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

NOW = datetime(2026, 5, 4, 9, 12, 30, tzinfo=UTC)
FIXTURES = Path(__file__).parents[3] / "fixtures" / "sources"

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=15,
)


def stored(kind: str) -> dict[str, dict[str, Any]]:
    """The stored deliveries of a kind, by name."""
    return {
        path.stem: json.loads(path.read_text("utf-8")) for path in sorted((FIXTURES / kind).glob("*.json"))
    }


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of everything in a JSON value."""
    yield path
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(item, (*path, key))


def changed(value: Any, path: tuple[str | int, ...], other: Any) -> Any:
    """The value with another at this path."""
    if not path:
        return other
    copy = value.copy()
    copy[path[0]] = changed(value[path[0]], path[1:], other)
    return copy


def newer(value: Any) -> Any:
    """The value as a later version of the platform would send it: every object has members that are new."""
    if isinstance(value, dict) and value:
        return {name: newer(item) for name, item in value.items()} | {"zz_new": {"deep": ["x", 1, None]}}
    return [newer(item) for item in value] if isinstance(value, list) else value


def told(value: Any) -> Any:
    """Without what is null or empty, so that a stored expectation names only what is there."""
    if isinstance(value, dict):
        pruned = {name: told(item) for name, item in value.items()}
        return {name: item for name, item in pruned.items() if item not in (None, [], {})}
    return [told(item) for item in value] if isinstance(value, list) else value


def encoded(value: Any) -> bytes:
    """JSON as it travels, odd things in it too."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def headers_of(case: Mapping[str, Any]) -> dict[str, str]:
    """The headers of a stored delivery that no signature is in: without its own type no mail is read."""
    given = {"content-type": "message/rfc822"} if "mail" in case else {}
    return given | {name.lower(): str(value) for name, value in case.get("headers", {}).items()}


def body_of(case: Mapping[str, Any]) -> bytes:
    """The body of a stored delivery: of its JSON, of a mail's lines, or the very bytes where they matter."""
    if "mail" in case:
        return "\r\n".join(case["mail"]).encode()
    return str(case["raw"]).encode() if "raw" in case else encoded(case["body"])
