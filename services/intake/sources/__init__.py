"""The kinds of source: one module a kind, all of the same shape, listed here and nowhere else."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from services.intake.sources import standard
from services.intake.sources.delivery import Delivery, Sent

__all__ = ["DEFAULT_KIND", "SOURCES", "Adapter", "Delivery", "Sent"]


class Adapter(Protocol):
    """What a kind of source has to know. Both functions are pure: no I/O, no clock."""

    @property
    def SUCCESS_STATUS(self) -> int:  # noqa: N802 - a constant of the module
        """The status that this kind's senders take for success."""
        ...

    def verify(
        self, delivery: Delivery, secrets: Sequence[str], *, now: datetime, tolerance_s: float
    ) -> None:
        """Raises SignatureInvalid unless one of the secrets signed these very bytes lately.

        Does the same work for a wrong secret as for a right one, so that the time taken tells nothing.
        """
        ...

    def parse(self, delivery: Delivery) -> list[Sent]:
        """What was sent, in order. Raises Invalid with every fault; nothing else, whatever came."""
        ...


DEFAULT_KIND = "standard"

SOURCES: Mapping[str, Adapter] = {
    DEFAULT_KIND: standard,
}
