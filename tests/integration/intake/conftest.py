"""Fixtures: the topology on a fresh vhost, a fresh database, and an intake between them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from shared.clock import FixedClock
from shared.migrate import migrate
from shared.store import client
from shared.store.client import Database
from tests.integration.intake.stage import Stage, a_tenant, open_stage, settings


@pytest.fixture
def clock() -> FixedClock:
    """Time that moves when told to."""
    return FixedClock(datetime(2026, 1, 31, 12, tzinfo=UTC))


@pytest.fixture
async def database(mongo_url: str, amqp_url: str) -> AsyncIterator[Database]:
    """A fresh database beside a fresh vhost, both brought up to date, with one tenant."""
    await migrate(SecretStr(mongo_url), SecretStr(amqp_url))
    mongo, database = client.connect(SecretStr(mongo_url), app="test")
    await a_tenant(database)
    yield database
    mongo.close()


@pytest.fixture
async def stage(amqp_url: str, mongo_url: str, clock: FixedClock, database: Database) -> AsyncIterator[Stage]:
    """An intake that serves."""
    async with open_stage(settings(amqp_url, mongo_url), clock, database) as stage:
        yield stage
