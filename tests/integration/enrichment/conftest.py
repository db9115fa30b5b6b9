"""The same stage as policy's, with a worker beside it and a platform that the worker asks."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from pydantic import SecretStr

from services.intake.enrichment.client import Client, outside
from services.intake.worker import build
from shared.clock import FixedClock
from shared.settings import WorkerSettings
from shared.vault import Keyring, new_key
from tests.integration.enrichment.platform import StandIn, open_platform
from tests.integration.policy.conftest import stage
from tests.integration.policy.stage import NOON, Stage

__all__ = ["stage"]

RING = f"k1:{new_key()}"
KEYRING = Keyring.parse(RING)


@pytest.fixture
async def platform() -> AsyncIterator[StandIn]:
    """A platform that answers."""
    async with open_platform() as stand_in:
        yield stand_in


@pytest.fixture
def clock() -> FixedClock:
    """Time that moves when told to."""
    return FixedClock(NOON)


@pytest.fixture
async def client(clock: FixedClock) -> AsyncIterator[Client]:
    """A client that goes out as the worker's does."""
    http = outside()
    yield Client(http, clock)
    await http.aclose()


@asynccontextmanager
async def worker(stage: Stage) -> AsyncIterator[None]:
    """A worker that runs as long as this context."""
    given = stage.settings
    settings = WorkerSettings(
        amqp_url=SecretStr(given.amqp_url.get_secret_value()),
        mongo_url=given.mongo_url,
        bus_key=given.bus_key,
        source_keys=SecretStr(RING),
        vault_keys=given.vault_keys,
        pepper=given.pepper,
        stop_timeout_s=4,
        consumer_check_interval_s=0.1,
    )
    app = build(settings, stage.clock)
    async with app.router.lifespan_context(app):
        yield
