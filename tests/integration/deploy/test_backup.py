"""A backup, a loss, and what a restore brings back."""

import io
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from deploy.mongodb import archive
from deploy.mongodb.backup import backup
from deploy.mongodb.restore import NotEmptyError, close_open, restore
from shared.clock import FixedClock
from shared.states import State, chain_faults
from shared.store import client, indexes
from shared.store.cases import opened

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
CLOCK = FixedClock(NOW)
Store = Database[dict[str, Any]]


@pytest.fixture
async def database(mongo_url: str) -> AsyncIterator[Store]:
    """A fresh database with its indexes and one document of many kinds."""
    mongo, motor = client.connect(SecretStr(mongo_url), app="test")
    await indexes.create(motor)
    mongo.close()
    sync = MongoClient[dict[str, Any]](mongo_url)
    found: Store = sync.get_default_database()
    found["cases"].insert_one(opened("case_1", NOW, by="policy", event_id="e1", fields={"tenant": "t"}))
    found["people"].insert_one({"_id": "card_1", "keys": ["t/e1"], "sealed": b"\x00\x01", "erased_at": None})
    found["permits"].insert_one({"_id": "case_1", "keys": ["t/e1"], "tenant": "t", "at": NOW})
    found["suppressions"].insert_one({"_id": "*|e2|opt_out", "fp": "e2", "at": NOW})
    found["events"].insert_many([{"_id": f"e{n}", "at": NOW} for n in range(3_000)])
    yield found
    sync.close()


@pytest.fixture
def saved(database: Store) -> io.BytesIO:
    """The backup of that."""
    stream = io.BytesIO()
    backup(database, stream, CLOCK)
    stream.seek(0)
    return stream


def everything(database: Store) -> dict[str, list[dict[str, Any]]]:
    """All documents of all collections that have any."""
    found = {name: list(database[name].find().sort("_id", 1)) for name in database.list_collection_names()}
    return {name: documents for name, documents in found.items() if documents}


def wipe(database: Store) -> None:
    """The loss."""
    for name in database.list_collection_names():
        database[name].delete_many({})


def test_what_was_lost_comes_back_as_it_was(database: Store, saved: io.BytesIO) -> None:
    """Every document of every collection, and the counts that the manifest names."""
    before = everything(database)
    wipe(database)
    counts = restore(database, saved, replace=False)
    assert everything(database) == before
    assert counts == {name: len(documents) for name, documents in before.items()}


def test_a_database_that_holds_something_is_refused_unless_told(database: Store, saved: io.BytesIO) -> None:
    """And nothing is touched by the refusal."""
    before = everything(database)
    with pytest.raises(NotEmptyError, match="cases, events"):
        restore(database, saved, replace=False)
    assert everything(database) == before


def test_a_fresh_deployment_counts_as_empty(database: Store, saved: io.BytesIO) -> None:
    """A policy service has stored its document by then; it stays, and is no reason to refuse."""
    wipe(database)
    database["policies"].insert_one({"_id": "v1", "text": "{}"})
    restore(database, saved, replace=False)
    assert database["policies"].count_documents({}) == 1
    assert database["cases"].count_documents({}) == 1


def test_a_damaged_backup_is_refused_before_anything_is_replaced(database: Store, saved: io.BytesIO) -> None:
    """A half backup is worse than none."""
    before = everything(database)
    half = io.BytesIO(saved.getvalue()[: len(saved.getvalue()) // 2])
    with pytest.raises(archive.DamagedError):
        restore(database, half, replace=True)
    assert everything(database) == before


def test_a_restore_undoes_no_opt_out_no_permit_and_no_erasure(database: Store, saved: io.BytesIO) -> None:
    """What was promised after the backup was made still holds."""
    database["suppressions"].insert_one({"_id": "*|e9|opt_out", "fp": "e9", "at": NOW})
    database["permits"].insert_one({"_id": "case_9", "keys": ["t/e9"], "tenant": "t", "at": NOW})
    database["people"].update_one({"_id": "card_1"}, {"$set": {"erased_at": NOW, "sealed": None}})
    database["cases"].insert_one({"_id": "case_9", "tenant": "t"})
    restore(database, saved, replace=True)
    assert database["suppressions"].count_documents({"fp": {"$in": ["e2", "e9"]}}) == 2
    assert database["permits"].count_documents({}) == 2
    assert database["people"].find_one({"_id": "card_1"}, {"sealed": 1}) == {"_id": "card_1", "sealed": None}
    assert database["cases"].distinct("_id") == ["case_1"]
    with pytest.raises(DuplicateKeyError):
        database["permits"].insert_one({"_id": "case_10", "keys": ["t/e9"]})


async def test_cases_open_in_the_backup_are_closed_with_a_reason(
    database: Store, saved: io.BytesIO, mongo_url: str
) -> None:
    """Nobody knows whether they were thanked since; the timeline says so and its chain stays whole."""
    wipe(database)
    restore(database, saved, replace=False)
    assert await close_open(SecretStr(mongo_url), CLOCK) == 1
    case = database["cases"].find_one({"_id": "case_1"}) or {}
    assert case["state"] == State.DENIED
    assert case["timeline"][-1]["by"] == "restore"
    assert list(chain_faults("case_1", case["state"], case["head"], case["timeline"])) == []


def test_a_backup_is_of_one_moment(database: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written while it runs is not in it, whichever collection is read later."""
    add = archive.Writer.add

    def interrupted(self: archive.Writer, collection: str, documents: Iterator[Any]) -> int:
        count = add(self, collection, documents)
        if collection == "cases":
            database["events"].insert_one({"_id": "late"})
        return count

    monkeypatch.setattr(archive.Writer, "add", interrupted)
    stream = io.BytesIO()
    assert backup(database, stream, CLOCK).counts["events"] == 3_000
    assert database["events"].count_documents({}) == 3_001


def test_raw_deliveries_are_in_no_backup_and_outlast_a_restore(database: Store) -> None:
    """A backup would bring back what an erasure has deleted since; what is there ends by itself."""
    database["deliveries"].insert_one({"_id": "dlv_1", "keys": ["t/e1"]})
    stream = io.BytesIO()
    backup(database, stream, CLOCK)
    stream.seek(0)
    database["deliveries"].delete_many({})
    database["deliveries"].insert_one({"_id": "dlv_2", "keys": ["t/e2"]})
    restore(database, stream, replace=True)
    assert database["deliveries"].distinct("_id") == ["dlv_2"]
