"""The section of a policy document that says when a follow-up goes out, and may not."""

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from services.policy.quiet import MINUTES_A_DAY, quiet_minutes
from services.policy.tighter import Section, Tighter

#: A day that is quiet nearly throughout would never let the notifier send.
OPEN_MINUTES_AT_LEAST = 60

_LOWER, _HIGHER = Tighter("lower"), Tighter("higher")
_TimeOfDay = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$"), Tighter("quiet")]


class ScheduleRules(Section):
    """When a permitted follow-up goes out. Times of day are the candidate's own."""

    courtesy_delay_min_minutes: Annotated[int, _HIGHER] = Field(
        120, ge=0, le=2880, description="No follow-up sooner than this after the permit."
    )
    courtesy_delay_max_minutes: Annotated[int, _LOWER] = Field(
        1200, ge=0, le=2880, description="The delay is drawn from between the two.", validate_default=True
    )
    quiet_from: _TimeOfDay = Field("20:00", description="Nothing goes out from this time of day ...")
    quiet_to: _TimeOfDay = Field(
        "08:00", description="... to this one. The same time twice: no quiet hours.", validate_default=True
    )
    weekends: Annotated[bool, Tighter("false")] = Field(
        False, description="Whether follow-ups go out on Saturdays and Sundays."
    )

    @field_validator("courtesy_delay_max_minutes")
    @classmethod
    def _not_below_the_minimum(cls, value: int, info: ValidationInfo) -> int:
        least = info.data.get("courtesy_delay_min_minutes", 0)
        if value < least:
            raise PydanticCustomError(
                "delay_order",
                "expected at least courtesy_delay_min_minutes ({least}), got {value}",
                {"least": least, "value": value},
            )
        return value

    @field_validator("quiet_to")
    @classmethod
    def _leaves_time_to_send(cls, value: str, info: ValidationInfo) -> str:
        quiet = len(quiet_minutes(info.data.get("quiet_from", value), value))
        if MINUTES_A_DAY - quiet < OPEN_MINUTES_AT_LEAST:
            raise PydanticCustomError(
                "no_open_hours",
                "expected quiet hours that leave {least} minutes a day open, got {open}",
                {"least": OPEN_MINUTES_AT_LEAST, "open": MINUTES_A_DAY - quiet},
            )
        return value
