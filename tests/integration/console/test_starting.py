"""A service whose servers are away says so in a line for each, and ends."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.ports import free_ports
from services.console.secrets import write_secrets
from services.console.serving import Service
from shared.clock import SystemClock

_SECRETS = ("bus_key", "vault_keys", "source_keys", "pepper", "signing_key", "verify_key", "link_key")


@pytest.mark.parametrize("service", Service)
def test_servers_that_are_away_are_named_and_the_start_is_refused(service: Service, tmp_path: Path) -> None:
    """No traceback; exit 1, so that whoever supervises it tries again."""
    write_secrets(tmp_path, SystemClock())
    broker, database = free_ports(2)
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AFTERWORD_")},
        **{f"AFTERWORD_{name.upper()}_FILE": str(tmp_path / name) for name in _SECRETS},
        "AFTERWORD_AMQP_URL": f"amqp://guest:guest@127.0.0.1:{broker}/",
        "AFTERWORD_MONGO_URL": f"mongodb://127.0.0.1:{database}/",
        "AFTERWORD_PUBLIC_URL": "http://localhost:8081",
        "AFTERWORD_SMTP_HOST": "127.0.0.1",
        "AFTERWORD_SMTP_SECURITY": "none",
    }
    command = [sys.executable, "-m", "services.console.main", "run", service]
    ended = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1, ended.stderr
    assert "Traceback" not in ended.stderr
    mongodb, rabbitmq = [line for line in ended.stderr.splitlines() if line.startswith("afterword: ")]
    assert mongodb.startswith("afterword: MongoDB (AFTERWORD_MONGO_URL) does not answer")
    assert rabbitmq.startswith("afterword: RabbitMQ (AFTERWORD_AMQP_URL) does not answer")
