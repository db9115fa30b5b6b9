"""Which language a text is in. The answer only ever permits: rules of all languages read every text."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from struct import Struct

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from services.policy.text.alphabet import script

UNKNOWN = "und"
#: Function words that make a guess worth anything, and the share of all words that makes it certain.
_ENOUGH, _SHARE, _LEAD = 2, 0.2, 1.25
#: Words of a sentence that statistics can tell something of, the share of function words up to which they are asked,
#: and by how much they must take it rather for a language that is not permitted, by the root of its length in bytes.
_ENOUGH_WORDS, _HARDLY, _RATHER = 3, 0.34, 2.5
#: Letters of another script that are more than a word taken over.
_ENOUGH_LETTERS = 4
#: Beyond this many letters the statistics of a language do not change.
_READ = 600
_EDGES = ".,;:!?\"'()[]-\n"
#: Counts of all languages are kept in one number, of so many bits each: a text is counted by one sum.
_BITS = 16
_ONE_LANGUAGE = {"kana": "ja", "hangul": "ko", "han": "zh"}
_UKRAINIAN, _RUSSIAN = frozenset("іїєґ"), frozenset("ыэъ")
_PERSIAN_URDU = frozenset("پچژگکیےٹڈڑہ")


@dataclass(frozen=True, slots=True)
class Counted:
    """Function words by language, among all words that were looked at."""

    counts: Mapping[str, int]
    total: int


class Guesser:
    """Guesses by function words, which decide fast and on few words, then by a statistical model."""

    def __init__(self, words: Mapping[str, Iterable[str]]) -> None:
        self._languages = tuple(sorted(words))
        self._counts = Struct(f"<{len(self._languages)}H")
        self._words: dict[str, int] = {}
        for place, language in enumerate(self._languages):
            for word in words[language]:
                self._words[word] = self._words.get(word, 0) | 1 << _BITS * place
        self._told = lru_cache(maxsize=20_000)(self._of_token)

    def candidates(self, counted: Counted) -> frozenset[str]:
        """The languages that a text may be in by its function words; empty where they do not tell."""
        counts = counted.counts
        best = max(counts.values(), default=0)
        return frozenset(language for language, count in counts.items() if count and count * 5 >= best * 3)

    def language(self, text: str, counted: Counted) -> str:
        """The language of a folded text (ISO 639-1), or `und`."""
        by_script = _by_script(text)
        if by_script:
            return by_script
        counts, total = counted.counts, counted.total
        second, first = sorted((0, 0, *counts.values()))[-2:]
        if first >= max(_ENOUGH, _SHARE * total, _LEAD * second):
            return max(counts, key=counts.__getitem__)
        return _statistical(text)

    def count(self, text: str) -> Counted:
        """How many function words of each language a folded text has."""
        tokens = text[:_READ].split()
        together = sum(map(self._told, tokens)).to_bytes(self._counts.size, "little")
        return Counted(dict(zip(self._languages, self._counts.unpack(together), strict=True)), len(tokens))

    def foreign(self, sentences: Iterable[str], permitted: frozenset[str]) -> str | None:
        """The language of the first sentence that is in none of the permitted ones, if there is one.

        Letters of another script tell, and function words. Statistics are asked of a sentence with hardly any;
        they err on few words.
        """
        for sentence in sentences:
            if _has_other_letters(sentence):
                return _by_script(sentence) or _statistical(sentence)
            counted = self.count(sentence)
            most = max(counted.counts.values(), default=0)
            if most >= _ENOUGH and not self.candidates(counted) & permitted:
                return max(counted.counts, key=counted.counts.__getitem__)
            if counted.total >= _ENOUGH_WORDS and most <= _HARDLY * counted.total:
                language = _rather(sentence[:_READ], permitted)
                if language is not None:
                    return language
        return None

    def _of_token(self, token: str) -> int:
        return self._words.get(token) or self._words.get(token.strip(_EDGES), 0)


def _has_other_letters(text: str) -> bool:
    return (
        not text.isascii() and sum(script(letter) not in {"", "latin"} for letter in text) >= _ENOUGH_LETTERS
    )


def _by_script(text: str) -> str | None:
    if text.isascii():
        return None
    letters = set(text[:_READ])
    if {script(letter) for letter in letters} <= {"", "latin"}:
        return None
    scripts = Counter(map(script, text[:_READ]))
    del scripts[""]
    top = scripts.most_common(1)
    if not top or top[0][0] == "latin":
        return None
    if scripts["kana"]:
        return "ja"
    name = top[0][0]
    if name == "cyrillic":
        return "uk" if letters & _UKRAINIAN else "ru" if letters & _RUSSIAN else _statistical(text)
    if name == "arabic":
        return _statistical(text) if letters & _PERSIAN_URDU else "ar"
    return _ONE_LANGUAGE.get(name) or _statistical(text)


@cache
def _model() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE)


def prepare() -> None:
    """Load what tells languages apart by statistics: where that fails, it fails at the start."""
    _model()


def _statistical(text: str) -> str:
    if not any(letter.isalpha() for letter in text):
        return UNKNOWN
    return str(_model().classify(text[:_READ])[0])


def _rather(text: str, permitted: frozenset[str]) -> str | None:
    """The likeliest language by statistics, where it is not permitted and far likelier than all that are."""
    likeliest, most = _model().classify(text)
    if likeliest in permitted:
        return None
    known = next(score for language, score in _model().rank(text) if language in permitted)
    length = len(text.encode("utf-8", "replace"))
    return str(likeliest) if most - known > _RATHER * math.sqrt(length) else None
