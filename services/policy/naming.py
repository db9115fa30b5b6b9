"""May two names be one person's? Only those that clearly may not are told apart."""

import re
from collections.abc import Sequence

from services.policy.text import alphabet
from shared.spelling import plain_text

_FORMS_OF_ADDRESS = frozenset(
    ("mr", "mrs", "ms", "miss", "dr", "prof", "herr", "frau", "m", "mme", "sr", "sra", "phd")
)
#: The family's name comes first, and spaces are as one likes.
_UNSPACED = frozenset({"han", "kana", "hangul"})
#: How passports and keyboards without the letter have it, beside leaving its dots away.
_SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
_ROMANISED = str.maketrans(
    dict(zip("абвгґдезиіїјйклмнопрстуўфхыэєъь", [*"abvggdeziiijiklmnoprstuufhyee", "", ""], strict=True))
    | dict(zip("жцчшщюя", ("zh", "ts", "ch", "sh", "shch", "iu", "ia"), strict=True))
)
#: Romanisations differ in these, so that none of them tells two names apart.
_ROMAN_VARIANTS = (
    *(("kh", "h"), ("x", "ks"), ("[jy]", "i"), ("w", "v")),
    *((r"(.)\1+", r"\1"), (r"\bie", "e")),
)
_BREAK = re.compile(r"[\s.]+")


def clearly_different(one: str, other: str) -> bool:
    """Whether both are names, and not of one person however written.

    A person may go by an initial, a short form, a part of the name, another family name after the same first
    name, or the parts in another order.
    """
    mine, theirs = _words(one), _words(other)
    if not mine or not theirs:
        return False
    scripts = {alphabet.script(mine[0][0]), alphabet.script(theirs[0][0])}
    if scripts <= _UNSPACED:
        return sorted(mine) != sorted(theirs) and not _begins_or_ends("".join(mine), "".join(theirs))
    ways = _sounds if scripts == {"latin", "cyrillic"} else _spellings
    fewer, more = sorted(([*map(ways, mine)], [*map(ways, theirs)]), key=len)
    return not _alike(fewer[0], more[0]) and not _covered(fewer, more)


def _words(name: str) -> list[str]:
    """The parts of a name, the first one first, without what is no name."""
    family, _, given = plain_text(name).lower().partition(",")
    words = (word.strip("'-()\"") for word in _BREAK.split(f"{given} {family}"))
    return [word for word in words if _folded(word) and word not in _FORMS_OF_ADDRESS]


def _folded(word: str) -> str:
    return alphabet.folded(word).strip()


def _spellings(word: str) -> frozenset[str]:
    return frozenset({_folded(word), _folded(word.translate(_SPELLED_OUT))})


def _sounds(word: str) -> frozenset[str]:
    """The word in Latin letters, without what its romanisations differ in."""
    roman = _folded(word).translate(_ROMANISED)
    for variant, plainest in _ROMAN_VARIANTS:
        roman = re.sub(variant, plainest, roman)
    return frozenset({roman})


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two parts are one, or one is an initial or a short form: J. and Jana, Alex and Alexandra."""
    return any(mine.startswith(its) or its.startswith(mine) for mine in one for its in other)


def _covered(fewer: Sequence[frozenset[str]], more: Sequence[frozenset[str]]) -> bool:
    """Whether each part of one name is a part of the other, in any order."""
    left = list(more)
    for part in sorted(fewer, key=lambda ways: -max(map(len, ways))):
        found = next((its for its in left if part & its), None) or next(
            (its for its in left if _alike(part, its)), None
        )
        if found is None:
            return False
        left.remove(found)
    return True


def _begins_or_ends(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return long.startswith(short) or long.endswith(short)
