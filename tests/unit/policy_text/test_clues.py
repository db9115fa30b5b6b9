"""The words without which a rule is not even looked for: none that speaks may be overlooked."""

from collections.abc import Mapping

import numpy as np
import pytest

from services.policy.text.clues.file import found
from services.policy.text.clues.ways import Finder
from services.policy.text.datafile import Within
from services.policy.text.lexicon import CLUES, SUBJECTS, Lexicon, lexicon, unwatched
from services.policy.text.reading import read
from services.policy.text.watch import WORD, Watch


def test_the_stored_clues_are_those_of_the_rules_that_are_here() -> None:
    """Whoever changes a rule works them out anew: `make clues`."""
    with CLUES.open("rb") as opened, np.load(opened) as stored:
        for name, array in found(["content"]).items():
            assert np.array_equal(stored[name], array), name


def test_no_rule_that_speaks_is_overlooked() -> None:
    """Where every rule is looked for in every text, whatever its clues say, the hits are the same."""
    rules = lexicon().rules
    whole = Lexicon(lexicon().files, unwatched(rules))
    for text in [example for rule in rules for example in rule.entry.examples][::25]:
        views = read(text, lexicon()).views
        for subject in SUBJECTS:
            assert _told(whole, subject, views) == _told(lexicon(), subject, views)


def _told(lexicon_: Lexicon, subject: str, views: Mapping[Within, bytes]) -> list[tuple[str, int, int]]:
    return [(hit.rule.entry.id, hit.start, hit.end) for hit in lexicon_.hits(subject, views)]


@pytest.mark.parametrize(
    ("pattern", "ways"),
    [
        (r"\bunsubscribe\b", [["<unsubscri"]]),
        (r"\bno (?:more|extra)\b", [["<extra> no.more", "<more> no.extra", "<no>"]]),
        (r"\b(?:stop|cease)\b.{0,20}\b(?:this|it)\b", [["<cease> <stop>", "<it> <this>"]]),
        (r"\bcontact\w*|\bwrite to\b", [["<contact"], ["<write>", "write.to", "<to>"]]),
        (r"\bget (?:\w+ ){0,2}lost", [["<lost", "<get>"]]),
        (r"\w+|\bstop\b", [[]]),
        (r"(?:please )*", [[]]),
        (r"\d ?%", [["<%>", "\\d"]]),
        (r"отпис", [["отпис"]]),
    ],
)
def test_the_ways_of_a_pattern(pattern: str, ways: list[list[str]]) -> None:
    """What is needed is found, and what may be left out is not asked for."""
    found_ways = Finder({}).ways(pattern)
    assert [[" ".join(sorted(clues)) for clues in way] for way in found_ways] == ways


def test_a_rule_may_speak_where_each_of_its_sets_has_a_word() -> None:
    """In any order; one word may give several clues, and a rule of which nothing is known always may."""
    clues = [b"<no>", b"<more", b"no.more", b"<stop>"]
    # Three ways: rule 7 needs `no` and `more`, rule 8 the pair or `stop`, rule 9 nothing.
    places = [[0], [3], [1], [1]]
    starts = np.cumsum([0, *map(len, places)], dtype=np.uint32)
    watch = Watch([7, 8, 9], clues, starts, np.array([0, 3, 1, 1], np.uint16))

    def rules(text: bytes) -> set[int]:
        return watch.may_speak(WORD.findall(text), watch.ways_of([7, 8, 9]))

    assert rules(b"no more") == {7, 8, 9}
    assert rules(b"moreover, no") == {7, 9}
    assert rules(b"stop") == {8, 9}
    assert rules(b"nor more") == {9}
    assert watch.may_speak([b"no", b"more"], watch.ways_of([7])) == {7}
