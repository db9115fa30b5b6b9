"""A stage for each test: its own vhost and database."""

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from shared import bus as buses
from shared import liveness
from shared.bus import Bus
from shared.clock import FixedClock
from shared.decision import new_seed
from shared.migrate import migrate
from shared.settings import PolicySettings
from shared.store import client
from shared.vault import Sealer, new_key
from tests.integration.policy.stage import NOON, Stage


@pytest.fixture
async def stage(amqp_url: str, mongo_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    """Fresh servers; no policy runs yet."""
    # a replica inside this process must not end it
    monkeypatch.setattr(liveness, "PATIENCE", 1_000_000)
    settings = PolicySettings.model_validate(
        {
            "amqp_url": amqp_url,
            "mongo_url": mongo_url,
            "bus_key": new_key(),
            "vault_keys": f"k1:{new_key()}",
            "pepper": new_key(),
            "signing_key": new_seed(),
            "publish_timeout_s": 5,
            "stop_timeout_s": 4,
            "consumer_check_interval_s": 0.1,
            "sweep_interval_s": 0.1,
        }
    )
    await migrate(SecretStr(mongo_url), SecretStr(amqp_url))
    mongo, database = client.connect(settings.mongo_url, app="test")
    broker = buses.connect(settings.amqp_url, "test", stop_timeout_s=5)
    await broker.start()
    clock = FixedClock(NOON)
    bus = Bus(broker, sealer=Sealer(settings.bus_key.get_secret_value()), clock=clock, timeout_s=5)
    yield Stage(settings, database, broker, bus, clock)
    await broker.stop()
    mongo.close()
