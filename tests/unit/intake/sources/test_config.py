"""Whose no it is: the platform's word, the operator's mapping, and what is left in doubt."""

import pytest

from services.intake.sources.config import Config
from shared.checked import checked
from shared.errors import Invalid
from shared.reasons import Side, Who


def reasons(**mapped: Side) -> Config:
    """A configuration that maps these reasons."""
    return checked(Config, {"reasons": mapped})


@pytest.mark.parametrize(
    ("told", "mapped", "who"),
    [
        ("unknown", "candidate", "candidate"),
        ("unknown", "company", "company"),
        ("candidate", "candidate", "candidate"),
        ("company", "company", "company"),
        ("candidate", "company", "unknown"),  # one of them is wrong, and nobody knows which
        ("company", "candidate", "unknown"),
        ("candidate", "ignore", None),
        ("company", "ignore", None),
        ("unknown", "ignore", None),
    ],
)
def test_a_mapped_reason_tells_where_the_platform_does_not(told: Who, mapped: Side, who: Who | None) -> None:
    """And never against it: a person looks."""
    assert reasons(withdrew=mapped).reading(told, "Withdrew").who == who


@pytest.mark.parametrize("told", ["candidate", "company", "unknown"])
@pytest.mark.parametrize("reason", [None, "", "Withdrew from the talks"])
def test_a_reason_that_is_not_mapped_changes_nothing(told: Who, reason: str | None) -> None:
    """Not even one that begins like a mapped one."""
    assert reasons(withdrew="candidate").reading(told, reason).who == told


def test_a_reason_is_known_in_every_spelling() -> None:
    """Letter case, width and spaces do not tell two apart."""
    config = checked(Config, {"reasons": {"  Rückzug  durch   Bewerber ": "candidate"}})
    assert config.reading("unknown", "RU\u0308CKZUG durch\u00a0Bewerber").who == "candidate"


def test_names_of_one_reason_that_are_mapped_differently_leave_a_doubt() -> None:
    """Its text to one side, its id to the other; unless one says that it is none."""
    config = checked(Config, {"reasons": {"withdrew": "candidate", "9": "company", "10": "ignore"}})
    assert config.reading("unknown", "withdrew", "9").who == "unknown"
    assert config.reading("unknown", "withdrew", "10").who is None


def test_a_reading_names_the_reason_as_it_was_sent_and_once() -> None:
    """In the platform's spelling, its text first; two spellings of one name are one."""
    config = checked(Config, {"reasons": {"withdrew": "candidate"}})
    read = config.reading("unknown", "WITHDREW", "9", None, "withdrew", " ")
    assert [(one.name, one.side) for one in read.reasons] == [("WITHDREW", "candidate"), ("9", None)]
    assert read.told == "unknown"


def test_a_fault_repeats_no_value() -> None:
    """It is told by its place."""
    with pytest.raises(Invalid) as refused:
        checked(Config, {"reasons": {"withdrew": "aphasia"}})
    assert [fault.pointer for fault in refused.value.errors] == ["/reasons/withdrew"]
    assert "aphasia" not in str(refused.value)
