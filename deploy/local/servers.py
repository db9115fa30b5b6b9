"""RabbitMQ and MongoDB for the demo, the tests and the benchmarks: found in the environment, in Docker, or
run natively.

`python -m deploy.local.servers` keeps both running until Ctrl-C and prints the variables that lead others to
them.
"""

import os
import shlex
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from deploy.local.mongo import MongoServer
from deploy.local.native import HOST, PORT_MAPPER, REPLICA_SET, NativePlan
from deploy.local.owner import ServerDied, Supervisor
from deploy.local.packages import NotInstalled, Say
from deploy.local.ports import listens
from deploy.local.rabbit import RabbitServer
from deploy.local.server import READY_TIMEOUT_S
from deploy.local.waiting import wait_until
from deploy.local.ways import (
    AMQP_VARIABLE,
    API_VARIABLE,
    MONGO_VARIABLE,
    NoServers,
    Way,
    way_from_environment,
)

if TYPE_CHECKING:
    from deploy.local.containers import ContainerPlan

BOTH = ("rabbitmq", "mongodb")
_ATTEMPTS = 3
_GIVEN_TIMEOUT_S = 10


def _in_silence(_line: str) -> None:
    """Tell nobody."""


class Servers:
    """The servers asked for, ready. `how` says where they come from: environment, docker, native, or a mix
    joined by +.
    """

    def __init__(self) -> None:
        self.ways: dict[str, str] = {}
        self._rabbitmq: RabbitServer | None = None
        self._mongodb: MongoServer | None = None
        self._keeper: Supervisor | None = None

    @property
    def how(self) -> str:
        """Where the servers come from."""
        return "+".join(dict.fromkeys(self.ways.values()))

    @property
    def rabbitmq(self) -> RabbitServer:
        """The broker, to administer, stop and start."""
        if self._rabbitmq is None:
            raise LookupError("RabbitMQ was not asked for")
        return self._rabbitmq

    @property
    def mongodb(self) -> MongoServer:
        """The database, to stop and start."""
        if self._mongodb is None:
            raise LookupError("MongoDB was not asked for")
        return self._mongodb

    @property
    def amqp_url(self) -> str:
        """The broker's URL, default vhost."""
        return self.rabbitmq.url()

    @property
    def mongo_url(self) -> str:
        """The database's URL."""
        return self.mongodb.url()

    def detach(self) -> int | None:
        """Leave the servers running after this process ends. Returns the process to send SIGTERM to; None:
        nothing is ours to end.
        """
        return self._keeper.detach() if self._keeper is not None else None

    def close(self) -> None:
        """End what is ours, unless detached, and return when nothing is left. Safe to call twice."""
        if self._keeper is not None:
            self._keeper.close()

    def use_environment(self, require: tuple[str, ...]) -> None:
        """Take the servers whose URLs are set."""
        amqp, mongo = os.environ.get(AMQP_VARIABLE), os.environ.get(MONGO_VARIABLE)
        if amqp and "rabbitmq" in require:
            self._rabbitmq = RabbitServer(amqp, os.environ.get(API_VARIABLE))
            self.ways["rabbitmq"] = "environment"
        if mongo and "mongodb" in require:
            self._mongodb = MongoServer(mongo)
            self.ways["mongodb"] = "environment"

    def use(self, plan: "NativePlan | ContainerPlan", how: str) -> None:
        """Start what the plan says, all at once, and return when all are ready."""
        self._keeper = keeper = Supervisor(plan.as_json(), module=plan.keeper)
        mapper = plan.ports.get(PORT_MAPPER)
        if mapper is not None:
            keeper.tell("start", PORT_MAPPER)
            wait_until(lambda: listens(mapper), timeout_s=READY_TIMEOUT_S, what=f"{PORT_MAPPER} answers")
        for name in plan.servers:
            keeper.tell("start", name)
        if "amqp" in plan.ports:
            self._rabbitmq = RabbitServer(
                f"amqp://guest:guest@{HOST}:{plan.ports['amqp']}/",
                f"http://{HOST}:{plan.ports['api']}",
                keeper,
                plan.log("rabbitmq"),
            )
            self.ways["rabbitmq"] = how
        if "mongodb" in plan.ports:
            member = f"{HOST}:{plan.ports['mongodb']}"
            url = f"mongodb://{member}/?replicaSet={REPLICA_SET}"
            self._mongodb = MongoServer(url, member, keeper, plan.log("mongodb"))
            self.ways["mongodb"] = how
        self.wait_ready()

    def give_up(self, how: str) -> None:
        """End what was begun in this way, so that another can be tried."""
        self.close()
        self._keeper = None
        self.ways = {name: way for name, way in self.ways.items() if way != how}

    def wait_ready(self, timeout_s: float = READY_TIMEOUT_S) -> None:
        """Return once all answer."""
        for server in (self._mongodb, self._rabbitmq):
            if server is not None:
                server.wait_ready(timeout_s)


