"""The form of a backup: a gzipped tar of COLLECTION.0000.bson and so on, and manifest.json at its end.

Documents lie byte for byte as stored, a long collection in several parts, so neither side holds it whole.
"""

import io
import json
import tarfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import IO

from bson import decode_file_iter
from bson.codec_options import CodecOptions
from bson.errors import InvalidBSON
from bson.raw_bson import RawBSONDocument

MANIFEST = "manifest.json"
FORMAT = 1
PART_BYTES = 16 * 1024 * 1024
RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument)


class DamagedError(Exception):
    """The archive is not whole, or none of ours."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archive must hold: taken at `at` (ISO 8601), so many documents of each collection."""

    at: str
    database: str
    counts: dict[str, int]
    format: int = FORMAT


class Writer:
    """Writes an archive to a stream that need not seek. The manifest comes last: one cut short has none."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._tar = tarfile.open(fileobj=stream, mode="w|gz")  # noqa: SIM115 - closed by close()
        self._counts: dict[str, int] = {}

    def add(self, collection: str, documents: Iterable[RawBSONDocument]) -> int:
        """Adds a whole collection; returns how many documents that were."""
        part, size, number, count = io.BytesIO(), 0, 0, 0
        for document in documents:
            size += part.write(document.raw)
            count += 1
            if size >= PART_BYTES:
                self._member(f"{collection}.{number:04}.bson", part.getvalue())
                part, size, number = io.BytesIO(), 0, number + 1
        self._member(f"{collection}.{number:04}.bson", part.getvalue())
        self._counts[collection] = count
        return count

    def close(self, at: str, database: str) -> Manifest:
        """Adds the manifest and ends the archive."""
        manifest = Manifest(at, database, self._counts)
        self._member(MANIFEST, json.dumps(asdict(manifest), indent=2).encode())
        self._tar.close()
        return manifest

    def _member(self, name: str, content: bytes) -> None:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        info.mode = 0o600
        self._tar.addfile(info, io.BytesIO(content))


def read(stream: IO[bytes]) -> Iterator[tuple[str, list[RawBSONDocument]] | Manifest]:
    """The parts of an archive in their order as (collection, documents), and its manifest at the end.

    Raises DamagedError where it is cut short or unreadable.
    """
    try:
        with tarfile.open(fileobj=stream, mode="r|gz") as tar:
            for member in tar:
                content = tar.extractfile(member)
                if content is None:
                    raise DamagedError(f"{member.name} is not a file")
                if member.name == MANIFEST:
                    yield _manifest(content.read())
                else:
                    documents = list(decode_file_iter(content, RAW))
                    yield member.name.partition(".")[0], documents
    except (tarfile.TarError, zlib.error, EOFError, OSError, InvalidBSON) as error:
        raise DamagedError(f"not a whole backup: {error}") from error


def check(stream: IO[bytes]) -> Manifest:
    """Reads the whole archive and returns its manifest, the stream back at its start.

    Raises DamagedError where it is cut short, unreadable, or does not hold what its manifest says.
    """
    counts: Counter[str] = Counter()
    manifest = None
    stream.seek(0)
    for part in read(stream):
        if isinstance(part, Manifest):
            manifest = part
        else:
            counts[part[0]] += len(part[1])
    stream.seek(0)
    if manifest is None:
        raise DamagedError("not a whole backup: it ends before its manifest")
    if manifest.counts != counts:
        raise DamagedError(
            f"not a whole backup: it holds {dict(counts)}, its manifest says {manifest.counts}"
        )
    return manifest


def _manifest(text: bytes) -> Manifest:
    found = json.loads(text)
    if found.get("format") != FORMAT:
        raise DamagedError(f"a backup of format {found.get('format')}; this version reads {FORMAT}")
    return Manifest(**found)
