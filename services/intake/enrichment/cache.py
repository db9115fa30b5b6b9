"""Answers for a short while: one no is often told more than once, and one token serves many questions."""

from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class _Kept(NamedTuple):
    value: object
    until: datetime
    size: int


class Cache(Generic[T]):
    """Keeps values for ``ttl``, and never more than ``max_bytes`` of them: the oldest go first."""

    def __init__(self, ttl: timedelta, max_bytes: int) -> None:
        self._ttl = ttl
        self._free = max_bytes
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def get(self, key: str, now: datetime) -> T | None:
        """The value, if it is still there."""
        kept = self._kept.get(key)
        if kept is None or now >= kept.until:
            return None
        return kept.value  # type: ignore[return-value] # put in as T

    def put(self, key: str, value: T, size: int, now: datetime) -> None:
        """Keeps a value that takes about so many bytes; what has had its time goes."""
        self._drop(key)
        self._kept[key] = _Kept(value, now + self._ttl, size)
        self._free -= size
        while self._kept and (self._free < 0 or next(iter(self._kept.values())).until <= now):
            self._drop(next(iter(self._kept)))

    def _drop(self, key: str) -> None:
        kept = self._kept.pop(key, None)
        self._free += kept.size if kept else 0
