"""RabbitMQ and MongoDB as containers, kept by a supervisor of their own so that kill -9 of the owner leaves
none behind.
"""

import os
import socket
from pathlib import Path
from typing import Any

# The supervisor does what testcontainers' reaper would, without another image to fetch.
os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")

# Imported after that, for it is read at import.
import docker
from docker.errors import DockerException
from docker.utils import parse_host
from testcontainers.core.container import DockerContainer

from deploy.local.native import SETTLE, mongod_arguments
from deploy.local.ports import free_port, free_ports
from deploy.local.supervisor import STOP_TIMEOUT_S, supervise

IMAGES = {"rabbitmq": "rabbitmq:4-management", "mongodb": "mongo:7"}
_LABEL = "afterword.supervisor"
_PING_TIMEOUT_S = 5
_UNIX = "http+unix://"


def engine_answers() -> str | None:
    """None when a Docker Engine answers, else why it does not count as one."""
    try:
        if (reason := _nobody_listens()) is not None:
            return reason
        client = docker.from_env(timeout=_PING_TIMEOUT_S)
        try:
            client.ping()
        finally:
            client.close()
    except DockerException as error:
        return str(error).splitlines()[0]
    return None


def _nobody_listens() -> str | None:
    """Why a local engine's socket refuses: asked first, for docker-py leaves its own unclosed then."""
    host = parse_host(os.environ.get("DOCKER_HOST"))
    if not host.startswith(_UNIX):
        return None
    path = host.removeprefix(_UNIX)
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(path)
        except OSError as error:
            return f"{path}: {error.strerror or error}"
    return None


class ContainerPlan:
    """What the supervisor must start, and where the servers will be found. The ports stay the same through a
    restart.
    """

    keeper = "containers"

    def __init__(self, require: tuple[str, ...]) -> None:
        self.ports: dict[str, int] = {}
        self.servers: dict[str, dict[str, Any]] = {}
        if "rabbitmq" in require:
            self.ports["amqp"], self.ports["api"] = free_ports(2)
            self.servers["rabbitmq"] = {
                "image": IMAGES["rabbitmq"],
                "command": None,
                "settle": ["rabbitmqctl", *SETTLE],
                "ports": {"5672": self.ports["amqp"], "15672": self.ports["api"]},
            }
        if "mongodb" in require:
            # The same port inside and outside, so that the one member's address is true on both sides.
            port = self.ports["mongodb"] = free_port()
            self.servers["mongodb"] = {
                "image": IMAGES["mongodb"],
                "command": ["mongod", *mongod_arguments(port, "0.0.0.0")],  # noqa: S104 - published on loopback alone
                "ports": {str(port): port},
            }

    def as_json(self) -> dict[str, Any]:
        """The plan as `Containers` takes it."""
        return {"servers": self.servers}

    def log(self, name: str) -> Path | None:
        """None: the engine keeps a container's log."""


class Containers:
    """A supervisor.Fleet of containers."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self._plan = plan["servers"]
        self._made: dict[str, DockerContainer] = {}
        _remove_orphans()

    def start(self, name: str) -> None:
        """Create it, or start it again on the data it left."""
        if name in self._made:
            self._made[name].get_wrapped_container().start()
            return
        wanted = self._plan[name]
        container = DockerContainer(wanted["image"], labels={_LABEL: str(os.getpid())})
        if wanted["command"]:
            container.with_command(wanted["command"])
        for inside, outside in wanted["ports"].items():
            # with_bind_ports would publish it on every address of the machine; docker-py takes one, though
            # testcontainers' type does not say so.
            container.ports[inside] = ("127.0.0.1", outside)  # type: ignore[assignment]
        self._made[name] = container
        container.start()

    def running(self, name: str) -> bool:
        """Whether the engine says it runs."""
        if name not in self._made:
            return False
        wrapped = self._made[name].get_wrapped_container()
        wrapped.reload()
        return bool(wrapped.status == "running")

    def stop(self, name: str) -> None:
        """The engine's stop: SIGTERM, then kill -9."""
        self._made[name].get_wrapped_container().stop(timeout=STOP_TIMEOUT_S)

    def settle(self, name: str) -> None:
        """Run the plan's command inside. Raises RuntimeError with its words when it fails."""
        code, output = self._made[name].get_wrapped_container().exec_run(self._plan[name]["settle"])
        if code:
            raise RuntimeError(output.decode(errors="replace"))

    def kill(self, name: str) -> None:
        """Kill -9, and wait until the engine has taken note."""
        wrapped = self._made[name].get_wrapped_container()
        wrapped.kill()
        wrapped.wait()

    def close(self) -> None:
        """Remove all, with their volumes."""
        for container in self._made.values():
            container.stop(force=True, delete_volume=True)


def _remove_orphans() -> None:
    """Containers whose supervisor was itself killed with -9."""
    client = docker.from_env()
    for container in client.containers.list(all=True, filters={"label": _LABEL}):
        if not Path(f"/proc/{container.labels[_LABEL]}").exists():
            container.remove(force=True, v=True)
    client.close()


if __name__ == "__main__":
    supervise(Containers)
