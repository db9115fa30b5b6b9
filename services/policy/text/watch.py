"""Which rules may speak on a text, told by its words: that costs less than to look for each rule.

A rule matches in one of several ways, and each way needs a few sets of clues: one of each set stands in whatever
the rule speaks on. A way is a bit, in as many layers as there are sets; a word has the bits of the sets that it
gives a clue of.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Starts = NDArray[np.uint32]
Places = NDArray[np.uint16]

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
#: Words whose bits are kept at hand; then it begins anew. Longer ones are not kept.
_KEPT_WORDS, _KEPT_LETTERS = 8_000, 40


def clues_of(word: bytes) -> set[bytes]:
    """Every clue that a word gives by itself."""
    marked = b"<%s>" % word
    clues = {
        marked[start : start + length]
        for length in range(1, LONGEST_CLUE + 1)
        for start in range(len(marked) - length + 1)
    }
    return clues if word.isalpha() or not re.search(rb"\d", word) else clues | {FIGURE}


def pair(word: bytes, following: bytes) -> bytes:
    """The clue that two neighbours give."""
    return b"%s.%s" % (word, following)


class Watch:
    """Rules by the clues without which they do not speak.

    `rules` has the rule of each bit; `clues` are in order, and those of `places` that lie between `starts[i]` and
    `starts[i + 1]` are the places of clue i: its layer times the number of bits, and the bit.
    """

    def __init__(self, rules: Sequence[int], clues: Sequence[bytes], starts: Starts, places: Places) -> None:
        self._rules = rules
        self._width = len(rules)
        self._clues = {clue: number for number, clue in enumerate(clues)}
        self._starts, self._places = starts, places
        asked = np.zeros(LAYERS * self._width, bool)
        asked[places] = True
        #: What needs no clue, in layers where a way needs none.
        self._unasked = _bits(~asked)
        self._words: dict[bytes, int] = {}

    def bits_of(self, rules: Iterable[int]) -> int:
        """Some rules as bits."""
        wanted = set(rules)
        return _bits(np.array([rule in wanted for rule in self._rules], bool))

    def may_speak(self, words: Sequence[bytes]) -> int:
        """The bits of the ways in which rules may speak on these words, which follow each other."""
        found, known = self._unasked, self._words
        for word in words:
            if (bits := known.get(word)) is None:
                bits = self._learn(word, clues_of(word))
            if bits:
                found |= bits
        for two in [pair(word, following) for word, following in pairwise(words)]:
            if two in self._clues:
                found |= known.get(two) or self._learn(two, {two})
        width = self._width
        found &= found >> 2 * width
        return found & found >> width & ((1 << width) - 1)

    def rules(self, bits: int) -> Iterator[int]:
        """The rules of some bits."""
        while bits:
            bit = bits.bit_length() - 1
            yield self._rules[bit]
            bits ^= 1 << bit

    def _learn(self, word: bytes, clues: set[bytes]) -> int:
        taken = np.zeros(LAYERS * self._width, bool)
        for number in map(self._clues.__getitem__, clues & self._clues.keys()):
            taken[self._places[self._starts[number] : self._starts[number + 1]]] = True
        bits = _bits(taken)
        if len(word) <= _KEPT_LETTERS:
            if len(self._words) >= _KEPT_WORDS:
                self._words.clear()
            self._words[word] = bits
        return bits


def _bits(taken: NDArray[np.bool_]) -> int:
    return int.from_bytes(np.packbits(taken, bitorder="little").tobytes(), "little")
