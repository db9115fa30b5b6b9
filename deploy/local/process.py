"""A service as a process of its own: started, waited for, ended or killed, its output kept in a file."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from deploy.local.http import http
from deploy.local.owner import ServerDied
from deploy.local.ports import free_port
from deploy.local.waiting import wait_until

READY_TIMEOUT_S = 60
#: A service promises to end within 10 s of SIGTERM; a little more, so that a broken promise is seen and not
#: raced.
TERMINATE_TIMEOUT_S = 12
_PROBE_TIMEOUT_S = 2
_TAIL_LINES = 30


class Process:
    """A running program. As a context manager it is killed at the end."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        ready: Callable[[], bool] = lambda: True,
        outlives_owner: bool = False,
    ) -> None:
        """Start it. Its environment is ours without any AFTERWORD_ variable, and `env`.

        Unless it `outlives_owner` it is killed with the thread that started it, even when that dies by kill
        -9: start it in a thread that stays, such as the main one. `ready` tells whether it answers.
        """
        tether = [sys.executable, "-I", str(Path(__file__).with_name("tether.py")), str(os.getpid())]
        self.log = log
        self._ready = ready
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AFTERWORD_")}
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [*([] if outlives_owner else tether), *argv],
                env={**inherited, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def wait_ready(self, timeout_s: float = READY_TIMEOUT_S) -> None:
        """Return once it answers. Raises ServerDied with the end of its log, or TimeoutError."""

        def ready() -> bool:
            if not self.running:
                code = self._process.returncode
                raise ServerDied(f"{self.log.stem} ended with {code}. Its log ends with:\n{self.log_tail()}")
            return self._ready()

        wait_until(ready, timeout_s=timeout_s, what=f"{self.log.stem} answers")

    async def until_ready(self, timeout_s: float = READY_TIMEOUT_S) -> None:
        """`wait_ready` without holding up the event loop."""
        await asyncio.to_thread(self.wait_ready, timeout_s)

    def terminate(self, timeout_s: float = TERMINATE_TIMEOUT_S) -> int:
        """SIGTERM; returns the exit code. Raises subprocess.TimeoutExpired when it does not end in time."""
        self._process.terminate()
        return self._process.wait(timeout_s)

    def wait(self, timeout_s: float) -> int:
        """Wait for it to end by itself; returns the exit code."""
        return self._process.wait(timeout_s)

    def kill(self) -> None:
        """Kill -9 for it and all that it started; returns once it is gone. Safe to call twice."""
        if self.running:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def log_tail(self, lines: int = _TAIL_LINES) -> str:
        """The last lines of what it wrote."""
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-lines:])

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Kill it."""
        self.kill()


class Service(Process):
    """One of Afterword's services, on a port of its own; `url` is where it listens."""

    def __init__(
        self,
        name: str,
        env: Mapping[str, str],
        *,
        logs: Path,
        port: int | None = None,
        outlives_owner: bool = False,
    ) -> None:
        """Start `afterword run NAME` with these AFTERWORD_ variables; its output goes to LOGS/NAME.log."""
        self.name = name
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        super().__init__(
            [sys.executable, "-m", "services.console.main", "run", name],
            log=logs / f"{name}.log",
            env={**env, "AFTERWORD_HTTP_PORT": str(self.port)},
            ready=self.answers,
            outlives_owner=outlives_owner,
        )

    def answers(self) -> bool:
        """Whether its /readyz says 200."""
        try:
            answer = http().get(f"{self.url}/readyz", timeout=_PROBE_TIMEOUT_S)
        except httpx.TransportError:
            return False
        return answer.status_code == httpx.codes.OK


def run(*arguments: str, env: Mapping[str, str], timeout_s: float = 60) -> str:
    """Run an `afterword` command to its end and return what it printed. Raises RuntimeError with its words
    when it fails.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AFTERWORD_")}
    done = subprocess.run(
        [sys.executable, "-m", "services.console.main", *arguments],
        env={**inherited, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(
            f"afterword {' '.join(arguments)}: exit {done.returncode}\n{done.stderr}{done.stdout}"
        )
    return done.stdout
