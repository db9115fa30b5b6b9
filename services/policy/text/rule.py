"""One rule at work: its hits in a text, and what around them takes them back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

import re2

from services.policy.text.datafile import Meaning, RuleEntry, Within, expand

#: More hits of one rule in one text say nothing new.
_HITS_LOOKED_AT = 20


@dataclass(frozen=True, eq=False)
class Rule:
    """A rule of a language. `regex`, `needs` and `unless` read the bytes (UTF-8) of a view.

    Each is compiled when it is needed first: most rules never are.
    """

    entry: RuleEntry
    language: str
    number: int
    classes: Mapping[str, str] = field(repr=False)

    @property
    def meaning(self) -> Meaning:
        """What a hit says."""
        return self.entry.meaning

    @property
    def pattern(self) -> str:
        """What is looked for, written out."""
        return expand(self.entry.pattern, self.classes)

    @cached_property
    def regex(self) -> "re2._Regexp":
        """What is looked for."""
        return _compiled(self.pattern)

    @cached_property
    def needs(self) -> "tuple[re2._Regexp, ...]":
        """All of these stand around a hit."""
        return tuple(_compiled(expand(need, self.classes)) for need in self.entry.needs)

    @cached_property
    def unless(self) -> "re2._Regexp | None":
        """This does not stand around a hit."""
        together = "|".join(f"(?:{expand(pattern, self.classes)})" for pattern in self.entry.unless)
        return _compiled(together) if together else None

    def first_hit(self, views: Mapping[Within, bytes]) -> "Hit | None":
        """The first hit that its surroundings bear out."""
        for match in islice(self.regex.finditer(views[self.entry.within]), _HITS_LOOKED_AT):
            start, end = match.span()
            if not self._taken_back(start, end, views):
                return Hit(self, start, end)
        return None

    def _taken_back(self, start: int, end: int, views: Mapping[Within, bytes]) -> bool:
        if not self.entry.unless and not self.entry.needs:
            return False
        surroundings = b" " + line_around(views[self.entry.unless_within], start, end) + b" "
        if not all(need.search(surroundings) for need in self.needs):
            return True
        return self.unless is not None and self.unless.search(surroundings) is not None


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule spoke, on these bytes of its view."""

    rule: Rule
    start: int
    end: int


def line_around(view: bytes, start: int, end: int) -> bytes:
    """The clause or sentence of a view in which a hit stands."""
    first = view.rfind(b"\n", 0, start + 1) + 1
    last = view.find(b"\n", max(end - 1, start))
    return view[first : last if last >= 0 else len(view)]


def _compiled(pattern: str) -> "re2._Regexp":
    """A pattern for bytes in UTF-8. One of ASCII alone is read byte by byte, which is a tenth of the size."""
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True  # nobody asks for a group, and to find its place costs more than the match
    if pattern.isascii() and "\\p" not in pattern:
        options.encoding = re2.Options.Encoding.LATIN1
        return re2.compile(f"(?m){pattern}".encode(), options)
    return re2.compile(f"(?m){pattern}", options)
