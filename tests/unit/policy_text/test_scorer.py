"""Texts weighed as a whole."""

from importlib import resources

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.policy.text.features import code, codes_of, of_word, spans_of, words_of
from services.policy.text.scorer import GROUPS, Scale, scales
from tests.eval.corpus import digest


def fresh(group: str) -> Scale:
    """A scale that has met no word yet."""
    file = resources.files("services.policy.text") / "data" / "weights.npz"
    with file.open("rb") as opened, np.load(opened) as stored:
        return Scale(group, stored)


FRESH = {group: fresh(group) for group in GROUPS}


def test_the_weights_were_learnt_from_the_texts_that_are_here() -> None:
    """Whoever changes a labelled text learns anew: `make train`."""
    file = resources.files("services.policy.text") / "data" / "weights.npz"
    with file.open("rb") as opened, np.load(opened) as stored:
        assert bytes(stored["learnt_from"]).decode() == digest()


def test_the_words_of_a_wish_weigh_for_it_and_are_shown() -> None:
    """The shares say what it is, and the evidence is of its words."""
    scale, text = scales()["replies"], "thank you kindly. i would rather you forgot this address for good."
    weighed = scale.weigh(words_of(text))["reply"]
    assert weighed.likeliest == "declined_permanent_optout"
    assert weighed.share(*weighed.labels) == 1
    start, end = scale.telling(text, "reply", weighed.likeliest)
    assert "forgot" in text[start:end] or "good" in text[start:end]


@given(st.lists(st.text(max_size=400), min_size=1, max_size=4))
def test_what_was_weighed_before_changes_nothing(texts: list[str]) -> None:
    """The words kept at hand give what their signs give, for any text; and the evidence lies in the text."""
    split = [words_of(text) for text in texts]
    for group, kept in FRESH.items():
        assert kept.weigh_each(split) == [scales()[group].weigh(words) for words in split]
    start, end = scales()["conduct"].telling(texts[0], "conduct", "not decent")
    assert 0 <= start <= end <= len(texts[0])


def test_a_scale_that_is_full_begins_anew() -> None:
    """Any number of words, never more memory; and the sums stay right."""
    scale, text = fresh("content"), ["kind", "regards"]
    first = scale.weigh(text)
    for number in range(60):
        scale.weigh([f"w{number}x{place}" for place in range(500)])
    assert len(scale._words) <= len(scale._rows)
    assert scale.weigh(text) == first


@given(st.lists(st.from_regex(r"\w{1,40}|[?!]", fullmatch=True), min_size=1))
def test_signs_of_many_words_are_coded_as_each_by_itself(words: list[str]) -> None:
    """Learning looks at one sign after another, judging at all at once; both mean the same."""
    codes, whose = codes_of(words)
    for place, word in enumerate(words):
        assert sorted(codes[whose == place].tolist()) == sorted(map(code, of_word(word)))


def test_the_parts_of_a_word_mark_its_ends() -> None:
    """So that an ending is told from a beginning."""
    assert list(of_word("no")) == ["=no", "<n", "no", "o>", "<no", "no>", "<no>"]
    assert [("a b?"[s:e]) for s, e in spans_of("a b?")] == words_of("a b?") == ["a", "b", "?"]
