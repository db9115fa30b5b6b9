"""A stage for each test: its own vhost, database and mail server."""

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from deploy.local.smtp import SmtpServer
from services.notifier.loop import DueLoop
from shared import bus as buses
from shared.bus import Bus
from shared.clock import FixedClock, SystemClock
from shared.decision import Signer, new_seed
from shared.migrate import migrate
from shared.settings import NotifierSettings
from shared.store import client
from shared.vault import new_key
from tests.integration.notifier.stage import NOON, Stage


@pytest.fixture
async def stage(amqp_url: str, mongo_url: str, smtp: SmtpServer) -> AsyncIterator[Stage]:
    """Fresh servers, one tenant, no case."""
    signer = Signer(new_seed())
    settings = NotifierSettings(
        amqp_url=SecretStr(amqp_url),
        mongo_url=SecretStr(mongo_url),
        vault_keys=SecretStr(f"k1:{new_key()}"),
        link_key=SecretStr(new_key()),
        verify_key=signer.public_key,
        public_url="http://localhost:8081",
        smtp_host=smtp.host,
        smtp_port=smtp.port,
        smtp_security="none",
        smtp_timeout_s=5,
        lease_s=60,
        due_interval_s=0.05,
        retry_waits_s=(60, 300, 1800),
        stop_timeout_s=4,
    )
    await migrate(settings.mongo_url, settings.amqp_url)
    mongo, database = client.connect(settings.mongo_url, app="test")
    broker = buses.connect(settings.amqp_url, "test", stop_timeout_s=5)
    await broker.start()
    bus = Bus(broker, sealer=None, clock=SystemClock(), timeout_s=5)
    stage = Stage(settings, database, broker, bus, signer, FixedClock(NOON))
    await stage.tenant()
    yield stage
    await broker.stop()
    mongo.close()


@pytest.fixture
async def loop(stage: Stage) -> AsyncIterator[DueLoop]:
    """One replica."""
    replica = stage.replica()
    yield replica
    await replica.stop(1)