def find(require: tuple[str, ...] = BOTH, *, way: Way | None = None, say: Say = _in_silence) -> Servers:
    """The servers asked for, ready; the caller must `close()` them, or use `servers()`.

    `way` is AFTERWORD_SERVERS or `auto` where not given; `say` hears of what takes long. Raises NoServers.
    """
    way = way or way_from_environment()
    found = Servers()
    tried: list[str] = []
    if way in {"auto", "environment"}:
        tried.extend(_from_environment(found, require))
    for how, attempt in (("docker", _from_docker), ("native", _natively)):
        missing = tuple(name for name in require if name not in found.ways)
        if missing and way in {"auto", how}:
            tried.extend(f"{how}: {reason}" for reason in attempt(found, missing, say))
    if any(name not in found.ways for name in require):
        raise NoServers(tried)
    return found


@contextmanager
def servers(
    require: tuple[str, ...] = BOTH, *, way: Way | None = None, say: Say = _in_silence
) -> Iterator[Servers]:
    """`find()`, and `close()` at the end."""
    found = find(require, way=way, say=say)
    try:
        yield found
    finally:
        found.close()


def _from_environment(found: Servers, require: tuple[str, ...]) -> list[str]:
    found.use_environment(require)
    try:
        found.wait_ready(_GIVEN_TIMEOUT_S)
    except TimeoutError as error:  # Whoever names a server means that one, and no other instead.
        raise NoServers([f"environment: {error}; is the URL right, and its user?"]) from None
    variables = {"rabbitmq": AMQP_VARIABLE, "mongodb": MONGO_VARIABLE}
    return [f"environment: {variables[name]} is not set" for name in require if name not in found.ways]


def _from_docker(found: Servers, require: tuple[str, ...], say: Say) -> list[str]:
    from deploy.local.containers import ContainerPlan, engine_answers

    if (reason := engine_answers()) is not None:
        return [reason]
    say("Starting containers (the first time, their images are fetched) ...")
    return _with_fresh_ports(found, lambda: ContainerPlan(require), "docker")


def _natively(found: Servers, require: tuple[str, ...], say: Say) -> list[str]:
    def plan() -> NativePlan:
        return NativePlan(require, say)

    try:
        return _with_fresh_ports(found, plan, "native")
    except NotInstalled as error:
        return [str(error)]


def _with_fresh_ports(
    found: Servers, plan: "Callable[[], NativePlan | ContainerPlan]", how: str
) -> list[str]:
    """Start servers; once more on other ports when they fail, for a port free a moment ago may be taken by
    now.
    """
    reason = ""
    for _attempt in range(_ATTEMPTS):
        try:
            found.use(plan(), how)
        except (ServerDied, TimeoutError) as error:
            reason = str(error)
            found.give_up(how)
        except BaseException:
            found.close()
            raise
        else:
            return []
    return [reason]


def main() -> None:
    """Keep both servers running until Ctrl-C or SIGTERM."""
    # explicitly: what a script starts in the background has SIGINT ignored, and would pass that on
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    started = time.monotonic()
    try:
        with servers(say=lambda line: print(line, file=sys.stderr)) as found:
            print(
                f"# {found.how}, ready after {time.monotonic() - started:.1f} s; Ctrl-C ends them",
                file=sys.stderr,
            )
            print(f"export {AMQP_VARIABLE}={shlex.quote(found.amqp_url)}")
            if found.rabbitmq.api:
                print(f"export {API_VARIABLE}={shlex.quote(found.rabbitmq.api)}")
            print(f"export {MONGO_VARIABLE}={shlex.quote(found.mongo_url)}", flush=True)
            signal.pause()
    except NoServers as error:
        print(error, file=sys.stderr)
        sys.exit(NoServers.exit_code)
    except KeyboardInterrupt:
        pass  # The way to end it.


if __name__ == "__main__":
    main()
