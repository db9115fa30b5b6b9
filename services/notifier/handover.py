"""What a way out offers, and what can become of a handover, as types.

A handover has two steps, for what is lost or doubled differs: until `begin` returns nothing can have been
delivered, whatever happens; once `finish` was called, only the server's own word tells.
"""

from dataclasses import dataclass
from typing import Protocol

from services.notifier.letter import Letter


@dataclass(frozen=True, slots=True)
class Accepted:
    """The server took it, or is ready to."""

    words: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The server will never take it; nothing was delivered."""

    words: str


@dataclass(frozen=True, slots=True)
class Deferred:
    """Not now; nothing was delivered. `away`: it is about the server, so other mails need not try."""

    words: str
    away: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody knows whether it was delivered; never to be repeated."""

    words: str


class Channel(Protocol):
    """One way out, for one mail at a time. No method raises for what a server does or fails to do."""

    async def begin(self, letter: Letter) -> Accepted | Refused | Deferred:
        """Everything up to the point from which the mail could be delivered."""
        ...

    async def finish(self, letter: Letter, *, within_s: float) -> Accepted | Refused | Deferred | Unknown:
        """Hands over the mail that was begun; Unknown where the server has said nothing certain in time."""
        ...

    async def drop(self) -> None:
        """Gives up the mail that was begun; nothing is delivered."""
        ...

    async def close(self) -> None:
        """Ends what is kept open."""
        ...
