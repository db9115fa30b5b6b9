"""Runs a program that dies with the process that started it: `tether.py PARENT_PID PROGRAM ARG...`.

On Linux the kernel itself is asked for it, so it holds for kill -9 as well; elsewhere the program just runs.
A wrapper and not a `preexec_fn`, for that is unsafe in a process with threads.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Tie this process to its parent, then become the program."""
    parent, *program = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != int(parent):  # It died before the kernel knew of the wish.
            sys.exit(1)
    os.execvp(program[0], program)  # noqa: S606 - the caller's own program


if __name__ == "__main__":
    main()
