"""The table of given names: each word is read as what it is."""

from importlib import resources

import pytest
import yaml

from services.policy.given_names import one_name
from services.policy.spellings import sounds, spellings

TABLE: dict[str, str] = yaml.safe_load(
    (resources.files("services.policy") / "given_names.yaml").read_text("utf-8")
)


def test_a_name_has_one_entry_and_is_no_short_form_of_itself() -> None:
    """Else two entries would hold half of it each."""
    names = [name for spelled in TABLE for name in spelled.split()]
    assert len(names) == len(set(names))
    assert not [names for names, short in TABLE.items() if set(names.split()) & set(short.split())]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("bob", "robert", True),
        ("stephen", "steven", True),
        ("alex", "alexander", True),
        ("alex", "alexandra", True),
        ("alexander", "alexandra", False),
        ("bob", "rob", False),
        ("bob", "roberta", False),
        ("bob", "bob's", False),
    ],
)
def test_a_short_form_is_one_of_the_whole_name(one: str, other: str, *, same: bool) -> None:
    """Of each that it is short for, and of no other short form."""
    assert one_name(spellings(one), spellings(other), spellings) is same
    assert one_name(spellings(other), spellings(one), spellings) is same


def test_a_short_form_is_known_in_other_letters() -> None:
    """By its sound."""
    assert one_name(sounds("саша"), sounds("александр"), sounds)
    assert not one_name(sounds("саша"), sounds("павел"), sounds)
