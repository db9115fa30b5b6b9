"""How much is let in: token buckets for rates, and shares of what the process may hold at one time. Pure."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Self
from weakref import WeakValueDictionary

#: Names whose greetings are counted: the last ones, for strangers may make names up without end.
MAX_GREETED = 10_000
#: Letters of a name that are remembered: more than the name of any source has.
MAX_GREETED_LETTERS = 65


@dataclass(frozen=True, slots=True)
class Rate:
    """So many a second in the long run, so many at once."""

    per_second: float
    burst: float


class Bucket:
    """A token bucket: full at first, refilled at ``rate.per_second`` up to ``rate.burst``."""

    def __init__(self, rate: Rate, now: datetime) -> None:
        self.rate = rate
        self._tokens = rate.burst
        self._at = now

    def take(self, now: datetime) -> float:
        """Takes one token: 0. Takes none where there is none: the seconds until there will be one."""
        elapsed = max(0.0, (now - self._at).total_seconds())
        self._tokens = min(self.rate.burst, self._tokens + elapsed * self.rate.per_second)
        self._at = now
        if self._tokens >= 1:
            self._tokens -= 1
            return 0.0
        return (1 - self._tokens) / self.rate.per_second


class Limits:
    """A bucket of each source for its own deliveries, one of each name for greetings, and one for all that
    nobody signed.

    Strangers drink from a bucket of their own, so that they cannot use up a source's. Greetings are nobody's
    either; a name that is no source has a bucket as sources have, or a wait would tell which it is.
    """

    def __init__(self, unsigned: Rate, now: datetime) -> None:
        self._unsigned = Bucket(unsigned, now)
        self._buckets: dict[str, Bucket] = {}
        self._greeted: OrderedDict[str, Bucket] = OrderedDict()

    def signed(self, source: str, rate: Rate, now: datetime) -> float:
        """As Bucket.take, for what this source did send. A changed rate begins with all its burst."""
        bucket = self._buckets.get(source)
        if bucket is None or bucket.rate != rate:
            bucket = self._buckets[source] = Bucket(rate, now)
        return bucket.take(now)

    def greeting(self, name: str, now: datetime) -> float:
        """As Bucket.take, for a greeting to this name: as many to each as all may send that nobody signed."""
        key = name[:MAX_GREETED_LETTERS]
        bucket = self._greeted.pop(key, None) or Bucket(self._unsigned.rate, now)
        self._greeted[key] = bucket
        if len(self._greeted) > MAX_GREETED:
            self._greeted.popitem(last=False)
        return bucket.take(now)

    def unsigned(self, now: datetime) -> float:
        """As Bucket.take, for a delivery that is not known to come from anybody."""
        return self._unsigned.take(now)


class Full(Exception):
    """Nothing more fits in at this moment."""


class Bound:
    """How much the process may hold at one time, shared by the requests in it."""

    def __init__(self, limit: int) -> None:
        self.free = limit

    def share(self) -> "Share":
        """A share of it, empty at first, given back at the end of a ``with``."""
        return Share(self)


class Portions:
    """A bound for each name, so that none of them can use up what another needs."""

    def __init__(self, each: int) -> None:
        self._each = each
        #: Whose name nothing is held under any more is forgotten: names are a stranger's word.
        self._bounds = WeakValueDictionary[str, Bound]()

    def of(self, name: str) -> Bound:
        """The bound of this name: the same for all who hold something under it."""
        bound = self._bounds.get(name)
        if bound is None:
            bound = self._bounds[name] = Bound(self._each)
        return bound


class Share:
    """What one request holds, of one bound or of several at once."""

    def __init__(self, *bounds: Bound) -> None:
        self._bounds = bounds
        self._held = 0

    def grow(self, amount: int) -> None:
        """Holds so much more. Raises Full where it does not fit; then nothing changes."""
        if any(amount > bound.free for bound in self._bounds):
            raise Full
        self._move(amount)

    def release(self) -> None:
        """Gives all of it back."""
        self._move(-self._held)

    def _move(self, amount: int) -> None:
        for bound in self._bounds:
            bound.free -= amount
        self._held += amount

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def rate_of(stored: Mapping[str, float]) -> Rate:
    """The rate as it is stored with a source."""
    return Rate(float(stored["per_second"]), float(stored["burst"]))
