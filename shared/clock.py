"""The one source of time and chance; everything else is handed a Clock.

Only this module asks the machine, so that a test can hold time still and draw the same lots twice.
"""

import base64
import random
import secrets
from datetime import UTC, datetime, timedelta
from typing import Protocol

from shared.moments import to_millisecond

__all__ = ["Clock", "FixedClock", "SystemClock", "to_millisecond"]


class Clock(Protocol):
    """Time, chance and fresh names, as a service may have them."""

    def now(self) -> datetime:
        """The time, aware, in UTC, to the millisecond."""
        ...

    def random(self) -> random.Random:
        """Where draws come from (`clock.random().uniform(a, b)`)."""
        ...

    def token(self, n: int) -> str:
        """A fresh name in base64url without padding, made of `n` random bytes."""
        ...


class SystemClock:
    """The machine's own time and the operating system's randomness."""

    def __init__(self) -> None:
        self._random = random.SystemRandom()

    def now(self) -> datetime:
        """The machine's time in UTC, cut to the millisecond."""
        return to_millisecond(datetime.now(UTC))

    def random(self) -> random.Random:
        """The operating system's randomness; cannot be seeded."""
        return self._random

    def token(self, n: int) -> str:
        """Unguessable: `n` bytes of the operating system's randomness."""
        return secrets.token_urlsafe(n)


class FixedClock:
    """Time that moves only when told to, and draws that repeat for the same seed.

    For tests and replays: its tokens can be guessed, so nothing that guards a secret may be given one.
    """

    def __init__(self, now: datetime, seed: int = 0) -> None:
        self._now = to_millisecond(now)
        self._random = random.Random(seed)  # noqa: S311 - repeatable draws are the purpose

    def now(self) -> datetime:
        """The time last set."""
        return self._now

    def random(self) -> random.Random:
        """The seeded source; one sequence for the life of this clock."""
        return self._random

    def token(self, n: int) -> str:
        """The next `n` bytes of the seeded source."""
        return base64.urlsafe_b64encode(self._random.randbytes(n)).rstrip(b"=").decode("ascii")

    def advance(self, by: timedelta) -> None:
        """Move time on by `by`."""
        self._now = to_millisecond(self._now + by)
