"""Which words a pattern cannot do without: the clues by which watch.py sees that it need not be looked for.

A pattern matches in one of several ways, and each way needs a few sets of clues: at least one of each set stands
in whatever it matches. What is not understood here needs nothing, so a pattern may be looked for in vain, and is
never overlooked.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise, product
from math import fsum
from typing import NamedTuple

from services.policy.text.clues.pattern import Choice, Kind, Literal, Node, Place, Repeat, parsed
from services.policy.text.watch import FIGURE, LAYERS, LONGEST_CLUE, SIGNS

#: So many wordings and ways of a part are told apart at most; more are taken together.
_WORDINGS, _WAYS = 48, 6
#: In a wording: where one word ends or another begins.
_EDGE = "|"
_EDGES = re.compile(r"\|+")
_SCRIPTS_MEET = re.compile(r"(?<=[0-9a-z_])(?=[^\x00-\x7f])|(?<=[^\x00-\x7f])(?=[0-9a-z_])")

Clues = frozenset[str]
Way = tuple[Clues, ...]


class _Part(NamedTuple):
    """What is known of a part of a pattern: all its wordings, or (None) the ways in which it matches.

    `empty`: it may match nothing. `opens`, `closes`: what it matches begins, ends at the edge of a word.
    """

    wordings: frozenset[str] | None
    ways: tuple[Way, ...] = ((),)
    empty: bool = False
    opens: bool = False
    closes: bool = False


def _worded(wordings: Iterable[str]) -> _Part:
    known = frozenset(wordings)
    said = known - {""}
    opens, closes = all(one[0] == _EDGE for one in said), all(one[-1] == _EDGE for one in said)
    return _Part(known, empty="" in known, opens=opens, closes=closes)


class Finder:
    """Finds the ways of patterns. `often` says in which share of texts a clue is met."""

    def __init__(self, often: Mapping[str, float]) -> None:
        self._often = often
        self._met = cache(self._share)
        self._part = cache(self._part_of)

    def ways(self, pattern: str) -> list[Way]:
        """The ways in which a pattern matches."""
        ways = {way for branch in _branches(parsed(pattern)) for way in self._ways(self._sequence(branch))}
        return sorted(_merged(ways), key=lambda way: [sorted(clues) for clues in way]) if all(ways) else [()]

    def _ways(self, part: _Part) -> tuple[Way, ...]:
        return part.ways if part.wordings is None else (self._needed(part.wordings),)

    def _part_of(self, node: Node, after_edge: bool, before_edge: bool) -> _Part:  # noqa: FBT001 - the two sides
        match node:
            case Literal(texts):
                return _worded("".join(map(_sign, text)) for text in texts)
            case Place():
                return _worded({_EDGE})
            case Kind(figure, parts):
                way: Way = (frozenset({FIGURE.decode()}),) if figure else ()
                return _Part(None, (way,), opens=parts, closes=parts)
            case Repeat(inner, low, once):
                part = self._part(inner, False, False)
                if once and part.wordings is not None:
                    return _worded(part.wordings | {""})
                ways = self._ways(part) if low else ((),)
                return _Part(None, ways, part.empty or low == 0, part.opens, part.closes)
            case Choice(branches):
                left, right = (Place(),) * after_edge, (Place(),) * before_edge
                return self._either([self._sequence((*left, *branch, *right)) for branch in branches])

    def _either(self, parts: Sequence[_Part]) -> _Part:
        if len(parts) == 1:
            return parts[0]
        wordings = [wording for part in parts for wording in part.wordings or ()]
        if all(part.wordings is not None for part in parts) and len(set(wordings)) <= _WORDINGS:
            return _worded(wordings)
        ways = self._fewer([way for part in parts for way in self._ways(part)])
        opens, closes = all(part.opens for part in parts), all(part.closes for part in parts)
        return _Part(None, ways, any(part.empty for part in parts), opens, closes)

    def _sequence(self, nodes: Sequence[Node]) -> _Part:
        parts = self._parts(nodes)
        ways: tuple[Way, ...] = ((),)
        wordings, whole = frozenset({""}), True
        for part in parts:
            if part.wordings is not None and len(part.wordings) * len(wordings) <= _WORDINGS:
                wordings = frozenset(_put(left, right) for left, right in product(wordings, part.wordings))
                continue
            whole, ended = False, all(one.endswith(_EDGE) for one in wordings)
            if part.opens and not part.empty:
                wordings = frozenset(_put(one, _EDGE) for one in wordings)
            ways = self._both(ways, (self._needed(wordings),))
            if part.wordings is not None:
                wordings = frozenset(_put(_EDGE, one) if ended else one for one in part.wordings)
            else:
                ways = self._both(ways, part.ways)
                wordings = frozenset({_EDGE if part.closes and (ended or not part.empty) else ""})
        if whole:
            return _worded(wordings)
        ways = self._both(ways, (self._needed(wordings),))
        opens, closes = (side.opens and not side.empty for side in (parts[0], parts[-1]))
        return _Part(None, ways, all(part.empty for part in parts), opens, closes and parts[-1].closes)

    def _parts(self, nodes: Sequence[Node]) -> list[_Part]:
        """The parts of a sequence; branches are told of the edges beside them."""
        alone = [self._part(node, False, False) for node in nodes]
        parts = list(alone)
        for at, node in enumerate(nodes):
            if isinstance(node, Choice) and alone[at].wordings is None:
                left = at > 0 and alone[at - 1].closes and not alone[at - 1].empty
                right = at + 1 < len(nodes) and alone[at + 1].opens and not alone[at + 1].empty
                parts[at] = self._part(node, left, right)
        return parts

    def _both(self, ways: Sequence[Way], others: Sequence[Way]) -> tuple[Way, ...]:
        """Every way of the one with every way of the other."""
        if len(ways) * len(others) > _WAYS:
            others = (self._together(others),)
        return tuple(self._best({*way, *other}) for way, other in product(ways, others))

    def _best(self, sets: Iterable[Clues]) -> Way:
        return tuple(sorted(sets, key=self._worth)[:LAYERS])

    def _worth(self, clues: Clues) -> tuple[float, list[str]]:
        return fsum(map(self._met, clues)), sorted(clues)

    def _fewer(self, ways: Sequence[Way]) -> tuple[Way, ...]:
        """As many ways as are told apart: those stay that tell least, the others are taken together."""
        if len(ways) <= _WAYS:
            return tuple(ways)
        if not all(ways):
            return ((),)
        ranked = sorted(ways, key=lambda way: (len(way) > 1, self._worth(way[0])))
        apart = ranked[1 - _WAYS :]
        return (self._together(ranked[: 1 - _WAYS]), *apart)

    def _together(self, ways: Sequence[Way]) -> Way:
        if not all(ways):
            return ()
        most = max(map(len, ways))
        return tuple(frozenset().union(*(way[min(at, len(way) - 1)] for way in ways)) for at in range(most))

    def _needed(self, wordings: Iterable[str]) -> Way:
        """What each of these wordings needs, in sets: of each wording the clue that is met least, and the next."""
        each = [self._clues(wording) for wording in wordings]
        most = min(max(map(len, each), default=0), LAYERS) if all(each) else 0
        return tuple(frozenset(clues[min(at, len(clues) - 1)] for clues in each) for at in range(most))

    def _clues(self, wording: str) -> list[str]:
        pieces = _EDGES.split(_SCRIPTS_MEET.sub(_EDGE, wording))
        last = len(pieces) - 1
        marked = ("<" * (at > 0) + piece + ">" * (at < last) for at, piece in enumerate(pieces) if piece)
        clues = {_cut(clue) for clue in marked}
        clues.update(map(".".join, pairwise(pieces[1:-1])))
        return sorted(clues, key=lambda clue: (self._met(clue), clue))

    def _share(self, clue: str) -> float:
        """A clue that was never met may be: the shorter, the likelier."""
        if "." in clue:
            return self._often.get(clue, 0.0002)
        rare = (
            3.0 ** -len(clue.strip("<>")) * (1 if clue[0] == "<" else 3) * (1 if clue[-1] == ">" else 2) / 50
        )
        return self._often.get(clue, rare)


def _branches(choice: Choice) -> Iterator[Sequence[Node]]:
    for branch in choice.branches:
        if len(branch) == 1 and isinstance(branch[0], Choice):
            yield from _branches(branch[0])
        else:
            yield branch


def _merged(ways: Iterable[Way]) -> Iterator[Way]:
    """Ways that differ in one set alone, as one."""
    together: dict[Way, set[str]] = {}
    for way in ways:
        together.setdefault(way[:-1], set()).update(*way[-1:])
    for before, last in together.items():
        yield (*before, frozenset(last))


def _put(left: str, right: str) -> str:
    return left + right[1:] if left.endswith(_EDGE) and right.startswith(_EDGE) else left + right


def _sign(letter: str) -> str:
    if letter in SIGNS:
        return f"{_EDGE}{letter}{_EDGE}"
    return letter if letter.isalnum() or letter == "_" or not letter.isascii() else _EDGE


def _cut(clue: str) -> str:
    return clue.encode()[:LONGEST_CLUE].decode(errors="ignore")
