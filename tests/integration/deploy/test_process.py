"""Programs run beside the tests: ready when they say so, ended in order or killed, and never left behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.owner import ServerDied
from deploy.local.process import Process
from deploy.local.waiting import wait_until

_SLEEPER = [sys.executable, "-c", "import signal; print('up', flush=True); signal.pause()"]


def _alive(pid: int) -> bool:
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and state.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def test_a_program_is_waited_for_and_told_to_end(tmp_path: Path) -> None:
    """Ready once its own probe says so; SIGTERM ends it; its output is in the file."""
    log = tmp_path / "logs" / "sleeper.log"
    with Process(_SLEEPER, log=log, ready=lambda: "up" in log.read_text()) as program:
        program.wait_ready()
        assert program.running
        assert program.terminate() == -signal.SIGTERM
    assert program.log_tail() == "up"


async def test_a_program_that_ends_early_is_told_with_its_last_words(tmp_path: Path) -> None:
    """Waiting for it fails at once, with its exit code and its log."""
    crash = [sys.executable, "-c", "raise SystemExit('no such setting')"]
    with (
        Process(crash, log=tmp_path / "crash.log", ready=lambda: False) as program,
        pytest.raises(ServerDied, match=r"crash ended with 1[\s\S]*no such setting"),
    ):
        await program.until_ready()


def test_a_program_dies_with_an_owner_that_is_killed(tmp_path: Path) -> None:
    """Kill -9 of the owner takes its program along, unless it was started to outlive it."""
    code = (
        "import sys; from pathlib import Path; from deploy.local.process import Process\n"
        f"argv = {_SLEEPER!r}\n"
        f"log = Path({str(tmp_path)!r}) / 'x.log'\n"
        "make = lambda outlives: Process(argv, log=log, outlives_owner=outlives)\n"
        "print(make(False).pid, make(True).pid, flush=True); import signal; signal.pause()"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        tied, free = (int(pid) for pid in owner.stdout.readline().split())
        assert _alive(tied)
        owner.kill()
    try:
        wait_until(lambda: not _alive(tied), timeout_s=10, what="the program dies with its owner")
        assert _alive(free)
    finally:
        os.kill(free, signal.SIGKILL)
