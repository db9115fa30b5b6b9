"""What `make demo KEEP=1` leaves behind: a file for shells to source, and the way to end it by that file."""

import os
import shlex
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from deploy.local.mongo import MongoServer
from deploy.local.process import TERMINATE_TIMEOUT_S
from deploy.local.rabbit import RabbitServer
from deploy.local.waiting import wait_until

FILE = Path(__file__).parents[2] / ".run" / "demo.env"
FOLDER_PREFIX = "afterword-demo-"
SERVERS = "servers"
#: What the others need, so it is ended after them.
_LAST = ("smtp", SERVERS)
#: How deploy.local.servers calls servers that were named by the environment: they stay when the demo goes.
SOMEBODY_ELSES = "environment"
#: RabbitMQ takes up to 20 s to stop.
_SERVERS_TIMEOUT_S = 30
_PROCESSES = "DEMO_PROCESSES"
_HEAD = """\
# What `make demo KEEP=1` left running; `make demo-stop` ends it and removes this file. It holds keys.
# After `. .run/demo.env`, the `afterword` command speaks to this demo: `.venv/bin/afterword case verify`.
"""


class RunsAlready(RuntimeError):
    """A demo was left running, and is still there."""


@dataclass(frozen=True, slots=True)
class Left:
    """A process as it was left: process ids are used again, so its start tells it from a later one."""

    name: str
    pid: int
    started: str

    @classmethod
    def note(cls, name: str, pid: int) -> Self:
        """A process that runs now. Raises ProcessLookupError where none does."""
        started = started_at(pid)
        if started is None:
            raise ProcessLookupError(f"{name}: no process {pid}")
        return cls(name, pid, started)

    @classmethod
    def parse(cls, text: str) -> Self:
        """From NAME:PID:START."""
        name, pid, started = text.split(":", 2)
        return cls(name, int(pid), started)

    def __str__(self) -> str:
        return f"{self.name}:{self.pid}:{self.started}"

    @property
    def lives(self) -> bool:
        """Whether this very process still runs."""
        return started_at(self.pid) == self.started

    def end(self, timeout_s: float) -> None:
        """SIGTERM, then kill -9 for its whole group where that has no effect in time."""
        if not self.lives:
            return
        os.kill(self.pid, signal.SIGTERM)
        try:
            wait_until(lambda: not self.lives, timeout_s=timeout_s, what=f"{self.name} ends")
        except TimeoutError:
            os.killpg(self.pid, signal.SIGKILL)


def started_at(pid: int) -> str | None:
    """When a process was started, in the system's own terms; None where none of this id runs."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            # proc(5): the name in parentheses may hold anything; the state is field 3, the start field 22.
            fields = stat.read_text("utf-8", "replace").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return None
        return None if fields[0] == "Z" else fields[19]
    found = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return "-".join(found.stdout.split()).replace(":", ".") or None


def write(values: Mapping[str, str], processes: Mapping[str, int], file: Path = FILE) -> None:
    """Write the file whole, for its owner alone."""
    left = [Left.note(name, pid) for name, pid in processes.items()]
    pids = {f"DEMO_{one.name.upper()}_PID": str(one.pid) for one in left}
    named = {**values, **pids, _PROCESSES: " ".join(map(str, left))}
    text = _HEAD + "".join(f"export {name}={shlex.quote(value)}\n" for name, value in named.items())
    file.parent.mkdir(exist_ok=True)
    part = file.with_name(f".{file.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as output:
        output.write(text)
    part.replace(file)


def read(file: Path = FILE) -> dict[str, str]:
    """The values of the file; empty where there is none."""
    if not file.exists():
        return {}
    words = shlex.split(file.read_text(), comments=True)
    return dict(word.split("=", 1) for word in words if word != "export")


def left_running(file: Path = FILE) -> list[Left]:
    """The processes of the file that still run, in the order to end them in."""
    found = [Left.parse(word) for word in read(file).get(_PROCESSES, "").split()]
    return sorted(
        (one for one in found if one.lives),
        key=lambda one: _LAST.index(one.name) if one.name in _LAST else -1,
    )


def refuse_a_second(file: Path = FILE) -> None:
    """Only one demo can be kept: raises RunsAlready where one runs, and clears away what a dead one left."""
    if left_running(file):
        raise RunsAlready(f"A demo was left running already ({file}). `make demo-stop` ends it.")
    stop(lambda _line: None, file)


def stop(say: Callable[[str], None], file: Path = FILE) -> None:
    """End what the file names, its servers last; remove its folder and the file."""
    values = read(file)
    if not values:
        say("No demo was left running.")
        return
    for one in left_running(file):
        say(f"Ending {one.name} (process {one.pid})")
        one.end(_SERVERS_TIMEOUT_S if one.name == SERVERS else TERMINATE_TIMEOUT_S)
    if SOMEBODY_ELSES in values["DEMO_SERVERS"]:
        MongoServer(values["AFTERWORD_MONGO_URL"]).drop(values["DEMO_DATABASE"])
        RabbitServer(values["AFTERWORD_AMQP_URL"], values["DEMO_RABBITMQ_API_URL"]).delete_vhost(
            values["DEMO_DATABASE"]
        )
    folder = Path(values["DEMO_FOLDER"])
    if folder.name.startswith(FOLDER_PREFIX) and folder.parent == Path(tempfile.gettempdir()):
        shutil.rmtree(folder, ignore_errors=True)
    file.unlink()
    say("The demo has ended.")
