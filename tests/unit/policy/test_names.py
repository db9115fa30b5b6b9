"""A name is kept where it is one."""

import pytest

from services.policy.hearing import Hearing
from services.policy.text.lexicon import lexicon
from shared.events import Person


@pytest.mark.parametrize(
    "name",
    [
        "Great Salary Call Me",
        "Bewirb dich jetzt",
        "Aplica ahora Grace",
        "Apply Now Grace",
        "We pay double",
        "Grace https://evil.example",
        "<b>Grace</b>",
    ],
)
def test_a_pitch_is_not_kept_as_a_name(name: str) -> None:
    """The person stays who they are; only the greeting goes without."""
    person = Person(name=name, email="grace@example.org")
    assert Hearing(lexicon()).fit(person) == Person(email="grace@example.org")


@pytest.mark.parametrize(
    "name",
    ["Grace Hopper", "José María O'Neill-Pérez", "Nguyễn Văn An", "山田 太郎", "Will Call", "Mark Price"],
)
def test_a_name_is_kept_also_where_its_words_mean_something(name: str) -> None:
    """In any script; one word of a pitch makes none. Nobody without a name is given one."""
    assert Hearing(lexicon()).fit(Person(name=name)).name == name
    assert Hearing(lexicon()).fit(Person(email="grace@example.org")).name is None
