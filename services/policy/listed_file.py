"""A file of people who must not be written to, line by line; one that cannot be used is told, not lost."""

import csv
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from services.policy.lines import numbered
from services.policy.listed import Listed, read_line
from services.policy.suppress import Entry
from shared.errors import Invalid
from shared.identity import Fingerprints

#: Under this name stands what a row has beyond the names above it; so it is refused.
_TOO_MANY = "more values than names"


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that cannot be used, by its number."""

    line: int
    why: Invalid

    def __str__(self) -> str:
        return f"line {self.line}: {self.why}"


def entries_of(
    file: Path, scope: str | None, scopes: Container[str], made: Fingerprints, now: datetime
) -> Iterator[tuple[str, Entry] | Refused]:
    """What each line says and of which list it is, or why it is refused; without a scope each names its own,
    one of these. Raises Invalid for a file of another kind.
    """
    for number, values in _lines(file, scope):
        try:
            if isinstance(values, Invalid):
                raise values
            line = read_line(values)
            yield _scope_of(line, scope, scopes), entry_of(line, made, now)
        except Invalid as error:
            yield Refused(number, error)


def _scope_of(line: Listed, scope: str | None, scopes: Container[str]) -> str:
    if scope is not None:
        if line.scope not in {None, scope}:
            raise Invalid.at("/scope", "the line is of another list than --tenant or --everyone names")
        return scope
    if line.scope is None:
        raise Invalid.at("/scope", "is expected as an export has it, or --tenant or --everyone for all lines")
    if line.scope not in scopes:
        raise Invalid.at("/scope", "there is no tenant of this name; `afterword tenant add` adds it")
    return line.scope


def entry_of(line: Listed, made: Fingerprints, now: datetime) -> Entry:
    """The person of a line, on the list since it says so, or now. Raises Invalid."""
    return Entry(line.fingerprints(made), line.kind, line.at or now)


def _lines(file: Path, scope: str | None) -> Iterator[tuple[int, Mapping[str, object] | bytes | Invalid]]:
    if file.suffix == ".csv":
        # what is no UTF-8 is refused with its line
        with file.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as opened:
            names = _names(opened.readline(), scope)
            for number, line in enumerate(opened, 2):
                if line.strip():
                    yield number, _values(names, line)
    elif file.suffix in {".jsonl", ".ndjson"}:
        with file.open("rb") as opened:
            yield from numbered(opened)
    else:
        raise Invalid.at("", f"{file}: a name that ends with .csv or .jsonl is expected")


def _names(line: str, scope: str | None) -> list[str]:
    """The names of the columns. Raises Invalid once for what would be wrong with each line."""
    names = next(csv.reader([line]), [])
    known = Listed.model_fields
    for position, name in enumerate(names, 1):
        if name not in known:
            told = f"line 1: column {position} is none of {', '.join(known)}, with commas between"
            raise Invalid.at("", told)
    if not names:
        raise Invalid.at("", f"line 1: names of columns are expected, of {', '.join(known)}")
    if scope is None and "scope" not in names:
        raise Invalid.at("", "--tenant or --everyone is expected, or a column scope as an export has it")
    return names


def _values(names: list[str], line: str) -> Mapping[str, object] | Invalid:
    """A line by itself, for nothing on the list goes over several: a quote without end takes nobody along."""
    try:
        return next(csv.DictReader([line], names, restkey=_TOO_MANY, strict=True))
    except csv.Error:
        return Invalid.at("", "a line of CSV is expected, as RFC 4180 has it")
