"""The rules of all languages, loaded from the packaged data once and compiled for matching in one pass."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import resources
from itertools import islice
from typing import NamedTuple

import re2

from services.policy.text.datafile import DataFile, Meaning, RuleEntry, Within, expand, parse
from services.policy.text.language import Guesser
from services.policy.text.normal import FOLDED_WORD
from services.policy.text.typos import Vocabulary

#: The views in the order in which their hits are told.
_ORDER: tuple[Within, ...] = ("clause", "sentence", "text")
#: What a class of letters leaves out is no line break that a pattern asks for.
_NONE_OF = re.compile(r"\[\^[^\]]*\]")
#: More hits of one rule in one text say nothing new.
_HITS_LOOKED_AT = 20


@dataclass(frozen=True, eq=False)
class Rule:
    """A rule ready for use. `regex`, `needs` and `unless` read the bytes (UTF-8) of a view.

    What must or must not stand around a hit is compiled at the first hit: most rules never see one.
    """

    entry: RuleEntry
    language: str
    number: int
    regex: "re2._Regexp"
    classes: Mapping[str, str] = field(repr=False)

    @property
    def meaning(self) -> Meaning:
        """What a hit says."""
        return self.entry.meaning

    @cached_property
    def needs(self) -> "tuple[re2._Regexp, ...]":
        """All of these stand around a hit."""
        return tuple(re2.compile(*_source(expand(need, self.classes))) for need in self.entry.needs)

    @cached_property
    def unless(self) -> "re2._Regexp | None":
        """This does not stand around a hit."""
        together = "|".join(f"(?:{expand(pattern, self.classes)})" for pattern in self.entry.unless)
        return re2.compile(*_source(together)) if together else None


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

    def asks_any(self, languages: frozenset[str], meanings: frozenset[Meaning]) -> bool:
        """Whether a rule of these languages, or that says one of these, may be asked."""
        return (
            self.languages is None
            or not languages.isdisjoint(self.languages)
            or not meanings.isdisjoint(self.always)
        )


ALL = Asked()
#: Whatever the text is, a machine that might read it is not to be spoken to.
TO_A_MACHINE = Asked(frozenset(), frozenset({"reply.machine"}))


class _Draft(NamedTuple):
    """A rule whose pattern is not compiled yet."""

    number: int
    language: str
    entry: RuleEntry
    classes: Mapping[str, str]
    pattern: str


class Bucket:
    """Rules that one pass over a text looks for, few enough that the states of the pass are kept in memory."""

    def __init__(self, drafts: Sequence[_Draft], view: Within) -> None:
        self._view = view
        self._filter = re2.Filter()
        for draft in drafts:
            self._filter.Add(*_source(draft.pattern))
        self._filter.Compile()
        self.rules = tuple(
            Rule(draft.entry, draft.language, draft.number, self._filter.re(place), draft.classes)
            for place, draft in enumerate(drafts)
        )
        self._languages = frozenset(rule.language for rule in self.rules)
        self._meanings = frozenset(rule.meaning for rule in self.rules)

    def hits(self, views: Mapping[Within, bytes], asked: Asked) -> Iterator[Hit]:
        """Each hit of the rules that are asked that its surroundings bear out."""
        if not asked.asks_any(self._languages, self._meanings):
            return
        for place in self._filter.Match(views[self._view], potential=True) or ():
            rule = self.rules[place]
            if asked.asks(rule) and (hit := _first_hit(rule, views)):
                yield hit


def _first_hit(rule: Rule, views: Mapping[Within, bytes]) -> Hit | None:
    for match in islice(rule.regex.finditer(views[rule.entry.within]), _HITS_LOOKED_AT):
        start, end = match.span()
        if not _taken_back(rule, start, end, views):
            return Hit(rule, start, end)
    return None


def _taken_back(rule: Rule, start: int, end: int, views: Mapping[Within, bytes]) -> bool:
    if not rule.entry.unless and not rule.entry.needs:
        return False
    surroundings = b" " + line_around(views[rule.entry.unless_within], start, end) + b" "
    if not all(need.search(surroundings) for need in rule.needs):
        return True
    return rule.unless is not None and rule.unless.search(surroundings) is not None


def line_around(view: bytes, start: int, end: int) -> bytes:
    """The clause or sentence of a view in which a hit stands."""
    first = view.rfind(b"\n", 0, start + 1) + 1
    last = view.find(b"\n", max(end - 1, start))
    return view[first : last if last >= 0 else len(view)]


class Lexicon:
    """All data files together."""

    def __init__(self, files: Iterable[DataFile]) -> None:
        self.files = tuple(files)
        self.guesser = Guesser({file.language: file.words for file in self.files})
        known = (word for file in self.files for word in _known(file))
        self.vocabulary = Vocabulary(known, {file.language: file.keys for file in self.files})
        self.permits = frozenset(file.language for file in self.files if "reply" in file.covers)
        self.partial = frozenset(file.language for file in self.files) - self.permits
        self._buckets = self._filled()
        every = (rule for buckets in self._buckets.values() for bucket in buckets for rule in bucket.rules)
        self.rules = tuple(sorted(every, key=_number))

    def _filled(self) -> dict[str, list[Bucket]]:
        """Buckets by subject. Languages that are asked together share one, and so do rules."""
        shelves: dict[tuple[str, str, Within], list[_Draft]] = {}
        for draft in _drafts(self.files):
            language = draft.language if draft.language in self.permits else "partial"
            asked_as = "machine" if draft.entry.meaning in TO_A_MACHINE.always else language
            subject = draft.entry.meaning.partition(".")[0]
            shelves.setdefault((subject, asked_as, _looked_for_in(draft)), []).append(draft)
        buckets: dict[str, list[Bucket]] = {}
        for (subject, _, view), drafts in shelves.items():
            buckets.setdefault(subject, []).append(Bucket(drafts, view))
        return buckets

    def hits(self, subject: str, views: Mapping[Within, bytes], asked: Asked = ALL) -> list[Hit]:
        """What the rules of `subject` (reply, conduct, content) say about a text in its three views."""
        found = [hit for bucket in self._buckets[subject] for hit in bucket.hits(views, asked)]
        return sorted(found, key=_place)


def _drafts(files: Iterable[DataFile]) -> Iterator[_Draft]:
    files = tuple(files)
    common = next((file.classes for file in files if file.language == "xx"), {})
    entries = ((file.language, {**common, **file.classes}, entry) for file in files for entry in file.rules)
    for number, (language, classes, entry) in enumerate(entries):
        yield _Draft(number, language, entry, classes, expand(entry.pattern, classes))


def _number(rule: Rule) -> int:
    return rule.number


def _place(hit: Hit) -> tuple[int, int]:
    return _ORDER.index(hit.rule.entry.within), hit.rule.number


def _looked_for_in(draft: _Draft) -> Within:
    """The view where to look whether a rule may hit at all: one for all, which saves passes.

    The narrower views differ from the whole only by line breaks, so whatever a pattern without any finds in
    them stands in the whole text as well.
    """
    return draft.entry.within if "\\n" in _NONE_OF.sub("", draft.pattern) else "text"


def _source(pattern: str) -> "tuple[bytes | str, re2.Options]":
    """A pattern for bytes in UTF-8. One of ASCII alone is read byte by byte, which is a tenth of the size."""
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True  # nobody asks for a group, and to find its place costs more than the match
    if pattern.isascii() and "\\p" not in pattern:
        options.encoding = re2.Options.Encoding.LATIN1
        return f"(?m){pattern}".encode(), options
    return f"(?m){pattern}", options


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
