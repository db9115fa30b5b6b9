"""What deploy/local decides before any server is started."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local import packages, servers
from deploy.local.mongo import MongoServer
from deploy.local.ports import free_ports
from deploy.local.rabbit import RabbitServer
from deploy.local.server import NotOurs
from deploy.local.waiting import wait_until
from deploy.local.ways import NoServers


def _run(**environment: str) -> subprocess.CompletedProcess[str]:
    """`python -m deploy.local.servers` in an environment of these variables alone."""
    return subprocess.run(
        [sys.executable, "-m", "deploy.local.servers"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def test_where_no_server_can_be_had_the_three_ways_are_named(tmp_path: Path) -> None:
    """With nothing on the PATH and no engine: exit 2, and one message with every way and what hindered it."""
    # The script of a RabbitMQ that is installed is of no use without Erlang on the PATH.
    done = _run(PATH=str(tmp_path), DOCKER_HOST=f"unix://{tmp_path}/none.sock")
    assert done.returncode == 2
    assert done.stdout == ""
    for words in (
        "AFTERWORD_TEST_AMQP_URL",
        "Docker",
        "apt-get install",
        "environment: ",
        "docker: ",
        "native: ",
    ):
        assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_way_is_refused_by_name() -> None:
    """AFTERWORD_SERVERS takes four values."""
    done = _run(PATH=os.environ["PATH"], AFTERWORD_SERVERS="podman")
    assert done.returncode == 2
    assert "AFTERWORD_SERVERS=podman: expected one of auto, environment, docker, native" in done.stderr


def test_a_named_server_that_does_not_answer_is_not_replaced_by_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever names a server means that one."""
    (port,) = free_ports(1)
    monkeypatch.setattr(servers, "_GIVEN_TIMEOUT_S", 0.1)
    monkeypatch.setenv("AFTERWORD_TEST_AMQP_URL", f"amqp://guest:guest@127.0.0.1:{port}/")
    with pytest.raises(NoServers, match="rabbitmq answers: not within"):
        servers.find(("rabbitmq",), way="auto")


def test_a_server_of_somebody_else_is_not_stopped() -> None:
    """Found by its URL alone, it can be used and no more."""
    rabbit = RabbitServer("amqp://guest:guest@broker/", None)
    with pytest.raises(NotOurs):
        rabbit.stop()
    with pytest.raises(NotOurs, match="AFTERWORD_TEST_RABBITMQ_API_URL"):
        rabbit.add_vhost("mine")


def test_urls_lead_to_another_vhost_or_database() -> None:
    """The path is replaced, the rest stays."""
    rabbit = RabbitServer("amqp://user:pass@broker:5672/", None)
    assert rabbit.url("a/b") == "amqp://user:pass@broker:5672/a%2Fb"
    mongo = MongoServer("mongodb://db:27017/?replicaSet=rs0")
    assert mongo.url("mine") == "mongodb://db:27017/mine?replicaSet=rs0"


def test_free_ports_are_different_and_outside_the_systems_own_range() -> None:
    """A client of a stopped server must not be given the server's port as its own."""
    ports = free_ports(20)
    assert len(set(ports)) == 20
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert all(port < lowest for port in ports)


def test_a_taken_port_is_not_free(monkeypatch: pytest.MonkeyPatch) -> None:
    """A port that somebody listens on is passed over."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        drawn = iter([taken.getsockname()[1] - 20_000, 1])
        monkeypatch.setattr("secrets.randbelow", lambda _limit: next(drawn))
        assert free_ports(1) == [20_001]


def test_waiting_gives_up_and_says_for_what() -> None:
    """A condition that never holds is a TimeoutError with its name."""
    with pytest.raises(TimeoutError, match=r"the moon answers: not within 0\.01 s"):
        wait_until(lambda: False, timeout_s=0.01, what="the moon answers")


@pytest.mark.parametrize("present", [True, False])
def test_installing_leaves_the_machines_word_on_services_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, present: bool
) -> None:
    """While packages install no service may start; afterwards the machine's own rule is there, or none."""
    rule, seen = tmp_path / "policy-rc.d", tmp_path / "seen"
    if present:
        rule.write_text("theirs")
    apt = tmp_path / "apt-get"
    apt.write_text(f"#!/bin/sh\n{shutil.which('cp')} {rule} {seen}\n")
    apt.chmod(0o755)
    monkeypatch.setattr(packages, "_POLICY_RC_D", rule)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("PATH", str(tmp_path))
    packages._install("rabbitmq-server")
    assert seen.read_text() == ("theirs" if present else "#!/bin/sh\nexit 101\n")
    assert rule.exists() == present


def test_one_worker_installs_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Test workers start together on a fresh machine; apt gives up where another apt is at work."""
    free = tmp_path / "free"
    apt = tmp_path / "apt-get"
    folder = Path(packages.__file__).parent
    apt.write_text(
        f"#!/bin/sh\n{shutil.which('flock')} --nonblock {folder} {shutil.which('touch')} {free}\nexit 0\n"
    )
    apt.chmod(0o755)
    monkeypatch.setattr(packages, "_POLICY_RC_D", tmp_path / "policy-rc.d")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("PATH", str(tmp_path))
    packages._install("rabbitmq-server")
    assert not free.exists()


def test_only_root_installs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Anybody else is told what to ask for."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(
        packages.NotInstalled, match=r"only root can install it: apt-get install .* rabbitmq-server"
    ):
        packages._install("rabbitmq-server")
