"""RabbitMQ and MongoDB as private processes: own free ports, own throw-away folder, the machine's own
services untouched.
"""

import os
import secrets
import tempfile
from pathlib import Path
from typing import Any

from deploy.local.packages import Say, mongod, rabbitmq_server
from deploy.local.ports import free_port, free_ports

#: Where both listen, and nowhere else.
HOST = "127.0.0.1"
REPLICA_SET = "rs0"
#: Kept by the supervisor as well: a node that finds none answering starts one that outlives it.
PORT_MAPPER = "epmd"
#: For rabbitmqctl: save every table that Erlang would otherwise save half a second after its last change.
SETTLE = ("eval", "[ok = dets:sync(Table) || Table <- dets:all()].")


class NativePlan:
    """What the supervisor must start, and where the servers will be found. Creates the folder that the
    supervisor removes.
    """

    keeper = "supervisor"

    def __init__(self, require: tuple[str, ...], say: Say) -> None:
        programs = {name: {"rabbitmq": rabbitmq_server, "mongodb": mongod}[name](say) for name in require}
        self.folder = Path(tempfile.mkdtemp(prefix="afterword-servers-"))
        self.ports: dict[str, int] = {}
        self.servers: dict[str, dict[str, Any]] = {}
        if "rabbitmq" in programs:
            self._plan_rabbitmq(programs["rabbitmq"])
        if "mongodb" in programs:
            self._plan_mongodb(programs["mongodb"])

    def as_json(self) -> dict[str, Any]:
        """The plan as supervisor.Programs takes it."""
        return {"folder": str(self.folder), "servers": self.servers}

    def log(self, name: str) -> Path:
        """Where a server writes what it has to say."""
        return self.folder / f"{name}.log"

    def _add(self, name: str, argv: list[str], env: dict[str, str] | None = None) -> None:
        self.servers[name] = {
            "argv": argv,
            "env": {**_plain_environment(), **(env or {})},
            "log": str(self.log(name)),
        }

    def _plan_rabbitmq(self, program: Path) -> None:
        amqp, api, distribution, epmd = free_ports(4)
        self.ports |= {PORT_MAPPER: epmd, "amqp": amqp, "api": api}
        home = self.folder / "rabbitmq"
        home.mkdir()
        cookie = home / ".erlang.cookie"
        cookie.write_text(secrets.token_hex(16))
        cookie.chmod(0o400)
        (home / "enabled_plugins").write_text("[rabbitmq_management].\n")
        (home / "rabbitmq.conf").write_text(_rabbitmq_conf(amqp, api))
        erlang = {"HOME": str(home), "ERL_EPMD_PORT": str(epmd), "ERL_EPMD_ADDRESS": HOST}
        self._add(PORT_MAPPER, ["epmd", "-port", str(epmd), "-address", HOST], erlang)
        environment = erlang | _rabbitmq_environment(home, distribution)
        self._add("rabbitmq", [str(program)], environment)
        control = [str(program.with_name("rabbitmqctl")), "--node", environment["RABBITMQ_NODENAME"]]
        self.servers["rabbitmq"]["settle"] = [*control, *SETTLE]

    def _plan_mongodb(self, program: Path) -> None:
        data = self.folder / "mongodb"
        data.mkdir()
        self.ports["mongodb"] = free_port()
        self._add(
            "mongodb",
            [
                str(program),
                *mongod_arguments(self.ports["mongodb"], HOST),
                "--dbpath",
                str(data),
                "--nounixsocket",
            ],
        )


def mongod_arguments(port: int, address: str) -> list[str]:
    """What mongod is told whether it runs as a process or in a container."""
    return [
        *("--replSet", REPLICA_SET, "--port", str(port), "--bind_ip", address),
        *("--wiredTigerCacheSizeGB", "0.5", "--oplogSize", "256"),
        *("--setParameter", "diagnosticDataCollectionEnabled=false"),
    ]


def _plain_environment() -> dict[str, str]:
    """The caller's environment less what would lead the servers to somebody else's configuration."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("RABBITMQ_", "ERL_", "AFTERWORD_", "NOTIFY_SOCKET", "COV_"))
    }


def _rabbitmq_conf(amqp: int, api: int) -> str:
    return "\n".join(
        (
            f"listeners.tcp.1 = {HOST}:{amqp}",
            f"management.tcp.ip = {HOST}",
            f"management.tcp.port = {api}",
            "collect_statistics_interval = 1000",
            "log.file = false",
            "log.console = true",
            "log.console.level = info",
            "disk_free_limit.absolute = 50MB",
            "",
        )
    )


def _rabbitmq_environment(home: Path, distribution: int) -> dict[str, str]:
    return {
        "RABBITMQ_NODENAME": f"afterword-{secrets.token_hex(4)}@localhost",
        "RABBITMQ_DIST_PORT": str(distribution),
        "RABBITMQ_MNESIA_BASE": str(home / "mnesia"),
        "RABBITMQ_LOG_BASE": str(home / "log"),
        "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(home / "advanced.config"),
        "RABBITMQ_CONF_ENV_FILE": os.devnull,
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
        "RABBITMQ_PID_FILE": str(home / "pid"),
        # Busy waiting between two jobs would take the processor from what is tested.
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
            "-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none"
        ),
        # The script then becomes the node instead of staying as its parent, so that a signal reaches the
        # node itself.
        "RUNNING_UNDER_SYSTEMD": "true",
    }
