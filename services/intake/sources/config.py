"""What an operator tells of a source: a JSON object, checked by the model of its kind."""

import unicodedata
from collections.abc import Mapping
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator

from shared.errors import FieldError, Invalid
from shared.pointer import pointer

Who = Literal["candidate", "company", "unknown"]
Side = Literal["candidate", "company", "ignore"]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class Config(BaseModel):
    """What every kind of source takes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reasons: Annotated[dict[Reason, Side], Field(max_length=1000)] = Field(
        {}, description="How a reason that the company named itself is read: by its text or its id."
    )

    @field_validator("reasons")
    @classmethod
    def _folded(cls, reasons: dict[str, Side]) -> dict[str, Side]:
        read: dict[str, Side] = {}
        for reason, side in reasons.items():
            if read.setdefault(fold(reason), side) != side:
                raise ValueError("a reason is mapped twice, each time to something else")
        return read

    def who(self, told: Who, *reasons: str | None) -> Who | None:
        """Whose no it is, by the platform's own word and the names of its reason; None: it counts as none.

        Where the platform does not tell, the mapping does. Where both tell and differ nobody knows, and a
        person looks: only a candidate's own no may ever lead to a letter.
        """
        sides = {self.reasons[fold(reason)] for reason in reasons if reason and fold(reason) in self.reasons}
        if "ignore" in sides:
            return None
        if not sides:
            return told
        (side, *others) = sides
        if others or side == "ignore" or told not in {"unknown", side}:
            return "unknown"
        return side


class Erasing(Config):
    """What a kind takes whose platform tells that a candidate was deleted."""

    erase_deleted: bool = Field(False, description="A candidate who is deleted there is forgotten here.")


C = TypeVar("C", bound=Config)


def fold(reason: str) -> str:
    """The form in which reasons are compared: letter case, width and spaces do not tell two apart."""
    return " ".join(unicodedata.normalize("NFKC", reason).casefold().split())


def read_config(model: type[C], value: Mapping[str, object]) -> C:
    """The configuration. Raises Invalid with every fault, none of which repeats a value."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        raise Invalid([FieldError(pointer(fault["loc"]), fault["msg"]) for fault in faults]) from None
