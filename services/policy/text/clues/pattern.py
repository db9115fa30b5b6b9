"""A pattern of a rule as a tree: as much of RE2's language as the data files use."""

import re
from dataclasses import dataclass
from typing import TypeAlias

_SYMBOL = re.compile(
    r"\\p\{\w+\}|\\.|\(\?:|\[\^?(?:\\.|[^\]\\])+\]|\{\d+,?\d*\}|[0-9a-z ]{2,}(?![?*+{])|.", re.DOTALL
)
_COUNT = re.compile(r"\{(\d+)(,?)(\d*)\}")
_SHORT_COUNTS = {"?": (0, 1), "*": (0, None), "+": (1, None)}
_LETTER = re.compile(r"\\p\{\w+\}|\\.|.", re.DOTALL)
_RANGE = re.compile(r"[^\\]-[^\]]")
_PLACES = frozenset({"\\b", "\\A", "\\z", "^", "$"})


@dataclass(frozen=True, slots=True, eq=False)
class Literal:
    """One of these texts."""

    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """No letter, but the edge of a word, a line or the text."""


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """A letter of a kind; `figure`: 0 to 9, `parts`: one that belongs to no word."""

    figure: bool = False
    parts: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """One of several sequences."""

    branches: "tuple[Sequence_, ...]"


@dataclass(frozen=True, slots=True, eq=False)
class Repeat:
    """The same at least `low` times; `once`: never twice."""

    node: "Node"
    low: int
    once: bool


Node: TypeAlias = Literal | Place | Kind | Choice | Repeat
Sequence_: TypeAlias = tuple[Node, ...]


def parsed(pattern: str) -> Choice:
    """The tree of a pattern.

    Raises:
        ValueError: a bracket is missing, or one too many.
    """
    parser = _Parser(pattern)
    tree = parser.choice()
    if parser.symbol:
        raise ValueError(f"expected the end of the pattern, got {parser.symbol!r}")
    return tree


class _Parser:
    def __init__(self, pattern: str) -> None:
        self._symbols = iter([*_SYMBOL.findall(pattern), ""])
        #: Read byte by byte, where every byte of another script belongs to no word.
        self._ascii = pattern.isascii()
        self.symbol = next(self._symbols)

    def choice(self) -> Choice:
        branches = [self._sequence()]
        while self.symbol == "|":
            self._taken()
            branches.append(self._sequence())
        return Choice(tuple(branches))

    def _taken(self) -> str:
        taken: str = self.symbol
        self.symbol = next(self._symbols, "")
        return taken

    def _sequence(self) -> Sequence_:
        nodes: list[Node] = []
        while self.symbol not in {"", "|", ")"}:
            nodes.append(self._repeated())
        return tuple(nodes)

    def _repeated(self) -> Node:
        node = self._single()
        while self.symbol in _SHORT_COUNTS or _COUNT.fullmatch(self.symbol):
            symbol = self._taken()
            if self.symbol == "?":
                self._taken()
            low, high = _SHORT_COUNTS.get(symbol) or _counted(symbol)
            if (low, high) != (1, 1):
                node = Repeat(node, low, high == 1)
        return node

    def _single(self) -> Node:
        symbol = self._taken()
        if symbol in {"(", "(?:"}:
            inside = self.choice()
            if self._taken() != ")":
                raise ValueError("expected a closing bracket")
            return inside
        if symbol in _PLACES:
            return Place()
        if len(symbol) > 1 and symbol[0] == "[":
            return self._one_of(symbol[1:-1])
        if symbol == ".":
            return Kind()
        return _letter(symbol)

    def _one_of(self, inside: str) -> Node:
        if inside[0] == "^":
            return Kind(parts=self._ascii and "\\w" in inside)
        letters = [_letter(letter) for letter in _LETTER.findall(inside)]
        texts = [text for letter in letters if isinstance(letter, Literal) for text in letter.texts]
        return Kind() if len(texts) < len(letters) or _RANGE.search(inside) else Literal(tuple(texts))


def _counted(symbol: str) -> tuple[int, int | None]:
    found = _COUNT.fullmatch(symbol)
    low, several, high = found.groups() if found else ("1", "", "")
    return int(low), int(high) if high else None if several else int(low)


def _letter(symbol: str) -> Literal | Kind:
    if symbol[0] != "\\":
        return Literal((symbol,))
    if symbol == "\\n":
        return Literal(("\n",))
    return Kind(figure=symbol == "\\d") if symbol[1].isalnum() else Literal((symbol[1],))
