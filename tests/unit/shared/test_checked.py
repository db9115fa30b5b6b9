"""What is said of values that are not as a model says."""

from typing import Annotated

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from shared.checked import checked, said
from shared.errors import Invalid


class _Told(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    also: Annotated[tuple[str, ...], Field(min_length=1)] = ("x",)

    @field_validator("name")
    @classmethod
    def _short(cls, name: str) -> str:
        if len(name) > 3:
            raise ValueError("a short name is expected")
        return name


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({}, "/name: is expected, and missing"),
        ({"name": "a", "nome": "b"}, "/nome: nothing of this name is expected"),
        ({"name": b"\xff"}, "/name: text in UTF-8 is expected"),
        ({"name": "abcd"}, "/name: a short name is expected"),
        ({"name": "a", "also": []}, "/also: at least 1 item is expected"),
    ],
)
def test_what_was_expected_is_said_in_our_words(value: object, told: str) -> None:
    """Whoever reads it need not know what checks it, and finds no value repeated."""
    with pytest.raises(Invalid) as refused:
        checked(_Told, value)
    assert str(refused.value) == told


def test_where_a_line_is_no_json_is_said_without_a_line() -> None:
    """The line is the file's, and told by who reads it."""
    with pytest.raises(ValidationError) as refused:
        _Told.model_validate_json(b'{"name": nobody}')
    assert said(refused.value.errors()[0]) == "JSON is expected; from column 11 on this is none"
