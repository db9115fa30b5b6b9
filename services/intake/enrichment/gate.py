"""When a platform may be asked again: as it told, or after a wait that doubles with every failure. Pure."""

from datetime import datetime, timedelta
from typing import Protocol

#: Seconds after the first failure, and at most.
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 300.0
#: What a platform may ask for at most; who asks for more is asked again after this.
LONGEST_ASKED_S = 3600.0


class Draws(Protocol):
    """Where chance comes from, as the clock hands it out."""

    def uniform(self, a: float, b: float, /) -> float: ...  # noqa: D102


class Gate:
    """One source's platform: open, or closed until a time."""

    def __init__(self) -> None:
        self._failures = 0
        self._closed_until: datetime | None = None

    def closed_for(self, now: datetime) -> float:
        """Seconds until it opens; 0 where it is open."""
        if self._closed_until is None:
            return 0.0
        return max(0.0, (self._closed_until - now).total_seconds())

    def close(self, now: datetime, seconds: float) -> float:
        """The platform asked to be left alone for so long. Returns for how long it is."""
        wait_s = min(max(seconds, 0.0), LONGEST_ASKED_S)
        self._close(now, wait_s)
        return self.closed_for(now)

    def fail(self, now: datetime, random: Draws) -> float:
        """It did not answer. Returns how long it is left alone: longer each time, and not by all alike.

        Where several questions fail together, the first closes it and the others tell no more.
        """
        if closed_for := self.closed_for(now):
            return closed_for
        longest = min(FIRST_WAIT_S * 2**self._failures, LONGEST_WAIT_S)
        self._failures = min(self._failures + 1, 30)
        self._close(now, longest * random.uniform(0.5, 1.0))
        return self.closed_for(now)

    def succeed(self) -> None:
        """It answered."""
        self._failures = 0

    def _close(self, now: datetime, seconds: float) -> None:
        until = now + timedelta(seconds=seconds)
        if self._closed_until is None or until > self._closed_until:
            self._closed_until = until
