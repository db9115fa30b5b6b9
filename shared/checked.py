"""What somebody told, checked by its model; its faults as fields and what was expected of them."""

import re
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from shared.errors import FieldError, Invalid
from shared.pointer import pointer

M = TypeVar("M", bound=BaseModel)

#: What is expected where pydantic's own words say what it did not like, or speak of its insides.
_EXPECTED = {
    "missing": "is expected, and missing",
    "extra_forbidden": "nothing of this name is expected",
    "string_unicode": "text in UTF-8 is expected",
    "json_invalid": "JSON is expected",
    "model_type": "an object is expected",
    "tuple_type": "an array is expected",
}
#: pydantic reads one line at a time, and calls each the first.
_COLUMN = re.compile(r" at line \d+ column (\d+)\Z")
_OUR_WORDS = "Value error, "


def checked(model: type[M], value: Any, path: tuple[str | int, ...] = ()) -> M:
    """The model of this value, which lies at `path`. Raises Invalid with every fault, none of which repeats
    the value.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        raise Invalid(
            [FieldError(pointer((*path, *fault["loc"])), said(fault)) for fault in faults]
        ) from None


def said(fault: ErrorDetails) -> str:
    """What was expected, in our words; of a line of JSON without another number of it than the file's."""
    if fault["type"] == "too_short":
        return f"at least {fault['ctx']['min_length']} item is expected"
    expected = _EXPECTED.get(fault["type"])
    if expected is None:
        return fault["msg"].removeprefix(_OUR_WORDS)
    column = _COLUMN.search(fault["msg"]) if fault["type"] == "json_invalid" else None
    return f"{expected}; from column {column[1]} on this is none" if column else expected
