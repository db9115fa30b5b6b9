"""The rules of all languages, loaded from the packaged data once and compiled for matching in one pass."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

import re2

from services.policy.text.datafile import DataFile, Meaning, RuleEntry, Within, expand, parse
from services.policy.text.language import Guesser
from services.policy.text.normal import FOLDED_WORD
from services.policy.text.typos import Vocabulary

#: More hits of one rule in one text say nothing new.
_HITS_LOOKED_AT = 20


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule ready for use. `regex`, `needs` and `unless` read the bytes (UTF-8) of a view."""

    entry: RuleEntry
    language: str
    regex: "re2._Regexp"
    needs: "tuple[re2._Regexp, ...]"
    unless: "re2._Regexp | None"

    @property
    def meaning(self) -> Meaning:
        """What a hit says."""
        return self.entry.meaning


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule spoke, on these bytes of its view."""

    rule: Rule
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Asked:
    """Which rules are asked: those of `languages` (None: all), and all that say one of `always`."""

    languages: frozenset[str] | None = None
    always: frozenset[Meaning] = frozenset()

    def asks(self, rule: Rule) -> bool:
        """Whether this rule is asked."""
        return self.languages is None or rule.language in self.languages or rule.entry.meaning in self.always


ALL = Asked()
#: Whatever the text is, a machine that might read it is not to be spoken to.
TO_A_MACHINE = Asked(frozenset(), frozenset({"reply.machine"}))


class RuleSet:
    """Rules of one subject that look at one view; one pass finds the few that may hit."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rules = tuple(rules)
        self._filter = re2.Filter()
        for rule in self._rules:
            self._filter.Add(rule.regex.pattern, rule.regex.options)
        if self._rules:
            self._filter.Compile()

    def hits(self, view: bytes, views: dict[Within, bytes], asked: Asked) -> Iterator[Hit]:
        """Each hit of the rules that are asked that its surroundings bear out."""
        if not self._rules:
            return
        for index in self._filter.Match(view, potential=True) or ():
            rule = self._rules[index]
            if asked.languages is not None and not asked.asks(rule):
                continue
            for looked_at, match in enumerate(rule.regex.finditer(view)):
                start, end = match.span()
                if looked_at >= _HITS_LOOKED_AT:
                    break
                if not _taken_back(rule, start, end, views):
                    yield Hit(rule, start, end)
                    break


def _taken_back(rule: Rule, start: int, end: int, views: dict[Within, bytes]) -> bool:
    if rule.unless is None and not rule.needs:
        return False
    around = views[rule.entry.unless_within]
    first = around.rfind(b"\n", 0, start + 1) + 1
    last = around.find(b"\n", max(end - 1, start))
    surroundings = b" " + around[first : last if last >= 0 else len(around)] + b" "
    if not all(need.search(surroundings) for need in rule.needs):
        return True
    return rule.unless is not None and rule.unless.search(surroundings) is not None


class Lexicon:
    """All data files together."""

    def __init__(self, files: Iterable[DataFile]) -> None:
        self.files = tuple(files)
        common = next((file.classes for file in self.files if file.language == "xx"), {})
        self.rules = tuple(
            _compiled(entry, file.language, {**common, **file.classes})
            for file in self.files
            for entry in file.rules
        )
        self.guesser = Guesser({file.language: file.words for file in self.files})
        known = (word for file in self.files for word in _known(file))
        self.vocabulary = Vocabulary(known, {file.language: file.keys for file in self.files})
        self.permits = frozenset(file.language for file in self.files if "reply" in file.covers)
        self.partial = frozenset(file.language for file in self.files) - self.permits
        self._sets = {
            subject: {within: RuleSet(self._of(subject, within)) for within in ("clause", "sentence", "text")}
            for subject in ("reply", "conduct", "content")
        }

    def _of(self, subject: str, within: str) -> list[Rule]:
        return [
            rule
            for rule in self.rules
            if rule.meaning.startswith(f"{subject}.") and rule.entry.within == within
        ]

    def hits(self, subject: str, views: dict[Within, bytes], asked: Asked = ALL) -> list[Hit]:
        """What the rules of `subject` (reply, conduct, content) say about a text in its three views."""
        found: list[Hit] = []
        for within, rules in self._sets[subject].items():
            found += rules.hits(views[within], views, asked)  # type: ignore[index] # the keys are those of Within
        return found


def _compiled(entry: RuleEntry, language: str, classes: dict[str, str]) -> Rule:
    unless = "|".join(f"(?:{expand(pattern, classes)})" for pattern in entry.unless)
    pattern = expand(entry.pattern, classes)
    needs = tuple(_regex(expand(need, classes)) for need in entry.needs)
    return Rule(entry, language, _regex(pattern), needs, _regex(unless) if unless else None)


def _regex(pattern: str) -> "re2._Regexp":
    """A pattern for bytes in UTF-8. One of ASCII alone is read byte by byte, which is a tenth of the size."""
    options = re2.Options()
    options.log_errors = False
    if pattern.isascii() and "\\p" not in pattern:
        options.encoding = re2.Options.Encoding.LATIN1
        return re2.compile(f"(?m){pattern}".encode(), options)
    return re2.compile(f"(?m){pattern}", options)


def _known(file: DataFile) -> Iterator[str]:
    """Every word that the file mentions: none of them is a misspelling."""
    yield from (*file.words, *file.keys, *file.known)
    patterns = [*file.classes.values(), *(rule.pattern for rule in file.rules)]
    patterns += [pattern for rule in file.rules for pattern in (*rule.needs, *rule.unless)]
    for pattern in patterns:
        yield from FOLDED_WORD.findall(pattern.replace("\\b", " "))


@cache
def lexicon() -> Lexicon:
    """The packaged rules."""
    folder = resources.files("services.policy.text") / "data"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".yaml"))
    return Lexicon(parse((folder / name).read_text("utf-8")) for name in names)
