"""The ways to write a word of a name: with the letters that a keyboard has, or in those of another script."""

import re
from collections.abc import Callable
from collections.abc import Set as AbstractSet

from services.policy.text import alphabet

#: The forms that a word has, of which another word of the same name has one.
Fold = Callable[[str], frozenset[str]]

#: How passports and keyboards without the letter have it, beside leaving its dots away.
_SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
#: Within a name the two are one letter of many languages; at the end they may tell Andy from Andi.
_INNER_Y = re.compile(r"(?<=\w)y(?=\w)")
_CYRILLIC = str.maketrans(
    dict(zip("абвгґдезиіїјйклмнопрстуўфхыэєъь", [*"abvggdeziiijiklmnoprstuufhyee", "", ""], strict=True))
    | dict(zip("жцчшщюя", ("zh", "ts", "ch", "sh", "shch", "iu", "ia"), strict=True))
)
#: A sign that is heard before these, and written as an i.
_SOFTENED = re.compile("[ьъ](?=[еюя])")
_GREEK = str.maketrans(
    dict(zip("αβγδεζηικλμνοπρσςτυφω", "avgdeziiklmnoprsstyfo", strict=True))
    | dict(zip("θξχψ", ("th", "x", "ch", "ps"), strict=True))
)
#: Romanisations differ in these, so that none of them tells two names apart.
_VARIANTS = (
    *(("kh", "h"), ("g", "h"), ("[jy]", "i"), ("w", "v"), ("x", "ks")),
    *((r"(.)\1+", r"\1"), ("i[eo]", "e")),
)
_GREEK_VARIANTS = (
    *(("^mp", "b"), ("^nt", "d"), ("gg|gk|nk", "ng"), ("ph", "f"), ("ch", "h")),
    *(("o[uy]", "u"), ("([ae])[uyf]", r"\1v"), ("[eo]i", "i")),
)


def ways_across(scripts: AbstractSet[str]) -> Fold:
    """How to write words of these scripts, so that those of one name have a way in common."""
    if "greek" in scripts:
        return greek_sounds
    return sounds if "cyrillic" in scripts else spellings


def spellings(word: str) -> frozenset[str]:
    """The word without accents, and with the letters that stand for some."""
    plain = (alphabet.folded(form).strip() for form in (word, word.translate(_SPELLED_OUT)))
    return frozenset(_INNER_Y.sub("i", form) for form in plain)


def sounds(word: str) -> frozenset[str]:
    """The word in Latin letters, without what its romanisations differ in."""
    spelled = _SOFTENED.sub("и", alphabet.folded(word).strip())
    return frozenset({_plainest(spelled.translate(_CYRILLIC), _VARIANTS)})


def greek_sounds(word: str) -> frozenset[str]:
    """As `sounds`, of Greek and of what stands beside it."""
    letters = alphabet.folded(word).strip().translate(_GREEK)
    return frozenset({_plainest(letters, (*_GREEK_VARIANTS, *_VARIANTS))})


def _plainest(text: str, variants: tuple[tuple[str, str], ...]) -> str:
    for variant, plainest in variants:
        text = re.sub(variant, plainest, text)
    return text
