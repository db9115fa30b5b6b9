"""Waiting for a condition by asking again and again, never by sleeping a fixed time."""

import time
from collections.abc import Callable

_PAUSE_S = 0.05


def wait_until(condition: Callable[[], bool], *, timeout_s: float, what: str) -> None:
    """Return as soon as the condition holds. Raises TimeoutError, which names `what`, when it does not in
    time.
    """
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {timeout_s:g} s")
        time.sleep(_PAUSE_S)
