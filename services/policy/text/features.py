"""The signs by which a text is weighed: its words, their parts, and which words follow each other. Pure."""

import re
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

#: Words of any script; a question and an exclamation are words too. Longer ones are cut: nobody writes them.
_WORD = re.compile(r"\w{1,40}|[?!]")
_SHORTEST_PART, _LONGEST_PART = 2, 5
#: A sign is stored as a polynomial of its letters at this place, modulo 2 to the 64.
_AT, _ALL_BITS = 0x9E3779B97F4A7C15, 2**64 - 1
#: As much of a word as says what it is about, whatever its ending.
_STEM = 4
#: Words of a text that are weighed; beyond, an honest one has said what it says.
MOST_WORDS = 600
#: Fewer words weigh as if they were so many: one word alone is not sure of anything.
SHORTEST = 3


def words_of(text: str) -> list[str]:
    """The words of a folded text, in order."""
    return _WORD.findall(text)[:MOST_WORDS]


def spans_of(text: str) -> list[tuple[int, int]]:
    """Where those words stand."""
    return [match.span() for match in _WORD.finditer(text)][:MOST_WORDS]


def of_word(word: str) -> Iterator[str]:
    """The signs of one word by itself: the word, and its parts with its ends marked."""
    yield f"={word}"
    marked = f"<{word}>"
    for length in range(_SHORTEST_PART, _LONGEST_PART + 1):
        for start in range(len(marked) - length + 1):
            yield marked[start : start + length]


def code(sign: str) -> int:
    """A sign as it is stored: 48 bits, which no two signs of the weights share."""
    return int(_spread(np.array([_polynomial(sign)], np.uint64))[0])


def codes_of(words: Sequence[str]) -> tuple[NDArray[np.uint64], NDArray[np.intp]]:
    """The codes of the signs of several words, all at once, and whose each one is, by its place among them."""
    marked = [f"<{word}>" for word in words]
    letters = np.frombuffer("".join(marked).encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    of = np.repeat(np.arange(len(words)), [len(word) for word in marked])
    values = [np.array([_polynomial(f"={word}") for word in words], np.uint64)]
    whose = [np.arange(len(words))]
    parts = letters
    for length in range(_SHORTEST_PART, _LONGEST_PART + 1):
        parts = parts[:-1] * np.uint64(_AT) + letters[length - 1 :]
        within = of[: len(parts)] == of[length - 1 :]
        values.append(parts[within])
        whose.append(of[: len(parts)][within])
    return _spread(np.concatenate(values)), np.concatenate(whose)


def _polynomial(sign: str) -> int:
    value = 0
    for letter in sign:
        value = value * _AT + ord(letter) & _ALL_BITS
    return value


def _spread(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Sums whose every bit depends on all letters (the finish of SplitMix64, Steele and others 2014)."""
    values = (values ^ values >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ values >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return (values ^ values >> np.uint64(31)) >> np.uint64(16)


def stem_of(word: str) -> str:
    """What counts of a word beside its neighbours. Whole words, or wider ones, carried over no better."""
    return word[:_STEM]


_LETTERS = re.compile(r"[^\W\d_]+")
#: Small words that stand in names, of the languages of Europe and in Latin letters beyond.
_PARTICLE = re.compile(
    r"a|af|al|am|ap|av|ben|bint?|d|da|dal|dalla|de|degli|del|della|dello|de[nr]|des|d[iou]|dos|e|el|ibn|in?|l[ae]|las|los"
    r"|na|of?|op|san|st|te?|ten|ter|the|til|tot|und|v|van|vo[mn]|[yz]|zu[mr]?"
)
_MOST_COUNTED = 9


def of_label(field: str, text: str, words: Sequence[str]) -> tuple[str, ...]:
    """What a name, a title or a company is weighed by: its field, how many words it has, whether small ones
    stand among great ones, and its words.
    """
    cased = [word for word in _LETTERS.findall(text) if word.lower() != word.upper()]
    small = any(word.islower() and not _PARTICLE.fullmatch(word) for word in cased)
    mixed = small and any(not word.islower() for word in cased)
    marks = (f"§{field[0]}", f"§{min(len(words), _MOST_COUNTED)}", *(("§m",) if mixed else ()))
    return (*marks, *words)
