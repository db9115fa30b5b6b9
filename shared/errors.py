"""What can go wrong, as types that say what to do about it.

AfterwordError
├── SettingsError     the start is refused
├── Invalid           dead letter: bad input stays bad
├── SignatureInvalid  dead letter: not ours
├── Conflict          dead letter: says otherwise than what is stored
├── NotFound          dead letter: what it names is not there
├── Destroyed         dead letter: what it needs was erased
├── Unanswered        dead letter: a question of a command's, and not a no
└── Transient         retry: a server is away
"""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple


class AfterwordError(Exception):
    """Something Afterword itself found wrong; dead-lettered unless its type says retry."""

    #: Whether the same input may succeed later. False sends an event to the dead letters at once.
    retry: ClassVar[bool] = False


class SettingsError(AfterwordError):
    """The settings do not allow a start; no retry, no dead letter: the process ends before it takes work."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = list(faults)


class FieldError(NamedTuple):
    """One field at fault: its JSON pointer (RFC 6901, "" for the whole) and what was expected of it."""

    pointer: str
    detail: str


class Invalid(AfterwordError):
    """The input is not what was agreed; dead-letter at once, for it will not mend by waiting."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        told = (f"{error.pointer}: {error.detail}" if error.pointer else error.detail for error in errors)
        super().__init__("; ".join(told))
        self.errors = list(errors)

    @classmethod
    def at(cls, pointer: str, detail: str) -> "Invalid":
        """The fault of one field."""
        return cls([FieldError(pointer, detail)])


class SignatureInvalid(AfterwordError):
    """The signature does not belong to the content; dead-letter at once, and act on none of it."""


class Conflict(AfterwordError):
    """It contradicts what is stored already; dead-letter at once, for the first word stands."""


class NotFound(AfterwordError):
    """What it names is not there; dead-letter at once, where a person can replay it."""


class Destroyed(AfterwordError):
    """The data key was destroyed with an erasure; dead-letter at once, for nothing brings it back."""


class Unanswered(AfterwordError):
    """What a command was asked could not be found out; no retry, no dead letter: it is told and is no no."""


class Transient(AfterwordError):
    """A server is away or busy; retry with growing waits."""

    retry: ClassVar[bool] = True
