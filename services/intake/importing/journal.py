"""How far an import is, in two small files beside it: what is confirmed, and which lines were refused."""

import fcntl
import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

from pydantic import BaseModel, ValidationError

from services.intake.importing.lines import known_place
from shared.errors import Conflict, FieldError, Invalid


@dataclass(frozen=True, slots=True)
class Refused:
    """A record that was left out: the line it begins on, and each field at fault. No value is repeated."""

    line: int
    errors: Sequence[FieldError]


class Progress(BaseModel):
    """What is done of one file for one source."""

    digest: str
    source: str
    records: int = 0
    taken: int = 0
    refused: int = 0
    #: Bytes of the report that belong to what is confirmed; what follows them is written again.
    reported: int = 0


class Journal:
    """Keeps the progress of one import. Of a file that has changed since, or for another source, it begins
    anew: what was taken in before is the same event again.
    """

    def __init__(self, path: Path, source: str) -> None:
        self._path = path
        self._source = source
        self._state = path.with_name(f"{path.name}.import.json")
        self.report = path.with_name(f"{path.name}.refused.jsonl")

    def __enter__(self) -> Self:
        """Raises Conflict while another import of the file runs, and Invalid where nothing can be kept."""
        with ExitStack() as opened:
            imported = opened.enter_context(self._path.open("rb"))
            _lock(imported)
            self.progress = self._read(hashlib.file_digest(imported, "sha256").hexdigest(), self._source)
            with _kept(self.report):
                self._file = opened.enter_context(self.report.open("r+b" if self.report.exists() else "w+b"))
            self._file.truncate(self.progress.reported)
            self._file.seek(self.progress.reported)
            self._opened = opened.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        with self._opened:  # the lock is let go last
            if not self.progress.refused:
                self.report.unlink()

    def confirm(self, records: int, refused: Sequence[Refused]) -> None:
        """So many more records are done, of which these were refused."""
        lines = ({"line": one.line, "errors": [_told(error) for error in one.errors]} for one in refused)
        with _kept(self.report):
            self._file.writelines(json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines)
            self._file.flush()
        self.progress.records += records
        self.progress.taken += records - len(refused)
        self.progress.refused += len(refused)
        self.progress.reported = self._file.tell()
        # written whole beside it and then put in its place, so that it is never half of one
        written = self._state.with_name(f"{self._state.name}.new")
        with _kept(written):
            written.write_text(self.progress.model_dump_json(indent=2) + "\n", "utf-8")
            written.replace(self._state)

    def _read(self, digest: str, source: str) -> Progress:
        fresh = Progress(digest=digest, source=source)
        if not self._state.exists():
            return fresh
        try:
            found = Progress.model_validate_json(self._state.read_bytes())
        except ValidationError:
            raise Invalid.at("", f"{self._state} is not as it was written; remove it to begin anew") from None
        return found if (found.digest, found.source) == (digest, source) else fresh


def _lock(file: BinaryIO) -> None:
    """Until the file is closed, also by a crash. Raises Conflict where somebody else has it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Conflict(f"another import of {file.name} is running") from None


@contextmanager
def _kept(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        where = "progress and refused lines are kept beside the file, in a folder that this user may write to"
        raise Invalid.at("", f"{path} cannot be written ({error.strerror}): {where}") from None


def _told(error: FieldError) -> dict[str, str]:
    return {"field": known_place(error.pointer), "expected": error.detail}
