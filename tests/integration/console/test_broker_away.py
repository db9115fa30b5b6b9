"""A command that needs the broker while it is away: a line that says so, soon, and exit 1."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from deploy.local.ports import free_ports
from services.console.secrets import write_secrets
from shared.clock import SystemClock
from shared.store import client

_SECRETS = ("bus_key", "vault_keys")
_TOLD = "afterword: RabbitMQ (AFTERWORD_AMQP_URL) cannot be reached: "


@pytest.fixture(params=["refuses", "is silent"])
def broker(request: pytest.FixtureRequest) -> Iterator[int]:
    """The port of a broker that is away, as a machine that is down or one that no longer answers shows it."""
    if request.param == "refuses":
        yield free_ports(1)[0]
        return
    with socket.create_server(("127.0.0.1", 0)) as silent:
        yield silent.getsockname()[1]


@pytest.fixture
async def source(mongo_url: str) -> str:
    """The name of a source that is stored."""
    mongo, database = client.connect(SecretStr(mongo_url), app="test")
    document = {"_id": "ats", "tenant": "acme", "kind": "greenhouse", "enabled": True}
    await database["sources"].insert_one(document)
    mongo.close()
    return "ats"


def environment(folder: Path, broker: int, mongo_url: str) -> dict[str, str]:
    """What a command reads."""
    write_secrets(folder / "secrets", SystemClock())
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("AFTERWORD_")},
        **{f"AFTERWORD_{name.upper()}_FILE": str(folder / "secrets" / name) for name in _SECRETS},
        "AFTERWORD_AMQP_URL": f"amqp://guest:guest@127.0.0.1:{broker}/",
        "AFTERWORD_MONGO_URL": mongo_url,
    }


def call(
    folder: Path, broker: int, *arguments: str, mongo_url: str = ""
) -> "subprocess.CompletedProcess[str]":
    """The command as it is typed, ended where it hangs."""
    env = environment(folder, broker, mongo_url)
    command = [sys.executable, "-m", "services.console.main", *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=40, check=False)


def test_dead_letters_cannot_be_looked_at(tmp_path: Path, broker: int) -> None:
    """Nothing but one line is said."""
    ended = call(tmp_path, broker, "dead", "list")
    assert ended.returncode == 1
    assert ended.stderr.startswith(_TOLD), ended.stderr
    assert ended.stderr.count("\n") == 1


def test_what_would_be_published_is_not_done(
    tmp_path: Path, broker: int, source: str, mongo_url: str
) -> None:
    """Neither is a reason mapped, nor a delivery replayed, nor a file taken in."""
    past = tmp_path / "past.jsonl"
    person = {"email": "ada@example.org"}
    line = {"timestamp": "2026-01-30T09:00:00Z", "direction": "outreach", "person": person}
    past.write_text(json.dumps(line))
    for arguments in (
        ("source", "map", source, "Too far", "candidate", "--by", "Rita"),
        ("source", "replay", source, "--since", "2026-01-30T09:00:00Z"),
        ("import", "interactions", str(past), "--source", source),
    ):
        ended = call(tmp_path, broker, *arguments, mongo_url=mongo_url)
        lines = ended.stderr.splitlines()
        assert ended.returncode == 1, ended.stderr
        assert lines[-1].startswith(_TOLD)
        assert lines[-1].endswith("nothing was done, give the same command again")
        assert "Traceback" not in ended.stderr


def test_an_interrupt_while_it_waits_for_the_broker_is_no_traceback(
    tmp_path: Path, source: str, mongo_url: str
) -> None:
    """It ends by itself, soon."""
    # whoever runs in the background of a shell has this signal ignored, and so have all that it starts
    command = ["env", "--default-signal=INT", sys.executable, "-m", "services.console.main", "source", "map"]
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(60)
        env = environment(tmp_path, silent.getsockname()[1], mongo_url)
        with subprocess.Popen(
            [*command, source, "Too far", "candidate", "--by", "Rita"],
            env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        ) as running:  # fmt: skip
            connection, _ = silent.accept()
            try:
                running.send_signal(signal.SIGINT)
                _, said = running.communicate(timeout=40)
            finally:
                running.kill()
                connection.close()
    assert running.returncode == 130
    assert "Traceback" not in said
