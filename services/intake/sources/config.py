"""What an operator tells of a source: a JSON object, checked by the model of its kind."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from shared.reasons import NamedReason, Reading, Side, Who, fold

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

    def reading(self, told: Who, *reasons: str | None) -> Reading:
        """How a no is read: the platform's own word, and what each name of its reason is mapped to."""
        names: dict[str, str] = {}
        for reason in reasons:
            if reason and (key := fold(reason)):
                names.setdefault(key, reason)
        named = (NamedReason(name=name, side=self.reasons.get(key)) for key, name in names.items())
        return Reading(told=told, reasons=tuple(named))


class Erasing(Config):
    """What a kind takes whose platform tells that a candidate was deleted."""

    erase_deleted: bool = Field(False, description="A candidate who is deleted there is forgotten here.")
