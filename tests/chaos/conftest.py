"""A migrated database for each test."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest
from motor.motor_asyncio import AsyncIOMotorClient
from pydantic import SecretStr
from pymongo.write_concern import WriteConcern

from deploy.demo.accounts import register
from deploy.demo.local import POLICY_FILE
from deploy.demo.platform import Platform
from deploy.local.smtp import SmtpServer
from deploy.mongodb.rights import COLLECTIONS
from services.console.secrets import write_secrets
from services.notifier import record
from shared.clock import SystemClock
from shared.migrate import migrate
from shared.store import client, indexes
from shared.store.client import Database, Document
from tests.chaos.play import Ground
from tests.chaos.stage import SECRETS, SERVICES, Forks, Stage

#: Every fourth candidate of these tests opts out. That would hold a real house, and here is what is tested.
OPT_OUTS_ARE_USUAL = """
reputation: {recruiter_min_bad: 1000, tenant_min_bad: 1000, breaker_min_bad: 1000}
"""


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


@pytest.fixture
def stage(amqp_url: str, mongo_url: str, smtp: SmtpServer, tmp_path: Path) -> Iterator[Stage]:
    """All four services, each a fork."""
    clock = SystemClock()
    write_secrets(tmp_path / "secrets", clock)
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY_FILE.read_text("utf-8") + OPT_OUTS_ARE_USUAL, "utf-8")
    env = {
        **{f"AFTERWORD_{name.upper()}_FILE": str(tmp_path / "secrets" / name) for name in SECRETS},
        "AFTERWORD_AMQP_URL": amqp_url,
        "AFTERWORD_MONGO_URL": mongo_url,
        "AFTERWORD_POLICY_FILE": str(policy),
        "AFTERWORD_PUBLIC_URL": "http://localhost:8081",
        "AFTERWORD_SMTP_HOST": smtp.host,
        "AFTERWORD_SMTP_PORT": str(smtp.port),
        "AFTERWORD_SMTP_SECURITY": "none",
        "AFTERWORD_SMTP_TIMEOUT_S": "1",
        "AFTERWORD_LEASE_S": "3",
        "AFTERWORD_DUE_INTERVAL_S": "0.05",
        "AFTERWORD_IN_FORCE_TIMEOUT_S": "1",
        "AFTERWORD_RETRY_WAITS_S": "1,1,1",
        "AFTERWORD_CONSUMER_CHECK_INTERVAL_S": "1",
    }
    asyncio.run(migrate(SecretStr(mongo_url), SecretStr(amqp_url)))
    forks = Forks(env, tmp_path)
    keys = (tmp_path / "secrets" / "source_keys").read_text().strip()
    verify_key = (tmp_path / "secrets" / "verify_key").read_text().strip()
    accounts = asyncio.run(register(SecretStr(mongo_url), keys, forks.url("intake"), "robin", "crash", clock))
    http = httpx.Client(trust_env=False)
    stage = Stage(
        forks,
        Platform(accounts.source, "r@acme.example", http, clock),
        accounts.desk_key,
        verify_key,
        mongo_url,
        smtp,
    )
    try:
        for name in SERVICES:
            forks.start(name)
        for name in SERVICES:
            stage.until(partial(stage.ready, name), f"{name} is ready")
        yield stage
    finally:
        forks.close()
        stage.http.close()
        http.close()
        stage.mongo.close()
