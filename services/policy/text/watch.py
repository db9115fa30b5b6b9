"""Which rules may speak on a text, told by its words: that costs less than to look for each rule.

A rule matches in one of several ways, and each way needs a few sets of clues: one of each set stands in whatever
the rule speaks on. A way has a place in as many layers as there are sets; a word tells the places of the sets that
it gives a clue of.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Starts = NDArray[np.uint32]
Places = NDArray[np.uint16]
Ways = NDArray[np.bool_]

#: Signs that are words by themselves.
SIGNS = "?%$&#+=*@/"
#: A word of a view.
WORD = re.compile(rb"[0-9a-z_]+|[\x80-\xff]+|[%s]" % re.escape(SIGNS.encode()))
#: A clue is a piece of a word with its ends marked, and cut where it is longer; or two words that follow each other.
LONGEST_CLUE = 10
#: The clue that any figure gives.
FIGURE = b"\\d"
#: Sets of clues that a way needs at most.
LAYERS = 4
#: Words whose places are kept at hand; then it begins anew. Longer ones are not kept.
_KEPT_WORDS, _KEPT_LETTERS = 20_000, 40


def clues_of(word: bytes) -> set[bytes]:
    """Every clue that a word gives by itself."""
    marked = b"<%s>" % word
    clues = {
        marked[start : start + length]
        for length in range(1, LONGEST_CLUE + 1)
        for start in range(len(marked) - length + 1)
    }
    return clues if word.isalpha() or not re.search(rb"\d", word) else clues | {FIGURE}


def pair(neighbours: tuple[bytes, bytes]) -> bytes:
    """The clue that two words give which follow each other."""
    return b".".join(neighbours)


class Watch:
    """Rules by the clues without which they do not speak.

    `rules` has the rule of each way; `clues` are in order, and those of `places` that lie between `starts[i]` and
    `starts[i + 1]` are the places of clue i: its layer times the number of ways, and the way.
    """

    def __init__(self, rules: Sequence[int], clues: Sequence[bytes], starts: Starts, places: Places) -> None:
        self._rules = np.array(rules, np.intp)
        self._clues = {clue: number for number, clue in enumerate(clues)}
        self._starts, self._places = starts.tolist(), places
        #: What needs no clue, in the layers where a way needs none.
        self._unasked = np.ones(LAYERS * len(rules), bool)
        self._unasked[places] = False
        self._words: dict[bytes, Places] = {}

    def ways_of(self, rules: Iterable[int]) -> Ways:
        """The ways of some rules."""
        return np.isin(self._rules, list(rules))

    def may_speak(self, words: Sequence[bytes], among: Ways) -> set[int]:
        """Those rules of some ways that may speak on these words, which follow each other."""
        known = self._words
        told = [known[word] if word in known else self._learn(word) for word in set(words)]
        told += map(self._told_by, self._clues.keys() & map(pair, set(pairwise(words))))
        met = self._unasked.copy()
        met[np.concatenate((self._places[:0], *told))] = True
        return set(self._rules[np.logical_and.reduce((*met.reshape(LAYERS, -1), among))].tolist())

    def _told_by(self, clue: bytes) -> Places:
        number = self._clues[clue]
        return self._places[self._starts[number] : self._starts[number + 1]]

    def _learn(self, word: bytes) -> Places:
        known = self._clues.keys() & clues_of(word)
        told = np.concatenate((self._places[:0], *map(self._told_by, known)))
        if len(word) <= _KEPT_LETTERS:
            if len(self._words) >= _KEPT_WORDS:
                self._words.clear()
            self._words[word] = told
        return told
