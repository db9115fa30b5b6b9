"""Errors: each says by its type what to do about it."""

import pytest

from shared import errors
from shared.errors import AfterwordError, FieldError, Invalid, SettingsError

TREE = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, AfterwordError)]


@pytest.mark.parametrize("kind", TREE, ids=lambda kind: kind.__name__)
def test_each_error_says_retry_or_dead_letter(kind: type[AfterwordError]) -> None:
    """In its sentence and in `retry`, and the two agree; the tree on top of the module shows it."""
    sentence = (kind.__doc__ or "").lower()
    assert "retry" in sentence or "dead-letter" in sentence
    assert kind.retry == sentence.endswith("retry with growing waits.")
    assert kind.__name__ in (errors.__doc__ or "")


def test_invalid_names_every_field_at_fault() -> None:
    """By JSON pointer, with what was expected."""
    error = Invalid([FieldError("/at", "expected a time"), FieldError("", "expected an object")])
    assert str(error) == "/at: expected a time; expected an object"
    assert Invalid.at("/at", "expected a time").errors == error.errors[:1]


def test_settings_faults_stand_on_lines_of_their_own() -> None:
    """So that a person reads them as a list."""
    assert str(SettingsError(["A is missing", "B is wrong"])).splitlines() == ["A is missing", "B is wrong"]
