"""The section of a policy document on stages: where a no is thanked for, looked at first, or let be."""

from typing import Annotated, Literal

from pydantic import Field

from services.policy.tighter import Section, Tighter
from shared.events import Stage

Treatment = Literal["thank", "hold", "deny"]

_Treatment = Annotated[Treatment, Tighter("deny")]


class Stages(Section):
    """What becomes of a no by how far the conversation had come."""

    outreach: _Treatment = Field("thank", description="A no to a message out of the blue.")
    application: _Treatment = Field("thank", description="Somebody took back an application.")
    interview: _Treatment = Field("hold", description="A no once people had spoken to each other.")
    offer: _Treatment = Field("hold", description="A no to an offer.")
    untold: _Treatment = Field("thank", description="A no of which the source names no stage.")

    def of(self, stage: Stage | None) -> Treatment:
        """What becomes of a no at this stage; None where nobody told which it was."""
        treatment: Treatment = getattr(self, stage or "untold")
        return treatment
