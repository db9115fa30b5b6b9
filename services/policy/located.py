"""YAML read with the place of everything in it, so that each fault of a policy document names its line.

Stricter than YAML: no anchors, aliases, tags or second document, no key twice, bounded in size and depth, and
words such as `no` or `20:00` stay text (YAML 1.2 core schema).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.reader import ReaderError

from shared.errors import AfterwordError

MAX_BYTES = 64 * 1024
#: Sections and their fields need two; deeper nesting is a mistake or an attack on the parser's recursion.
MAX_DEPTH = 6

Plain = str | int | float | bool | None | list["Plain"] | dict[str, "Plain"]
Path = tuple[str | int, ...]
Part = Literal["key", "value"]


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing wrong with a document: where (line and column from 1, JSON pointer) and what was expected."""

    line: int
    column: int
    pointer: str
    detail: str


class PolicyInvalid(AfterwordError):
    """The policy document is not valid; the one in force before stays in force."""

    def __init__(self, name: str, faults: Sequence[Fault]) -> None:
        self.name = name
        self.faults = sorted(faults)
        super().__init__("\n".join(self.lines()))

    def lines(self) -> list[str]:
        """One line for each fault: NAME:LINE:COLUMN: pointer: what was expected."""
        return [f"{self.name}:{f.line}:{f.column}: {f.pointer or '/'}: {f.detail}" for f in self.faults]


@dataclass(slots=True)
class Located:
    """What a text says as plain values, with the places of its keys and values and what was wrong already."""

    data: Plain
    places: dict[tuple[Path, Part], tuple[int, int]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def fault(self, path: Path, detail: str, part: Part = "value") -> Fault:
        """A fault at `path`, placed at its nearest ancestor where the text does not mention it."""
        for length in range(len(path), -1, -1):
            wanted = part if length == len(path) else "key"
            place = self.places.get((path[:length], wanted)) or self.places.get((path[:length], "value"))
            if place is not None:
                return Fault(*place, pointer_of(path), detail)
        return Fault(1, 1, pointer_of(path), detail)


def pointer_of(path: Path) -> str:
    """`path` as a JSON pointer (RFC 6901)."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


class _Mark(Protocol):
    """A position as PyYAML's own and its C parser give it, from 0."""

    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


class _Loader(yaml.SafeLoader):
    """Composes nodes only; scalars are read by `_scalar`, under the core schema."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 # PyYAML's own shape


def read(text: str, name: str) -> Located:
    """The values and places in `text`. Raises PolicyInvalid where it is not YAML or has a trap in it."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise PolicyInvalid(name, [Fault(1, 1, "", f"expected at most {MAX_BYTES} bytes")])
    try:
        traps = _traps(text)
        if traps:
            raise PolicyInvalid(name, traps)
        node = yaml.compose(text, Loader=_Loader)
    except ReaderError as error:
        raise PolicyInvalid(name, [_unreadable(text, error)]) from None
    except yaml.MarkedYAMLError as error:
        raise PolicyInvalid(name, [_malformed(error)]) from None
    located = Located(data={})
    located.places[(), "value"] = (1, 1) if node is None else _place(node.start_mark)
    if node is not None:
        located.data = _value(node, (), located)
    return located


def _traps(text: str) -> list[Fault]:
    # Events come from a parser without recursion, so depth is known to be harmless before nodes are composed.
    faults: list[Fault] = []
    depth = documents = 0
    for event in yaml.parse(text, Loader=_Loader):
        detail = None
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            detail = "expected one document" if documents > 1 else None
        elif isinstance(event, yaml.AliasEvent):
            detail = "expected no aliases; write the value out"
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.NodeEvent):
            depth += isinstance(event, yaml.CollectionStartEvent)
            detail = _trap(event, depth)
        if detail is not None:
            faults.append(Fault(*_place(event.start_mark), "", detail))
        if depth > MAX_DEPTH:
            break
    return faults


def _trap(event: yaml.NodeEvent, depth: int) -> str | None:
    if depth > MAX_DEPTH:
        return f"expected at most {MAX_DEPTH} levels"
    if event.anchor is not None:
        return "expected no anchors; write the value out where it is used"
    if getattr(event, "tag", None) is not None:
        return "expected no tags"
    return None


def _value(node: Node, path: Path, located: Located) -> Plain:
    located.places[path, "value"] = _place(node.start_mark)
    if isinstance(node, MappingNode):
        return _mapping(node, path, located)
    if isinstance(node, SequenceNode):
        return [_value(item, (*path, index), located) for index, item in enumerate(node.value)]
    return _scalar(str(node.value), quoted=bool(getattr(node, "style", None)))


def _mapping(node: MappingNode, path: Path, located: Located) -> dict[str, Plain]:
    values: dict[str, Plain] = {}
    for key_node, value_node in node.value:
        line, column = _place(key_node.start_mark)
        if not isinstance(key_node, ScalarNode):
            located.faults.append(Fault(line, column, pointer_of(path), "expected a plain word as key"))
            continue
        key = str(key_node.value)
        if key in values:
            first = located.places[(*path, key), "key"][0]
            detail = f"expected each key once; it stands on line {first} already"
            located.faults.append(Fault(line, column, pointer_of((*path, key)), detail))
            continue
        located.places[(*path, key), "key"] = (line, column)
        values[key] = _value(value_node, (*path, key), located)
    return values


_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {"true": True, "True": True, "false": False, "False": False}
_INT = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")


def _scalar(text: str, *, quoted: bool) -> Plain:
    if quoted:
        return text
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INT.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _place(mark: _Mark | None) -> tuple[int, int]:
    return (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)


def _malformed(error: yaml.MarkedYAMLError) -> Fault:
    return Fault(
        *_place(error.problem_mark or error.context_mark),
        "",
        f"expected YAML: {error.problem or error.context}",
    )


def _unreadable(text: str, error: ReaderError) -> Fault:
    before = text[: error.position]
    column = error.position - (before.rfind("\n") + 1) + 1
    return Fault(before.count("\n") + 1, column, "", "expected printable characters only")
