"""Which language a text is in. The answer only ever permits: rules of all languages read every text."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from services.policy.text.alphabet import script

UNKNOWN = "und"
#: Function words that make a guess worth anything, and the share of all words that makes it certain.
_ENOUGH, _SHARE, _LEAD = 2, 0.2, 1.25
#: Words of a sentence that statistics can tell something of, and the share of function words up to which they are asked.
_ENOUGH_WORDS, _HARDLY = 4, 0.34
#: Of those in Latin letters the ones that statistics hardly take a covered one for.
_TOLD_APART = frozenset((
    "az", "bs", "cs", "et", "fi", "hr", "hu", "id", "lt", "lv", "ms", "ro", "sk", "sl", "sq", "sr", "tr", "vi",
))  # fmt: skip
#: Beyond this many letters the statistics of a language do not change.
_READ = 600
_EDGES = ".,;:!?\"'()[]-\n"
_ONE_LANGUAGE = {"kana": "ja", "hangul": "ko", "han": "zh"}
_UKRAINIAN, _RUSSIAN = frozenset("іїєґ"), frozenset("ыэъ")
_PERSIAN_URDU = frozenset("پچژگکیےٹڈڑہ")


@dataclass(frozen=True, slots=True)
class Counted:
    """Function words by language, among all words that were looked at."""

    counts: Counter[str]
    total: int


class Guesser:
    """Guesses by function words, which decide fast and on few words, then by a statistical model."""

    def __init__(self, words: Mapping[str, Iterable[str]]) -> None:
        self._languages: dict[str, tuple[str, ...]] = {}
        for language, known in words.items():
            for word in known:
                self._languages[word] = (*self._languages.get(word, ()), language)
        self._told = lru_cache(maxsize=20_000)(self._of_token)

    def candidates(self, counted: Counted) -> frozenset[str]:
        """The languages that a text may be in by its function words; empty where they do not tell."""
        counts = counted.counts
        best = max(counts.values(), default=0)
        return frozenset(language for language, count in counts.items() if count * 5 >= best * 3)

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
        return Counted(Counter(chain.from_iterable(map(self._told, tokens))), len(tokens))

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
            candidates = self.candidates(counted)
            if most >= _ENOUGH and not candidates & permitted:
                return max(candidates, key=counted.counts.__getitem__)
            if counted.total >= _ENOUGH_WORDS and most <= _HARDLY * counted.total:
                language = _statistical(sentence)
                if language in _TOLD_APART:
                    return language
        return None

    def _of_token(self, token: str) -> tuple[str, ...]:
        return self._languages.get(token) or self._languages.get(token.strip(_EDGES), ())


def _has_other_letters(text: str) -> bool:
    return not text.isascii() and sum(script(letter) not in {"", "latin"} for letter in text) >= _ENOUGH_WORDS


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
