"""The rules of all languages, loaded from the packaged data once, and what they say about a text."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import sha256
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.policy.text.datafile import DataFile, Meaning, Within, parse
from services.policy.text.language import Guesser
from services.policy.text.normal import FOLDED_WORD
from services.policy.text.rule import Hit, Rule
from services.policy.text.typos import Vocabulary
from services.policy.text.watch import WORD, Watch, Ways

#: The views in the order in which their hits are told.
_ORDER: tuple[Within, ...] = ("clause", "sentence", "text")
SUBJECTS = ("reply", "conduct", "content")
#: Asked of every text: whatever it is, a machine that might read it is not to be spoken to.
TO_A_MACHINE: Meaning = "reply.machine"
_FOLDER = resources.files("services.policy.text") / "data"
#: What clues/file.py found out.
CLUES = _FOLDER / "clues.npz"


@dataclass(frozen=True, slots=True)
class Asked:
    """Which rules are asked: those of `languages` (None: all), and all that say one of `always`."""

    languages: frozenset[str] | None = None
    always: frozenset[Meaning] = frozenset()

    def asks(self, rule: Rule) -> bool:
        """Whether this rule is asked."""
        return self.languages is None or rule.language in self.languages or rule.entry.meaning in self.always


ALL = Asked()


class Lexicon:
    """All data files together."""

    def __init__(self, files: Iterable[DataFile], watches: Mapping[str, Watch]) -> None:
        self.files = tuple(files)
        self.guesser = Guesser({file.language: file.words for file in self.files})
        known = (word for file in self.files for word in _known(file))
        self.vocabulary = Vocabulary(known, {file.language: file.keys for file in self.files})
        self.permits = frozenset(file.language for file in self.files if "reply" in file.covers)
        self.partial = frozenset(file.language for file in self.files) - self.permits
        self.rules = rules_of(self.files)
        self._asked = lru_cache(maxsize=200)(self._ways_asked)
        self._watches = watches

    def hits(self, subject: str, views: Mapping[Within, bytes], asked: Asked = ALL) -> list[Hit]:
        """What the rules of `subject` (reply, conduct, content), and those that every text is asked, say about
        a text in its three views.
        """
        words = WORD.findall(views["text"])
        speaking = self._watches[subject].may_speak(words, self._asked(subject, asked))
        hits = (self.rules[number].first_hit(views) for number in speaking)
        return sorted((hit for hit in hits if hit is not None), key=_place)

    def _ways_asked(self, subject: str, asked: Asked) -> Ways:
        return self._watches[subject].ways_of(rule.number for rule in self.rules if asked.asks(rule))


def rules_of(files: Sequence[DataFile]) -> tuple[Rule, ...]:
    """The rules of all files, numbered in their order."""
    common = next((file.classes for file in files if file.language == "xx"), {})
    entries = ((file.language, {**common, **file.classes}, entry) for file in files for entry in file.rules)
    return tuple(
        Rule(entry, language, number, classes) for number, (language, classes, entry) in enumerate(entries)
    )


def asked_of(subject: str, rules: Iterable[Rule]) -> list[Rule]:
    """The rules that a text of this subject is asked."""
    return [rule for rule in rules if rule.meaning.startswith(subject) or rule.meaning == TO_A_MACHINE]


def _place(hit: Hit) -> tuple[int, int]:
    return _ORDER.index(hit.rule.entry.within), hit.rule.number


def _known(file: DataFile) -> Iterator[str]:
    """Every word that the file mentions: none of them is a misspelling."""
    yield from (*file.words, *file.keys, *file.known)
    patterns = [*file.classes.values(), *(rule.pattern for rule in file.rules)]
    patterns += [pattern for rule in file.rules for pattern in (*rule.needs, *rule.unless)]
    for pattern in patterns:
        yield from FOLDED_WORD.findall(pattern.replace("\\b", " "))


@cache
def packaged() -> tuple[str, tuple[DataFile, ...]]:
    """The packaged data files, and the digest of their texts."""
    names = sorted(entry.name for entry in _FOLDER.iterdir() if entry.name.endswith(".yaml"))
    texts = [(_FOLDER / name).read_text("utf-8") for name in names]
    return sha256("".join(texts).encode()).hexdigest(), tuple(map(parse, texts))


def _watches(digest: str, files: Sequence[DataFile]) -> dict[str, Watch]:
    with CLUES.open("rb") as opened, np.load(opened) as stored:
        if bytes(stored["of"]).decode() != digest:
            return unwatched(rules_of(files))
        return {subject: _watch(subject, stored) for subject in SUBJECTS}


def _watch(subject: str, stored: Mapping[str, NDArray[Any]]) -> Watch:
    rules, clues, starts, places = (
        stored[f"{subject}.{name}"] for name in ("rules", "clues", "starts", "places")
    )
    return Watch(rules.tolist(), bytes(clues).split(b"\n"), starts, places)


def unwatched(rules: Iterable[Rule]) -> dict[str, Watch]:
    """Each rule is looked for in each text: slow, and right whatever the rules are."""
    known, nothing, nowhere = tuple(rules), np.zeros(1, np.uint32), np.zeros(0, np.uint16)
    asked = {subject: [rule.number for rule in asked_of(subject, known)] for subject in SUBJECTS}
    return {subject: Watch(numbers, [], nothing, nowhere) for subject, numbers in asked.items()}


@cache
def lexicon() -> Lexicon:
    """The packaged rules."""
    digest, files = packaged()
    return Lexicon(files, _watches(digest, files))
