"""The owner's end of a supervisor: starts it, speaks to it, and waits for it to have cleaned up."""

import json
import subprocess
import sys
from contextlib import suppress
from threading import Lock
from typing import Any

_LAST_WORDS_S = 30


class ServerDied(RuntimeError):
    """A server could not be started, or ended by itself; the message holds the end of its log."""


class Supervisor:
    """A running supervisor and its servers. `plan` is what supervisor.Programs or containers.Containers
    takes.
    """

    def __init__(self, plan: dict[str, Any], *, module: str = "supervisor") -> None:
        self._lock = Lock()
        self._detached = False
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"deploy.local.{module}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._send(plan)

    @property
    def pid(self) -> int:
        """The supervisor's own process: SIGTERM to it ends everything it keeps."""
        return self._process.pid

    def _send(self, message: dict[str, Any]) -> None:
        if self._process.stdin is None:
            raise ServerDied("the supervisor has no standard input")
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()

    def tell(self, action: str, name: str = "") -> bool:
        """Send a command and return its answer. Raises ServerDied when it could not be done."""
        with self._lock:
            try:
                self._send({"do": action, "name": name})
                line = self._process.stdout.readline() if self._process.stdout else ""
            except BrokenPipeError:
                line = ""
        if not line:
            raise ServerDied(f"the supervisor of the servers (process {self.pid}) is gone")
        answer = json.loads(line)
        if "error" in answer:
            raise ServerDied(answer["error"])
        return bool(answer["ok"])

    def detach(self) -> int:
        """Leave the servers running after this process ends; the returned process ends them on SIGTERM."""
        self.tell("detach")
        self._detached = True
        return self.pid

    def close(self) -> None:
        """End the servers unless detached, and return when nothing is left of them. Safe to call twice."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None and not pipe.closed:
                # Where it ended first, what was unsent does not matter any more.
                with suppress(BrokenPipeError):
                    pipe.close()
        if not self._detached:
            self._process.wait(_LAST_WORDS_S)
