"""A file of records, CSV or JSON Lines, read as a stream: what lies where, and how far that is."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from services.intake.importing.lines import check_columns, from_cells
from shared import strict_json
from shared.errors import Invalid

_BOM = b"\xef\xbb\xbf"
_RUNS_AWAY = (
    "the record that begins here does not end with its line and is no CSV, as where a quote is not closed;"
    " what lies behind it cannot be told apart, so mend it and import the file again"
)


@dataclass(frozen=True, slots=True)
class Record:
    """One record: the line that it begins on, the bytes of the file up to its end, and what it holds."""

    line: int
    offset: int
    content: dict[str, Any] | Invalid


def records(path: Path) -> Iterator[Record]:
    """Every record of the file, in order.

    Raises Invalid for a file that is neither CSV nor JSON Lines, and where a quote of a CSV file runs away.
    """
    read = {".csv": _of_csv, ".jsonl": _of_jsonl}.get(path.suffix.lower())
    if read is None:
        raise Invalid.at("", f"a file named .csv or .jsonl is expected, not {path.name}")
    with path.open("rb") as file:
        yield from read(_Lines(file))


class _Lines:
    """The lines of a file, and how far they were read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.count = self.offset = 0

    def __iter__(self) -> Iterator[bytes]:
        for line in self._file:
            bare = line.removeprefix(_BOM) if self.count == 0 else line
            self.count += 1
            self.offset += len(line)
            yield bare


def _of_jsonl(lines: _Lines) -> Iterator[Record]:
    for line in lines:
        if line.strip():
            yield Record(lines.count, lines.offset, _object(line))


def _object(line: bytes) -> dict[str, Any] | Invalid:
    try:
        value = strict_json.read(line)
    except Invalid as error:
        return error
    return value if isinstance(value, dict) else Invalid.at("", "an object is expected")


def _of_csv(lines: _Lines) -> Iterator[Record]:
    # what is no UTF-8 becomes text that no field takes, so that the line is refused and not the file
    reader = csv.reader((line.decode("utf-8", "surrogateescape") for line in lines), strict=True)
    names = _names(reader)
    began = lines.count + 1
    for cells in _rows(reader):
        if lines.count > began and (cells is None or len(cells) != len(names)):
            # to go on at the next line would read messages out of what somebody wrote in one
            raise Invalid.at("", f"line {began}: {_RUNS_AWAY}")
        if cells != []:
            yield Record(began, lines.offset, _content(names, cells))
        began = lines.count + 1


def _rows(reader: Iterator[list[str]]) -> Iterator[list[str] | None]:
    """The cells of each row; None where it is no CSV."""
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield None
        else:
            yield cells


def _names(rows: Iterator[list[str]]) -> list[str]:
    try:
        names = [name.strip() for name in next(rows, [])]
    except csv.Error:
        told = "line 1: names of columns are expected as RFC 4180 has it, and lines that end with LF or CRLF"
        raise Invalid.at("", told) from None
    check_columns(names)
    return names


def _content(names: list[str], cells: list[str] | None) -> dict[str, Any] | Invalid:
    if cells is None:
        return Invalid.at("", "a line of CSV is expected, as RFC 4180 has it")
    try:
        return from_cells(names, cells)
    except Invalid as error:
        return error
