"""May two names be one person's? Only where each part agrees: two strangers are never one."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from services.policy.given_names import one_name
from services.policy.spellings import Fold, ways_across
from services.policy.text import alphabet
from shared.spelling import plain_text

#: Before a name, or behind it.
_FORMS_OF_ADDRESS = frozenset(
    (
        *("mr", "mrs", "ms", "miss", "dr", "prof", "herr", "frau", "mme", "sr", "sra"),
        *("phd", "mba", "msc", "bsc", "esq", "cpa"),
    )
)
#: Which of a family's people of one name. As a first word each is something else: Sr. Ruiz, Junior Silva.
_GENERATIONS = {
    **dict.fromkeys(("jr", "jun", "junior"), "junior"),
    **dict.fromkeys(("sr", "sen", "senior"), "senior"),
    **{word: word for word in ("ii", "iii", "iv")},
}
_NO_NAMES = _FORMS_OF_ADDRESS | _GENERATIONS.keys()
#: The family's name comes first, and spaces are as one likes.
_UNSPACED = frozenset({"han", "kana", "hangul"})
_BREAK = re.compile(r"[\s.]+")
_APOSTROPHES = str.maketrans(dict.fromkeys("'\u2018\u2019\u02bc`\u00b4"))
#: Said about a name, as a maiden name or pronouns are.
_ASIDE = re.compile(r"[(\[][^)\]]*[)\]]")

#: The forms of one part of a name.
_Ways = frozenset[str]


@dataclass(frozen=True, slots=True)
class _Name:
    """A name in its parts, the first one first, without what is no name."""

    words: tuple[str, ...]
    generation: str | None

    def readings(self) -> Iterator[list[str]]:
        """A hyphen may part two names, or the syllables of one."""
        yield [part for word in self.words for part in word.split("-") if part]
        if any("-" in word for word in self.words):
            yield [word.replace("-", "") for word in self.words]


def agree(one: str, other: str, *, in_full: bool = False) -> bool:
    """Whether both may be names of one person; a name that is missing agrees with any.

    The family's name is the same, or one name has none; given names are the same, or one is left out, an
    initial or a known short form of the other; in any order. Not so `in_full`: then each part must be there.
    """
    mine, theirs = _read(one), _read(other)
    if not mine.words or not theirs.words:
        return True
    if mine.generation and theirs.generation and mine.generation != theirs.generation:
        return False
    scripts = {alphabet.script(mine.words[0][0]), alphabet.script(theirs.words[0][0])}
    if scripts <= _UNSPACED:
        return _unspaced(mine.words, theirs.words, in_full=in_full)
    fold = ways_across(scripts)
    return any(
        _parts_agree(*sorted(pair, key=len), fold=fold, in_full=in_full)
        for pair in product(mine.readings(), theirs.readings())
    )


def _read(name: str) -> _Name:
    family, _, given = plain_text(_ASIDE.sub(" ", name)).lower().partition(",")
    first, last = list(_words(given)), list(_words(family))
    if _NO_NAMES.issuperset(first):
        first, last = last, first
    words = first + last
    told = [_GENERATIONS[word] for word in words[1:] if word in _GENERATIONS]
    bare = words[:1] + [word for word in words[1:] if word not in _GENERATIONS]
    return _Name(tuple(word for word in bare if word not in _FORMS_OF_ADDRESS), told[0] if told else None)


def _words(text: str) -> Iterator[str]:
    for word in _BREAK.split(text):
        bare = word.translate(_APOSTROPHES).strip('-"')
        if any(map(str.isalpha, bare)):
            yield bare


def _parts_agree(fewer: Sequence[str], more: Sequence[str], *, fold: Fold, in_full: bool) -> bool:
    """Whether each part of one name is a part of the other, and where both have two, one exactly so."""
    mine, theirs = [*map(fold, fewer)], [*map(fold, more)]
    if "".join(map(min, mine)) == "".join(map(min, theirs)):
        return True
    exact, mine, theirs = _paired(mine, theirs, lambda part, its: not part.isdisjoint(its))
    if in_full:
        return not mine and not theirs
    if len(fewer) > 1 and not any(len(way) > 1 for part in exact for way in part):
        return False
    return not _paired(mine, theirs, lambda part, its: _initial(part, its) or one_name(part, its, fold))[1]


def _paired(
    mine: Iterable[_Ways], theirs: Iterable[_Ways], alike: Callable[[_Ways, _Ways], bool]
) -> tuple[list[_Ways], list[_Ways], list[_Ways]]:
    """The parts of the one that have a part of the other each, and what is left of both."""
    found, lacking, left = [], [], list(theirs)
    for part in mine:
        twin = next((its for its in left if alike(part, its)), None)
        if twin is None:
            lacking.append(part)
        else:
            found.append(part)
            left.remove(twin)
    return found, lacking, left


def _initial(one: _Ways, other: _Ways) -> bool:
    return any(
        mine.startswith(its) or its.startswith(mine)
        for mine, its in product(one, other)
        if min(len(mine), len(its)) == 1
    )


def _unspaced(one: Sequence[str], other: Sequence[str], *, in_full: bool) -> bool:
    """Whether both are one name, or one is the family's or the given name alone.

    One letter more is another given name, where the shorter one is more than a family's.
    """
    short, long = sorted(("".join(one), "".join(other)), key=len)
    if sorted(one) == sorted(other) or short == long:
        return True
    if in_full or min(len(one), len(other)) > 1:
        return False
    spaced = one if len(one) > 1 else other
    if len(spaced) > 1:
        return short in spaced
    family = long.startswith(short) and (len(short) == 1 or len(long) > len(short) + 1)
    return family or long.endswith(short)
