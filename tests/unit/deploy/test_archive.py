"""The form of a backup."""

import io

import bson
import pytest
from bson.raw_bson import RawBSONDocument

from deploy.mongodb import archive


def _archive(documents: int) -> bytes:
    stream = io.BytesIO()
    writer = archive.Writer(stream)
    writer.add(
        "cases", (RawBSONDocument(bson.encode({"_id": n, "fill": b"x" * 200})) for n in range(documents))
    )
    writer.add("keys", ())
    writer.close("2026-01-02T03:04:05.000+00:00", "afterword")
    return stream.getvalue()


def test_documents_come_back_byte_for_byte_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """No part holds the whole collection."""
    monkeypatch.setattr(archive, "PART_BYTES", 1_000)
    parts = list(archive.read(io.BytesIO(_archive(20))))
    found = [part for part in parts if not isinstance(part, archive.Manifest) and part[0] == "cases"]
    assert len(found) > 3
    assert [document["_id"] for _, documents in found for document in documents] == list(range(20))
    assert archive.check(io.BytesIO(_archive(20))).counts == {"cases": 20, "keys": 0}


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7, 0.95])
def test_an_archive_cut_short_is_refused(share: float) -> None:
    """Wherever it was cut."""
    whole = _archive(2_000)
    with pytest.raises(archive.DamagedError, match="not a whole backup"):
        archive.check(io.BytesIO(whole[: int(len(whole) * share)]))
