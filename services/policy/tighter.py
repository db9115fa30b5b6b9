"""What every section of a policy document is made of: strict fields that say which way they are stricter."""

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema


@dataclass(frozen=True, slots=True)
class Tighter:
    """Which way a field is stricter. A tenant's override may move it only that way.

    `quiet` fields are one thing together: the quiet hours may only grow.
    """

    way: Literal["lower", "higher", "true", "false", "deny", "quiet"]

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """The direction as `x-tighter`, so that whoever edits a document can see it."""
        return {**handler(core), "x-tighter": self.way}


class Section(BaseModel):
    """Base of the sections: immutable, unknown fields and values of another type are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
