"""Expressions of operators: what they find, and that none becomes endless work."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from services.intake.sources import expressions
from services.intake.sources.expressions import Expression, evaluate
from shared.errors import Invalid
from tests.unit.intake.sources.deliveries import json_values

checked: TypeAdapter[str] = TypeAdapter(Expression)


@pytest.mark.parametrize(
    ("expression", "value", "found"),
    [
        ("a.b", {"a": {"b": 1}}, 1),
        ("a[?k=='x'].v | [0]", {"a": [{"k": "y", "v": 1}, {"k": "x", "v": 2}]}, 2),
        ("join(' ', [first, last])", {"first": "A", "last": "B"}, "A B"),
        ("join(' ', [first, last])", {"first": "A"}, None),
        ("join('-', [kind, ref])", {"kind": "gone", "ref": 42}, "gone-42"),
        ("join('-', [kind, ref])", {"kind": "gone", "ref": True}, None),
        ("join('-', [kind, ref])", {"kind": "gone", "ref": 4.2}, None),
        ("a > b", {"a": 1, "b": "x"}, None),
        ("a.b", None, None),
        ("contains(@, 'x')", 5, None),
        ("[][]", [[[1], [2]], 3], [1, 2, 3]),
    ],
)
def test_what_is_found(expression: str, value: Any, found: Any) -> None:
    """As JMESPath has it; what cannot be compared or joined is not there."""
    assert evaluate(checked.validate_python(expression), value) == found


@pytest.mark.parametrize(
    "expression",
    [
        "a[",
        "",
        "a" * 301,
        "nothing(@)",
        "to_string(@)",
        "[[@,@],[@,@],[@,@],@]|[@]",
        "{a: {b: {c: {d: {e: @}}}}}",
        "!" * 300,
        "é",
    ],
)
def test_what_is_none_or_could_grow_without_end_is_refused(expression: str) -> None:
    """When it is configured, not when it is evaluated."""
    with pytest.raises(ValidationError):
        checked.validate_python(expression)


def test_a_function_that_is_none_of_ours_is_named() -> None:
    """And so are those that may be used."""
    with pytest.raises(ValidationError, match=r"to_string: not one of the functions contains, .*type"):
        checked.validate_python("join('-', ['app', to_string(id)])")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("[*].a", [{"a": 1}] * (expressions.MAX_STEPS + 1)),
        ("[*][*][*]", [[[1] * 30] * 30] * 30),
        ("[@,@,@,@,@,@,@,@,@,@][][][]", [[1] * 5000] * 5),
        ("join('', [@,@,@,@])", "x" * expressions.MAX_SIZE),
    ],
)
def test_too_much_work_is_refused(expression: str, value: Any) -> None:
    """Whether it is many steps or a large result."""
    with pytest.raises(Invalid):
        evaluate(checked.validate_python(expression), value)


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "a",
                "@",
                ".",
                "[*]",
                "[]",
                "[0]",
                "|",
                "||",
                "&&",
                "'x'",
                "`1`",
                "[?a]",
                "(",
                ")",
                "==",
                "<",
                "length(",
                "sort_by(",
                "&a",
                ",",
                "join(",
                "{a:",
                "}",
                "[",
            ]
        ),
        max_size=12,
    ),
    json_values,
)
def test_any_expression_finds_something_or_nothing(parts: list[str], value: Any) -> None:
    """Or is refused as a whole; no other exception."""
    try:
        expression = checked.validate_python("".join(parts))
    except ValidationError:
        return
    with suppress(Invalid):
        evaluate(expression, value)
