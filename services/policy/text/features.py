"""The signs by which a text is weighed: its words, their parts, and which words follow each other. Pure."""

import re
from binascii import crc_hqx
from collections.abc import Iterator, Sequence
from zlib import crc32

#: Words of any script; a question and an exclamation are words too. Longer ones are cut: nobody writes them.
_WORD = re.compile(r"\w{1,40}|[?!]")
_SHORTEST_PART, _LONGEST_PART = 2, 5
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
    """A sign as it is stored: 48 bits of two checksums, which no two signs of the weights share."""
    read = sign.encode("utf-8", "replace")
    return crc32(read) << 16 | crc_hqx(read, 0)


def stems_of(words: Sequence[str]) -> list[str]:
    """What counts of words beside their neighbours. Whole words, or wider ones, carried over no better."""
    return [word[:_STEM] for word in words]


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
