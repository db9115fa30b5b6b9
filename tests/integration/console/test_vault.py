"""A key rotation on a real database: everything ends up under the new key, and nothing is lost on the way."""

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from services.console.vault import rewrap_data_keys, rewrap_sources
from shared.errors import NotFound
from shared.store import client
from shared.store.client import Database
from shared.vault import Keyring, Vault, new_key

OLD, NEW = f"old:{new_key()}", f"new:{new_key()}"
PEOPLE = 1_203  # more than two batches


@pytest.fixture
async def database(mongo_url: str) -> AsyncIterator[Database]:
    """A fresh database."""
    mongo, opened = client.connect(SecretStr(mongo_url), app="test")
    yield opened
    mongo.close()


async def test_every_data_key_is_brought_under_the_new_key(database: Database) -> None:
    """After the rotation the old key may leave the ring, and every card that was not erased still opens."""
    before, both, after = (Vault(Keyring.parse(ring)) for ring in (OLD, f"{NEW},{OLD}", NEW))
    cards = []
    for number in range(PEOPLE):
        wrapped = before.new_data_key()
        sealed = before.open(wrapped).seal(b"ada", str(number).encode())
        cards.append({"_id": str(number), "data_key": wrapped, "sealed": sealed})
    await database["people"].insert_many([*cards, {"_id": "erased", "data_key": None, "sealed": None}])
    assert await rewrap_data_keys(database["people"], both) == PEOPLE
    assert await rewrap_data_keys(database["people"], both) == 0
    async for card in database["people"].find({"data_key": {"$ne": None}}):
        assert after.open(card["data_key"]).open(card["sealed"], card["_id"].encode()) == b"ada"
    with pytest.raises(NotFound):
        before.open((await database["people"].find_one({"_id": "7"}) or {})["data_key"])


async def test_the_secrets_of_sources_are_brought_under_the_new_key(database: Database) -> None:
    """Both the current and the previous secret, and what opens the platform's API."""
    old, both, new = (Keyring.parse(ring) for ring in (OLD, f"{NEW},{OLD}", NEW))
    secrets = {
        "current": old.seal(b"one", b"ats"),
        "previous": old.seal(b"two", b"ats"),
        "previous_until": None,
    }
    credentials = old.seal(b"three", b"ats/credentials")
    await database["sources"].insert_one({"_id": "ats", "secrets": secrets, "credentials": credentials})
    assert await rewrap_sources(database, both) == 1
    assert await rewrap_sources(database, both) == 0
    source = await database["sources"].find_one({"_id": "ats"}) or {}
    stored = source["secrets"]
    assert [new.open(stored[name], b"ats") for name in ("current", "previous")] == [b"one", b"two"]
    assert new.open(source["credentials"], b"ats/credentials") == b"three"
