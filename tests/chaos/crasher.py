"""`afterword run X`, but killed by its own hand before or after the N-th thing that it does to the world.

It runs as a process that has imported everything and opened nothing: each service is a fork of it, so that a
start costs no imports. What counts is what can be seen outside: a write, a publish, an acknowledgement, a
word to the mail server.
"""

import ctypes
import functools
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import aio_pika.message
import aiormq.channel
import aiosmtplib
from motor.motor_asyncio import AsyncIOMotorCollection

from services.console.serving import Service, serve
from services.policy.text.prepared import prepared
from tests.chaos.stage import SERVICES

WRITES = ("insert_many", "insert_one", "update_many", "update_one", "bulk_write", "delete_many")
WORDS = ("connect", "mail", "rcpt", "data", "rset")
#: prctl(2): the signal that a process gets when its parent is gone.
_PR_SET_PDEATHSIG = 1


class Trigger:
    """Counts, and kills at the count. ``point`` is 2N for before the N-th operation, 2N + 1 for after it."""

    def __init__(self, point: int | None, note: Path) -> None:
        self._point, self._note, self._count = point, note, 0

    def around(self, label: str, operation: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        """The operation, counted."""

        @functools.wraps(operation)
        async def counted(*arguments: Any, **options: Any) -> Any:
            number, self._count = self._count, self._count + 1
            what = f"{label} {arguments[0].name}" if label.startswith("write") else label
            self._at(2 * number, f"before {what}")
            result = await operation(*arguments, **options)
            self._at(2 * number + 1, f"after {what}")
            return result

        return counted

    def _at(self, point: int, label: str) -> None:
        if point == self._point:
            self._note.write_text(label)
            os.kill(os.getpid(), signal.SIGKILL)


def arm(trigger: Trigger) -> None:
    """Puts the trigger around every operation that matters."""
    wrapped: list[tuple[Any, str, str]] = [
        *((AsyncIOMotorCollection, method, f"write {method}") for method in WRITES),
        *((aiosmtplib.SMTP, word, f"smtp {word}") for word in WORDS),
        (aiormq.channel.Channel, "basic_publish", "publish"),
        (aio_pika.message.IncomingMessage, "ack", "ack"),
    ]
    for owner, method, label in wrapped:
        setattr(owner, method, trigger.around(label, getattr(owner, method)))


def run(order: dict[str, Any]) -> None:
    """In the fork: becomes the service."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    output = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.environ.update(order["env"])
    arm(Trigger(order["point"], Path(order["note"])))
    serve(Service(order["service"]))


def main() -> None:
    """Reads an order a line: starts a service and answers with its pid, or tells whether one has ended."""
    for name in SERVICES:
        import_module(f"services.{name}.app")
    prepared()  # read once here, not in every fork
    for line in sys.stdin:
        order = json.loads(line)
        if "ended" in order:
            pid, status = os.waitpid(order["ended"], 0 if order["wait"] else os.WNOHANG)
            answer: Any = os.waitstatus_to_exitcode(status) if pid else None
        else:
            answer = os.fork()
            if answer == 0:
                run(order)
                os._exit(0)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
