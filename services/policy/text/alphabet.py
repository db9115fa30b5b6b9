"""Letters: how each is folded, which are invisible, and which of another script look like which."""

import unicodedata
from collections.abc import Iterable, Sequence
from itertools import groupby

import re2

#: Zero-width letters and fillers. Joiners (200C, 200D) belong to scripts and emoji, so they are judged apart.
INVISIBLE = frozenset("\u00ad\u034f\u115f\u1160\u180e\u200b\u2060\u2061\u2062\u2063\u2064\u3164\ufeff\uffa0")
JOINERS = frozenset("\u200c\u200d")
DIRECTION = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

SPACED = re2.compile(r"\b(?:[a-z][ .*_|/-]){3,}[a-z]\b")
SPACED_AT_ALL = re2.compile(rb"\b[a-z][ .*_|/-][a-z][ .*_|/-][a-z][ .*_|/-][a-z]\b")

_WORDS = {
    "🛑": " stop ", "✋": " stop ", "🚫": " stop ", "⛔": " stop ", "🖕": " fuckyou ", "👍": " thumbsup ",
    "👎": " thumbsdown ", "🤬": " curseface ", "🙏": " ", "🤡": " clownface ", "💩": " poopface ",
}  # fmt: skip
_PLAIN = {
    "ß": "ss", "ø": "o", "æ": "ae", "å": "a", "ł": "l", "đ": "d", "ı": "i", "œ": "oe", "ð": "d", "þ": "th",
    "ħ": "h", "ŋ": "n", "ё": "е", "’": "'", "‘": "'", "‛": "'", "ʼ": "'", "´": "'", "`": "'", "“": '"',
    "”": '"', "„": '"', "«": '"', "»": '"', "‹": '"', "›": '"', "‐": "-", "‑": "-", "‒": "-", "–": "-",
    "—": "-", "―": "-", "−": "-", "…": "...", "、": ", ", "。": ". ", "，": ", ", "！": "! ", "？": "? ",
    "；": "; ", "：": ": ", "،": ", ", "؟": "? ", "؛": "; ", "ـ": "", "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا",
    "ى": "ي", "ة": "ه", "ؤ": "و", "ئ": "ي", "\u2028": "\n", "\u2029": "\n", "\u0085": "\n",
}  # fmt: skip
_SMALL_CAPITAL = "LATIN LETTER SMALL CAPITAL "
_HARAKAT = range(0x064B, 0x0653)
_VARIATION = range(0xFE00, 0xFE10)
TAGS = frozenset(map(chr, range(0xE0000, 0xE0080)))

#: Look-alikes by shape, towards Latin.
_LATIN_FOR = dict(zip("аеорсухіјѕԁһԛԝвкмнтгβακμνορτυχειη", "aeopcyxijsdhqwbkmhtrbakuvoptuxein", strict=True))
_CYRILLIC_FOR = dict(zip("aeopcyxijkmtbh", "аеорсухіјкмтвн", strict=True))


def _fold(letter: str) -> str:
    if letter in _PLAIN or letter in _WORDS:
        return _PLAIN.get(letter) or _WORDS.get(letter, "")
    code = ord(letter)
    if letter in INVISIBLE or letter in JOINERS or letter in DIRECTION or code in _VARIATION:
        return ""
    if code in _HARAKAT or letter in TAGS or unicodedata.category(letter) == "Mn":
        return ""
    if unicodedata.category(letter) in {"Cc", "Zs", "Cf"}:
        return letter if letter == "\n" else " "
    folded = unicodedata.normalize("NFKC", letter).casefold()
    name = unicodedata.name(letter, "")
    if name.startswith(_SMALL_CAPITAL) and len(name) == len(_SMALL_CAPITAL) + 1:
        return name[-1].lower()
    if folded != letter and len(folded) == 1:
        return FOLD[folded]
    if _stripped(folded[0]):
        bare = "".join(
            part for part in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(part)
        )
        return "".join(_PLAIN.get(part, part) for part in bare)
    return "".join(_PLAIN.get(part, part) for part in folded)


def _stripped(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith(("LATIN", "GREEK"))


class _Fold(dict[str, str]):
    """Folds a letter once and remembers it."""

    def __missing__(self, letter: str) -> str:
        folded = self[letter] = _fold(letter)
        return folded


#: The folded form of a letter, which may be none or several. Bounded by the number of letters there are.
FOLD = _Fold()


def folded(text: Iterable[str]) -> str:
    """The letters as rules read them."""
    return "".join(map(FOLD.__getitem__, text))


def script(letter: str) -> str:
    """`latin`, `greek`, `cyrillic`, `han`, `kana`, `hangul`, `arabic`, another name, or "" for no letter."""
    return _SCRIPT[letter]


class _Scripts(dict[str, str]):
    """Names a letter's script once and remembers it."""

    def __missing__(self, letter: str) -> str:
        found = ""
        if letter.isalpha():
            name = unicodedata.name(letter, "unnamed").split(" ")[0].lower()
            found = {"cjk": "han", "hiragana": "kana", "katakana": "kana", "fullwidth": "latin"}.get(
                name, name
            )
        self[letter] = found
        return found


_SCRIPT = _Scripts()
_NEARLY_ALL = 0.7
_ALIKE = frozenset({"latin", "cyrillic", "greek"})

#: A quantity (`Δt`), a small unit, and a name that begins with the sign for small: nothing is disguised by them.
_SYMBOL = re2.compile(r"[ΓΔΘΛΞΠΣΦΨΩδθλπσφψω][a-zA-Z]|[μµ](?:[mglLFWV]|\p{Lu}\p{Ll}+)")


def mixes(letters: set[str]) -> bool:
    """Whether scripts that have look-alikes of each other meet in these letters."""
    return len({_SCRIPT[letter] for letter in letters} & _ALIKE) > 1


def unmixed(letters: Sequence[str]) -> Sequence[str]:
    """The letters with look-alikes inside words of mixed script in the script that most of the word has.

    A whole word of look-alikes is Latin where nearly all else is. The same object comes back when no word mixes
    scripts.
    """
    mended: list[str] | None = None
    start = 0
    among_latin = _nearly_all_latin(letters)
    for inside, run in groupby(letters, str.isalpha):
        word = list(run)
        found = [_SCRIPT[letter] for letter in word] if inside else []
        alike = len(word) > 1 and "latin" not in found and all(one.casefold() in _LATIN_FOR for one in word)
        mixed = len(_ALIKE & set(found)) > 1 and not _SYMBOL.fullmatch("".join(word))
        if mixed or (inside and among_latin and alike):
            mended = list(letters) if mended is None else mended
            mended[start : start + len(word)] = _one_script(word, [] if alike else found)
        start += len(word)
    return letters if mended is None else mended


def _nearly_all_latin(letters: Sequence[str]) -> bool:
    scripts = [_SCRIPT[letter] for letter in letters if letter.isalpha()]
    return scripts.count("latin") >= _NEARLY_ALL * len(scripts)


def _one_script(word: Sequence[str], scripts: Sequence[str]) -> list[str]:
    cyrillic = scripts.count("cyrillic") > scripts.count("latin")
    table = _CYRILLIC_FOR if cyrillic else _LATIN_FOR
    return [table.get(letter.casefold(), letter) for letter in word]


def latin_for(letter: str) -> str:
    """The Latin letter that looks like `letter`, or the letter."""
    return _LATIN_FOR.get(letter, letter)
