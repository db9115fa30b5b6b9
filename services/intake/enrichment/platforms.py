"""The platforms that can be asked: one module each, all of the same shape, listed here and nowhere else."""

from collections.abc import Mapping
from typing import Any, Protocol, TypeVar

from services.intake.enrichment import ashby, greenhouse, lever, merge, smartrecruiters, teamtailor
from services.intake.enrichment.asking import Asking, Subject
from services.intake.enrichment.credentials import Credentials

C = TypeVar("C", bound=Credentials)


class Platform(Protocol[C]):
    """What has to be known of a platform. All is pure: no I/O, no clock."""

    @property
    def API(self) -> str:  # noqa: N802 - constants of the module
        """Where its API is."""
        ...

    @property
    def AUTH(self) -> str:  # noqa: N802
        """Where it gives tokens."""
        ...

    @property
    def CREDENTIALS(self) -> type[C]:  # noqa: N802
        """What opens it."""
        ...

    def look_up(self, subject: Subject, credentials: C, /) -> Asking:
        """Asks what came before a decline: the person, the outreach and the replies, and whose no it was
        where what was sent does not tell.

        Raises Unanswered or Invalid where that cannot be had and NotNow where it may be had later, whatever
        JSON the platform answers; nothing else.
        """
        ...


#: By kind of source.
PLATFORMS: Mapping[str, Platform[Any]] = {
    "ashby": ashby,
    "greenhouse": greenhouse,
    "lever": lever,
    "merge": merge,
    "smartrecruiters": smartrecruiters,
    "teamtailor": teamtailor,
}
#: Those that tell whose no it was by their API alone: until it may be asked, every decline of theirs is held.
WHO_BY_API = frozenset({"smartrecruiters", "teamtailor"})
