"""Text folded for matching, with the way back to the original: what a reader sees is what a rule reads.

Disguise (invisible letters, look-alikes, letters spaced out) is undone here and remembered as an oddity.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import re2

from services.policy.text import alphabet, rendered

Oddity = Literal["invisible", "direction", "mixed_script", "spaced_out", "too_long"]

#: Longer than any honest message; what is beyond is not read, and the text is never taken for permission.
LONGEST = 20_000
#: A word in a pattern of folded letters. It reads our own patterns only, and them all at the start, so it may be
#: of the module that is quicker with many short hits.
FOLDED_WORD = re.compile(r"[a-z'\u0370-\u03ff\u0400-\u052f]+")
#: More than one blank, or another than a space.
_BLANKS = re.compile(r"[ \t\r\v\f]{2,}|[\t\r\v\f]")
_PAIR = re2.compile(r"\b[a-z] [a-z](?: [a-z])?\b")
#: Fewer single letters in a row are initials.
_SPACED_AT_LEAST = 4


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace `start:end` of a text by `new`."""

    start: int
    end: int
    new: str


@dataclass(frozen=True, slots=True)
class Normal:
    """A folded text. `origins[i]` is where letter i came from; None: each letter stands where it stood."""

    original: str
    text: str
    origins: Sequence[int] | None
    oddities: frozenset[Oddity]

    def evidence(self, start: int, end: int) -> str:
        """What stands in the original where `start:end` stands in the folded text."""
        if self.origins is None:
            return self.original[start:end].strip()
        return self.original[self.origins[start] : self.origins[end]].strip()

    def rewritten(self, edits: Sequence[Edit]) -> "Normal":
        """The same text with edits, in ascending order and apart from each other, applied."""
        if not edits:
            return self
        before = self.origins if self.origins is not None else range(len(self.text) + 1)
        pieces: list[str] = []
        origins: list[int] = []
        at = 0
        for edit in edits:
            pieces += (self.text[at : edit.start], edit.new)
            origins += before[at : edit.start]
            origins += [before[edit.start]] * len(edit.new)
            at = edit.end
        pieces.append(self.text[at:])
        origins += before[at:]
        return Normal(self.original, "".join(pieces), origins, self.oddities)


def normalise(original: str) -> Normal:
    """Fold `original`: NFKC, case, accents of Latin and Greek, look-alikes, invisible letters, spacing."""
    cut = original[:LONGEST]
    oddities: set[Oddity] = {"too_long"} if len(original) > LONGEST else set()
    if cut.isascii():
        folded = Normal(original, cut.lower(), None, frozenset(oddities))
    else:
        folded = _folded(original, cut, oddities)
    folded = folded.rewritten([Edit(*shown) for shown in rendered.shown(folded.text)])
    folded = folded.rewritten(_parted(folded))
    folded = folded.rewritten(_spaces(folded.text))
    edits = _spaced_out(folded.text)
    if edits:
        folded = folded.rewritten(edits)
        folded = folded.rewritten(_doubled(folded.text))
        oddities.add("spaced_out")
    return Normal(original, folded.text, folded.origins, frozenset(oddities))


def _folded(original: str, cut: str, oddities: set[Oddity]) -> Normal:
    letters: Sequence[str] = cut
    starts: Sequence[int] = range(len(cut))
    if not unicodedata.is_normalized("NFC", cut):
        letters, starts = _composed(cut)
    present = set(cut)
    if present & alphabet.INVISIBLE:
        oddities.add("invisible")
    if present & (alphabet.DIRECTION | alphabet.TAGS):
        oddities.add("direction")
    if alphabet.mixes(present):
        mended = alphabet.unmixed(letters)
        if mended is not letters:
            oddities.add("mixed_script")
            letters = mended
    text = alphabet.folded(letters)
    lengths = {letter: len(alphabet.FOLD[letter]) for letter in set(letters)}
    if len(letters) == len(cut) and set(lengths.values()) == {1}:
        return Normal(original, text, None, frozenset(oddities))
    origins = [start for start, letter in zip(starts, letters, strict=True) for _ in range(lengths[letter])]
    return Normal(original, text, [*origins, len(cut)], frozenset(oddities))


def _composed(cut: str) -> tuple[list[str], list[int]]:
    """Letters with their marks composed (NFC), each with the place where it starts."""
    letters: list[str] = []
    starts: list[int] = []
    for place, letter in enumerate(cut):
        joined = unicodedata.normalize("NFC", letters[-1] + letter) if letters else ""
        if len(joined) == 1:
            letters[-1] = joined
        else:
            letters.append(letter)
            starts.append(place)
    return letters, starts


def _parted(folded: Normal) -> list[Edit]:
    """`no thanks.Stop` becomes two sentences, and `do_not_write` three words."""
    text = folded.text
    edits = [Edit(at, at + 1, " ") for at in _between_letters(text, "_")]
    for mark in ".!?":
        for at in _between_letters(text, mark):
            follows = folded.evidence(at + 1, at + 2), folded.evidence(at + 2, at + 3)
            if text[at - 2 : at].isalpha() and follows[0].isupper() and follows[1].islower():
                edits.append(Edit(at + 1, at + 1, " "))
    return sorted(edits, key=lambda edit: edit.start)


def _between_letters(text: str, mark: str) -> Iterator[int]:
    at = text.find(mark)
    while at >= 0:
        if text[max(at - 1, 0)].isalpha() and text[at + 1 : at + 2].isalpha():
            yield at
        at = text.find(mark, at + 1)


def _spaces(text: str) -> list[Edit]:
    """Runs of blanks become one. Line breaks stay: they may end a sentence."""
    if "  " not in text and "\t" not in text and "\r" not in text and "\v" not in text and "\f" not in text:
        return []
    # Two blanks part words whose letters are spaced out, so the join must not see one blank there.
    return [
        Edit(start, end, "  " if _between_single_letters(text, start, end) else " ")
        for start, end in (match.span() for match in _BLANKS.finditer(text))
    ]


def _between_single_letters(text: str, start: int, end: int) -> bool:
    return text[start - 2 : start - 1] in {" ", ""} and text[end + 1 : end + 2] in {" ", ""}


def _doubled(text: str) -> list[Edit]:
    """Two blanks that parted spaced-out words become one, and a short word between them is joined as well."""
    edits = [
        Edit(match.start(), match.end(), match.group().replace(" ", "")) for match in _PAIR.finditer(text)
    ]
    taken = {place for edit in edits for place in range(edit.start, edit.end)}
    at = text.find("  ")
    while at >= 0:
        if at not in taken:
            edits.append(Edit(at, at + 2, " "))
        at = text.find("  ", at + 2)
    return sorted(edits, key=lambda edit: edit.start)


def _spaced_out(text: str) -> list[Edit]:
    """`s t o p` and `s.t.o.p` become `stop`."""
    edits: list[Edit] = []
    for match in alphabet.SPACED.finditer(text) if alphabet.SPACED_AT_ALL.search(text.encode()) else ():
        word = "".join(letter for letter in match.group() if letter.isalpha())
        if len(word) >= _SPACED_AT_LEAST:
            edits.append(Edit(match.start(), match.end(), word))
    return edits
