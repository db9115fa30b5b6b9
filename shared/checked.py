"""What somebody told, checked by its model; its faults as fields and what was expected of them."""

import re
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from shared.errors import FieldError, Invalid
from shared.pointer import pointer

M = TypeVar("M", bound=BaseModel)

#: pydantic reads one line at a time, and calls each the first.
_WITHIN_LINE = re.compile(r" at line \d+ column (\d+)\Z")


def checked(model: type[M], value: Any, path: tuple[str | int, ...] = ()) -> M:
    """The model of this value, which lies at `path`. Raises Invalid with every fault, none of which repeats
    the value.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        # pydantic's own text and input are left behind where they would repeat the value
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        raise Invalid(
            [FieldError(pointer((*path, *fault["loc"])), fault["msg"]) for fault in faults]
        ) from None


def said(fault: ErrorDetails) -> str:
    """What is wrong with a line of JSON, without another number of it than the file's."""
    if fault["type"] == "too_short":
        return f"at least {fault['ctx']['min_length']} item is expected"
    if fault["type"] == "json_invalid":
        return _WITHIN_LINE.sub(r" at column \1", fault["msg"])
    return fault["msg"]
