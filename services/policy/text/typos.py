"""Words that matter, misspelt: `unsubcribe`, `rem0ve`, `stoppp` are read as what was meant.

Only a word that no rule and no word list knows is ever read as another one.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from services.policy.text.normal import Edit

_SHORTEST = 5
_TWO_EDITS_FROM = 9
_LONGEST = 24
#: Letters that are written for each other within a word, because they sound alike.
_SOUND = {"es": str.maketrans("v", "b")}
_EDGES = ".,;:!?\"'()[]{}<>*_~-\n"
_LEET = str.maketrans("013457@$!|", "oieastasil")


class Vocabulary:
    """The known words of all languages, and the keys of each that are worth mending."""

    def __init__(self, known: Iterable[str], keys: Mapping[str, Iterable[str]]) -> None:
        self._known = frozenset(known)
        self._near: dict[str, set[tuple[str, str]]] = {}
        self._keys: dict[str, set[str]] = {}
        for language, words in keys.items():
            for word in words:
                self._keys.setdefault(word, set()).add(language)
                if len(word) >= _SHORTEST:
                    for short in _shortened(_heard(word, language), _edits(word)):
                        self._near.setdefault(short, set()).add((language, word))
        self._meant = lru_cache(maxsize=20_000)(self._of_token)

    def edits(self, text: str, languages: frozenset[str]) -> list[Edit]:
        """Edits that put each misspelt key right, in the order of the text; of `languages`, or of any."""
        found: list[Edit] = []
        for word, keys in map(self._meant, set(text.split())):
            if keys and (meant := next((key for language, key in keys if _fits(language, languages)), None)):
                found += _everywhere(text, word, meant)
        found.sort(key=lambda edit: edit.start)
        return [edit for at, edit in enumerate(found) if at == 0 or edit.start >= found[at - 1].end]

    def _of_token(self, token: str) -> tuple[str, tuple[tuple[str, str], ...]]:
        """The word of a token, and the keys that it may mean, by language."""
        word = token.strip(_EDGES)
        return (word, self._mend(word)) if word and word not in self._known else ("", ())

    def _mend(self, token: str) -> tuple[tuple[str, str], ...]:
        for form in _forms(token):
            if form in self._keys:
                return tuple((language, form) for language in sorted(self._keys[form]))
            if form in self._known:
                return () if form == token else (("", form),)
        word = next(iter(_forms(token)), token)
        if not _SHORTEST <= len(word) <= _LONGEST or not word.isalpha():
            return ()
        heard = {_heard(word, language) for language in ("", *_SOUND)}
        shorts = set[str]().union(*(_shortened(one, _edits(word)) for one in heard))
        near = {pair for short in shorts for pair in self._near.get(short, ())}
        close = [
            (distance(_heard(word, language), _heard(key, language)), key, language)
            for language, key in near
            if key[0] == word[0] or len(key) > _SHORTEST
        ]
        return tuple((language, key) for far, key, language in sorted(close) if far <= _edits(key))


def _fits(language: str, languages: frozenset[str]) -> bool:
    return not (languages and language) or language in languages


def _edits(word: str) -> int:
    return 2 if len(word) >= _TWO_EDITS_FROM else 1


def _forms(token: str) -> list[str]:
    """The token without leetspeak and with letters said once, or twice, where they are drawn out."""
    forms = []
    if any(not letter.isalpha() for letter in token) and any(letter.isalpha() for letter in token):
        token = token.translate(_LEET)
        forms.append(token)
    if any(letter * 3 in token for letter in set(token) if letter.isalpha()):
        forms += [_drawn(token, 1), _drawn(token, 2)]
    return forms


def _drawn(token: str, keep: int) -> str:
    kept: list[str] = []
    at = 0
    while at < len(token):
        end = at
        while end < len(token) and token[end] == token[at]:
            end += 1
        kept.append(token[at] * (keep if end - at > 2 else end - at))  # noqa: PLR2004 - three in a row
        at = end
    return "".join(kept)


def _heard(word: str, language: str) -> str:
    return word[:1] + word[1:].translate(_SOUND.get(language, {}))


def _shortened(word: str, times: int) -> set[str]:
    found = layer = {word}
    for _ in range(times):
        layer = {shorter[:at] + shorter[at + 1 :] for shorter in layer for at in range(len(shorter))}
        found = found | layer
    return found


def _everywhere(text: str, token: str, meant: str) -> list[Edit]:
    edits: list[Edit] = []
    at = text.find(token)
    while at >= 0:
        end = at + len(token)
        if not text[at - 1 : at].isalnum() and not text[end : end + 1].isalnum():
            edits.append(Edit(at, end, meant))
        at = text.find(token, end)
    return edits


def distance(one: str, other: str) -> int:
    """Edits between two words: a letter more, less, another, or two swapped (Damerau, restricted)."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        earlier, before, row = before, row, [i]
        for j, also in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != also))
            if earlier and j > 1 and letter == other[j - 2] and one[i - 2] == also:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
    return row[-1]
