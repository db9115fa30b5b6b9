"""A fresh database with its indexes."""

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from shared.store import client, indexes
from shared.store.client import Database


@pytest.fixture
async def database(mongo_url: str) -> AsyncIterator[Database]:
    """Nothing is stored yet."""
    mongo, database = client.connect(SecretStr(mongo_url), app="test")
    await indexes.create(database)
    yield database
    mongo.close()
