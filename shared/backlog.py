"""Does a queue still hold messages that nobody has handled? As far as this process has looked."""

#: Looks in a row that must find nothing: what another replica has taken out of the queue by then, it has
#: handled.
QUIET_LOOKS = 2


class Backlog:
    """What is behind in a queue. Nothing is, before the first look."""

    def __init__(self) -> None:
        self._quiet = QUIET_LOOKS

    def saw(self, ready: int) -> None:
        """A look at the queue found so many messages ready."""
        self._quiet = 0 if ready else self._quiet + 1

    @property
    def waits(self) -> bool:
        """Whether messages wait, or may be at work still."""
        return self._quiet < QUIET_LOOKS
