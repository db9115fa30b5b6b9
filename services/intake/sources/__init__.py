"""The kinds of source: one module a kind, all of the same shape, listed here and nowhere else."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

from services.intake.sources import (
    ashby,
    cloudevents,
    email,
    generic,
    greenhouse,
    lever,
    linkedin,
    merge,
    recruitee,
    smartrecruiters,
    standard,
    teamtailor,
    workable,
)
from services.intake.sources.config import Config
from services.intake.sources.delivery import Answer, Delivery, Ignored, Mapped, Sent, folded
from shared.checked import checked

__all__ = [
    "DEFAULT_KIND",
    "SOURCES",
    "Adapter",
    "Answer",
    "Config",
    "Delivery",
    "Ignored",
    "Mapped",
    "Sent",
    "configured",
    "folded",
]

C = TypeVar("C", bound=Config)


class Adapter(Protocol[C]):
    """What a kind of source has to know. All functions are pure: no I/O, no clock."""

    @property
    def ABOUT(self) -> str:  # noqa: N802 - constants of the module
        """What it is, in half a line."""
        ...

    @property
    def SUCCESS_STATUS(self) -> int:  # noqa: N802
        """The status that this kind's senders take for success."""
        ...

    @property
    def CONFIG(self) -> type[C]:  # noqa: N802
        """What a source of this kind may be told; a source that is told nothing has its defaults."""
        ...

    def verify(
        self, delivery: Delivery, secrets: Sequence[str], config: C, /, *, now: datetime, tolerance_s: float
    ) -> None:
        """Raises SignatureInvalid unless one of the secrets signed these very bytes lately; nothing else.

        Does the same work for a wrong secret as for a right one, so that the time taken tells nothing.
        """
        ...

    def handshake(self, delivery: Delivery, secrets: Sequence[str], config: C, /) -> Answer | None:
        """What to answer before anything is verified, for a challenge or an unsigned ping; None for all else.

        Anybody may ask, also of a source that is not there: it must tell nothing and change nothing. May
        raise Invalid for a challenge that is faulty: who tries a delivery is told so, and at the door nobody.
        """
        ...

    def delivery_id(self, delivery: Delivery, config: C, /) -> str | None:
        """What every try of this delivery has in common; None where the platform names nothing."""
        ...

    def map_events(self, delivery: Delivery, config: C, /) -> Mapped:
        """What was sent, in order, and what was left out. Raises Invalid with every fault; nothing else.

        What is understood and none of our business is ignored, for the sender must not take it for a failure.
        """
        ...


DEFAULT_KIND = "standard"

SOURCES: Mapping[str, Adapter[Any]] = {
    DEFAULT_KIND: standard,
    "ashby": ashby,
    "cloudevents": cloudevents,
    "email": email,
    "generic": generic,
    "greenhouse": greenhouse,
    "lever": lever,
    "linkedin": linkedin,
    "merge": merge,
    "recruitee": recruitee,
    "smartrecruiters": smartrecruiters,
    "teamtailor": teamtailor,
    "workable": workable,
}


def configured(kind: str, told: Mapping[str, object] | None) -> Any:
    """What a source of this kind is told, checked; a source that is told nothing has the kind's defaults.

    Raises Invalid with every fault, none of which repeats a value.
    """
    return checked(SOURCES[kind].CONFIG, told or {})
