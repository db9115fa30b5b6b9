"""The worker as a process of its own, with its own rights and no more."""

import asyncio
import base64
import signal
from pathlib import Path

from deploy.local.process import Service
from deploy.local.servers import Servers
from shared.store.client import Database
from tests.integration.bus.test_rights import as_service
from tests.integration.intake.stage import BUS_KEY, SOURCE_KEYS, until

KEY = base64.b64encode(b"v" * 32).decode()


async def test_it_starts_and_ends_with_its_own_rights(
    database: Database, servers: Servers, vhost: str, mongo_url: str, tmp_path: Path
) -> None:
    """Ready once it reads its queues, without the right to configure any; gone within the time to stop."""
    env = {
        "AFTERWORD_AMQP_URL": as_service(servers, vhost, "worker"),
        "AFTERWORD_MONGO_URL": mongo_url,
        "AFTERWORD_BUS_KEY": BUS_KEY,
        "AFTERWORD_SOURCE_KEYS": SOURCE_KEYS,
        "AFTERWORD_VAULT_KEYS": f"k1:{KEY}",
        "AFTERWORD_PEPPER": KEY,
    }
    with Service("worker", env, logs=tmp_path) as worker:
        await until(worker.answers)
        assert await asyncio.to_thread(worker.terminate, 10) in {0, -signal.SIGTERM}
