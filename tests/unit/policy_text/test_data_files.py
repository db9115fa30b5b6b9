import pytest

from services.policy.text.lexicon import lexicon
from services.policy.text.lint import faults


@pytest.mark.parametrize("language", [file.language for file in lexicon().files])
def test_each_rule_hits_its_examples_and_none_of_its_near_misses(language: str) -> None:
    """A data file is sound, and each of its rules speaks on its examples and is silent on its near-misses."""
    assert list(faults(lexicon(), [language])) == []
