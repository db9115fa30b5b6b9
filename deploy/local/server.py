"""What RabbitMQ and MongoDB have in common here: their life."""

from pathlib import Path

from deploy.local.owner import ServerDied, Supervisor
from deploy.local.waiting import wait_until

#: RabbitMQ needs about 5 s for its start and 10 s when it finds the data of a killed node.
READY_TIMEOUT_S = 60
_LOG_TAIL = 15


class NotOurs(RuntimeError):
    """The server was found by its URL in the environment, so it is not ours to stop, kill or administer."""


class Server:
    """A server with a name and, unless it is somebody else's, the supervisor that keeps it."""

    name: str

    def __init__(self, keeper: Supervisor | None = None, log: Path | None = None) -> None:
        self._keeper = keeper
        self._log = log

    def answers(self) -> bool:
        """Whether it does now what it is for."""
        raise NotImplementedError

    def wait_ready(self, timeout_s: float = READY_TIMEOUT_S) -> None:
        """Return once it answers. Raises ServerDied with the end of its log, or TimeoutError."""

        def ready() -> bool:
            if self._keeper is not None and not self._keeper.tell("running", self.name):
                raise ServerDied(f"{self.name} ended by itself. Its log ends with:\n{self.log_tail()}")
            return self.answers()

        wait_until(ready, timeout_s=timeout_s, what=f"{self.name} answers")

    def start(self) -> None:
        """Start it on the data it left, and return once it answers."""
        self._ours().tell("start", self.name)
        self.wait_ready()

    def stop(self) -> None:
        """Stop it in an orderly way, and return once it is down."""
        self._ours().tell("stop", self.name)

    def kill(self) -> None:
        """Kill -9, as a power cut would; return once it is gone."""
        self._ours().tell("kill", self.name)

    def restart(self) -> None:
        """Stop, then start; the data stays."""
        self.stop()
        self.start()

    def log_tail(self) -> str:
        """The last lines of its log."""
        if self._log is None or not self._log.exists():
            return "(no log file here)"
        return "\n".join(self._log.read_text("utf-8", "replace").splitlines()[-_LOG_TAIL:])

    def _ours(self) -> Supervisor:
        if self._keeper is None:
            raise NotOurs(
                f"{self.name} was found by its URL in the environment; it is not ours to stop or start"
            )
        return self._keeper
