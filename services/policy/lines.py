"""JSON lines answered one by one, as they come, in one process."""

import codecs
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, TypeVar

import typer
from pydantic import BaseModel

from shared import strict_json
from shared.checked import checked
from shared.errors import Invalid

_Line = TypeVar("_Line", bound=BaseModel)
Answer = dict[str, object]


def answer_lines(
    file: Path | None,
    model: type[_Line],
    answer: Callable[[_Line], Answer],
    show: Callable[[Answer], None] | None,
) -> None:
    """Answer each line of `file` (None: standard input), by `show`, or as a line of JSON.

    Exits with 2 at a line that is not as `model` says, its number on standard error; empty lines are skipped.
    """
    for number, line in _of(file):
        try:
            asked = checked(model, strict_json.read(line))
        except Invalid as invalid:
            pointer, expected = invalid.errors[0]
            place = ".".join(pointer.split("/")[1:])
            typer.echo(f"line {number}: {place}{': ' if place else ''}{expected}", err=True)
            raise typer.Exit(2) from None
        answered = answer(asked)
        if show is None:
            sys.stdout.write(json.dumps(answered, ensure_ascii=False, default=str) + "\n")
        else:
            show(answered)


def _of(file: Path | None) -> Iterator[tuple[int, bytes]]:
    if file is None or str(file) == "-":
        yield from numbered(sys.stdin.buffer)
        return
    try:
        with file.open("rb") as opened:
            yield from numbered(opened)
    except OSError as error:
        typer.echo(f"{file}: expected a readable file: {error.strerror}", err=True)
        raise typer.Exit(2) from None


def numbered(opened: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The lines that hold anything, each with its number; a byte order mark in front of the first is none."""
    for number, line in enumerate(opened, 1):
        bare = (line.removeprefix(codecs.BOM_UTF8) if number == 1 else line).strip()
        if bare:
            yield number, bare
