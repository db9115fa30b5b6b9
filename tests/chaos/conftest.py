"""A migrated database for each test."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from motor.motor_asyncio import AsyncIOMotorClient
from pydantic import SecretStr
from pymongo.write_concern import WriteConcern

from deploy.mongodb.rights import COLLECTIONS
from services.notifier import record
from shared.store import client, indexes
from shared.store.client import Database, Document
from tests.chaos.machine import Ground


@pytest.fixture
async def database(mongo_url: str) -> AsyncIterator[Database]:
    """A fresh database with all indexes."""
    mongo, database = client.connect(SecretStr(mongo_url), app="test")
    await indexes.create(database)
    yield database
    mongo.close()


@pytest.fixture
def ground(mongo_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ground]:
    """A loop and a migrated database for many histories; no power is cut here, so writes need no disk."""
    loop = asyncio.new_event_loop()
    monkeypatch.setattr(record, "_PAUSE_S", 0)
    mongo: AsyncIOMotorClient[Document] = AsyncIOMotorClient(mongo_url, tz_aware=True, io_loop=loop)
    database = mongo.get_default_database().with_options(write_concern=WriteConcern(w=1, j=False))
    loop.run_until_complete(indexes.create(database))
    for name in COLLECTIONS:
        loop.run_until_complete(database[name].insert_one({"_id": "first", "keys": ["none"]}))
    yield Ground(loop, database)
    mongo.close()
    loop.close()
