"""Are there messages that nobody has handled yet? As far as this process knows: of a queue by looking at it,
of what waits to be tried again because the process itself put it off.
"""

from datetime import UTC, datetime, timedelta

#: Looks in a row that must find nothing: what another replica has taken out of the queue by then, it has
#: handled.
QUIET_LOOKS = 2
#: What comes back from a wait is handled, or put off again, within this time.
BACK_WITHIN = timedelta(minutes=1)


class Backlog:
    """What is behind. Nothing is, before the first look."""

    def __init__(self) -> None:
        self._quiet = QUIET_LOOKS
        self._away_until = datetime.min.replace(tzinfo=UTC)

    def saw(self, ready: int) -> None:
        """A look at the queue found so many messages ready."""
        self._quiet = 0 if ready else self._quiet + 1

    def put_off(self, until: datetime) -> None:
        """Something failed, and is tried again at this time."""
        self._away_until = max(self._away_until, until + BACK_WITHIN)

    def waits(self, now: datetime) -> bool:
        """Whether messages wait, or may be at work still."""
        return self._quiet < QUIET_LOOKS or now < self._away_until
