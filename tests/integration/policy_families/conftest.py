"""A house for each test: its own database, seen by four replicas."""

from collections.abc import AsyncIterator, Callable

import pytest
from pydantic import SecretStr

from shared.store import client, indexes
from tests.integration.policy_families.house import House

OpenHouse = Callable[..., House]


@pytest.fixture
async def open_house(mongo_url: str) -> AsyncIterator[OpenHouse]:
    """Makes a house under a policy."""
    connections = [client.connect(SecretStr(mongo_url), app=f"test{number}") for number in range(4)]
    await indexes.create(connections[0][1])

    def make(policy: str = "") -> House:
        return House([database for _, database in connections], policy)

    yield make
    for mongo, _ in connections:
        mongo.close()
