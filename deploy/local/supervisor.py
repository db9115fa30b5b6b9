"""Keeps the servers of one owner, and ends them when the owner ends, however it ends.

The owner holds the other end of this process's standard input. When that closes (a clean exit, Ctrl-C, a
crash, kill -9), every server is killed and the folder with its data removed. Commands come in and answers go
out as lines of JSON. It needs the standard library alone, so that it is up in a few hundredths of a second.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn, Protocol

#: Between the polite signal and kill -9. RabbitMQ takes up to 8 s to close its queues.
STOP_TIMEOUT_S = 20


class Fleet(Protocol):
    """What a supervisor keeps: processes here, containers in containers.py."""

    def start(self, name: str) -> None:
        """Start it, or start it again."""

    def stop(self, name: str) -> None:
        """Ask it to stop, and wait until it has."""

    def kill(self, name: str) -> None:
        """Kill it as a power cut would, and wait until it is gone."""

    def settle(self, name: str) -> None:
        """Have it write to disk what it would write by itself a little later."""

    def running(self, name: str) -> bool:
        """Whether it lives."""

    def close(self) -> None:
        """Kill all and remove what they leave."""


class Programs:
    """Server programs, each in a process group of its own and tied to this process."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self._folder = Path(plan["folder"])
        self._programs: dict[str, dict[str, Any]] = plan["servers"]
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> None:
        """Start it, or start it again on the data it left."""
        if self.running(name):
            return
        program = self._programs[name]
        tether = [sys.executable, "-I", str(Path(__file__).with_name("tether.py")), str(os.getpid())]
        with Path(program["log"]).open("ab") as log:
            self._running[name] = subprocess.Popen(
                [*tether, *program["argv"]],
                env=program["env"],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def running(self, name: str) -> bool:
        """Whether its process lives."""
        return name in self._running and self._running[name].poll() is None

    def stop(self, name: str) -> None:
        """SIGTERM, and kill -9 when that has no effect in time."""
        if not self.running(name):
            return
        self._running[name].terminate()
        try:
            self._running[name].wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.kill(name)

    def settle(self, name: str) -> None:
        """Run the plan's command for it. Raises CalledProcessError, or TimeoutExpired."""
        program = self._programs[name]
        subprocess.run(
            program["settle"],
            env=program["env"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            timeout=STOP_TIMEOUT_S,
        )

    def kill(self, name: str) -> None:
        """Kill -9 for it and all that it started."""
        if name in self._running:
            _kill_group(self._running.pop(name))

    def close(self) -> None:
        """Kill all: their data is thrown away, so nothing needs to be saved."""
        for name in list(self._running):
            self.kill(name)
        shutil.rmtree(self._folder)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):  # The whole group may be gone already.
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def supervise(make: Callable[[dict[str, Any]], Fleet]) -> None:
    """Read the plan, then obey commands until the owner is gone or a signal comes.

    A command is `{"do": "start" | "stop" | "kill" | "settle" | "running" | "detach", "name": ...}`; its
    answer is `{"ok": true | false}` or `{"error": "..."}`. After `detach` only a signal ends this process.
    """

    def leave(_signal: int, _frame: object) -> NoReturn:
        raise SystemExit(0)

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the owner's; it will close the pipe.
    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGHUP, leave)
    fleet = make(json.loads(sys.stdin.readline()))
    try:
        _obey(fleet)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        fleet.close()


def _obey(fleet: Fleet) -> None:
    detached = False
    for line in sys.stdin:
        command = json.loads(line)
        detached = detached or command["do"] == "detach"
        print(json.dumps(_answer(fleet, command["do"], command.get("name", ""))), flush=True)
    if detached:
        _let_go_of_output()
    while detached:
        signal.pause()


def _let_go_of_output() -> None:
    """Whoever reads what the owner printed would otherwise wait for us to end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.dup2(nowhere, sys.stderr.fileno())


def _answer(fleet: Fleet, action: str, name: str) -> dict[str, object]:
    try:
        if action == "running":
            return {"ok": fleet.running(name)}
        if action != "detach":
            actions = {"start": fleet.start, "stop": fleet.stop, "kill": fleet.kill, "settle": fleet.settle}
            actions[action](name)
    except Exception as error:  # noqa: BLE001 - whatever it is, the owner is told, and decides
        return {"error": f"{action} {name}: {error}"}
    return {"ok": True}


if __name__ == "__main__":
    supervise(Programs)
