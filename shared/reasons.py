"""Whose no it is: by the source's own word, and by what an operator mapped the reason of it to. Pure."""

import unicodedata
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

Who = Literal["candidate", "company", "unknown"]
Side = Literal["candidate", "company", "ignore"]


def fold(reason: str) -> str:
    """The form in which reasons are compared: letter case, width and spaces do not tell two apart."""
    return " ".join(unicodedata.normalize("NFKC", reason).casefold().split())


def who_says(told: Who, sides: Iterable[Side | None]) -> Who | None:
    """Whose no it is, by the source's word and the sides of all names of its reason; None: it counts as none.

    Where the source does not tell, the mapping does. Where both tell and differ nobody knows, and a person
    looks: only a candidate's own no may ever lead to a letter.
    """
    mapped = {side for side in sides if side is not None}
    if "ignore" in mapped:
        return None
    if not mapped:
        return told
    (side, *others) = mapped
    if others or side == "ignore" or told not in {"unknown", side}:
        return "unknown"
    return side


class NamedReason(BaseModel):
    """One name of a decline's reason, its text or its id, and what the source's operator maps it to."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
    side: Side | None = None


class Reading(BaseModel):
    """What the `who` of a decline was read from: the source's own word, and the map of its reasons."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    told: Who
    reasons: tuple[NamedReason, ...] = ()

    @property
    def who(self) -> Who | None:
        """Whose no it is; None: it counts as none."""
        return who_says(self.told, (reason.side for reason in self.reasons))
