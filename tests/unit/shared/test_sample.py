"""Persons who do not exist are told from those who do."""

import pytest

from shared.events import Person
from shared.sample import is_sample


@pytest.mark.parametrize(
    ("person", "nobody"),
    [
        (Person(email="x@example.invalid"), True),
        (Person(email=" X@Example.Invalid"), True),
        (Person(external_id="application/afterword-test-1"), True),
        (Person(email="x@example.org"), False),
        (Person(email="x@notexample.invalid"), False),
        (Person(email="example.invalid@example.org", external_id="afterword"), False),
        (Person(phone="+13302818004"), False),
    ],
)
def test_nobody_is_told_by_address_or_id(person: Person, *, nobody: bool) -> None:
    """The whole domain, and nothing that looks like it."""
    assert is_sample(person) is nobody
