"""Docker Compose, spoken to as an operator does, with the demo's overlay or without."""

import json
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
MAILPIT = "mailpit"
_FILES = ("-f", "docker-compose.yml")
_OVERLAY = (*_FILES, "-f", "deploy/demo/compose.yaml", "--profile", "dev")
_COMMAND_TIMEOUT_S = 120
_UP_TIMEOUT_S = 900
_SHOWN_LINES = 15


class NoEngine(RuntimeError):
    """There is no deployment that the demo may use: no engine answers, or its mail would reach people."""


class ComposeFailed(RuntimeError):
    """A command failed; the message holds the end of what it said."""


class Compose:
    """The project in this folder; COMPOSE_PROJECT_NAME and the other variables of Compose hold."""

    def __init__(self) -> None:
        """Raises NoEngine where none answers."""
        try:
            answer = _run("docker", "info", "--format", "{{.ServerVersion}}")
            _run("docker", "compose", "version")
        except (ComposeFailed, FileNotFoundError) as error:
            raise NoEngine(
                "make demo-compose needs a Docker Engine with Compose that this user may talk to"
                f" (`docker info`); `make demo` shows the same without one.\n{error}"
            ) from None
        self.version = answer.strip()

    def demo(self, *arguments: str, timeout_s: float = _COMMAND_TIMEOUT_S) -> str:
        """A command under the demo's overlay; returns what it printed."""
        return _run("docker", "compose", *_OVERLAY, *arguments, timeout_s=timeout_s)

    def plain(self, *arguments: str, timeout_s: float = _COMMAND_TIMEOUT_S) -> str:
        """A command as the operator gives it."""
        return _run("docker", "compose", *_FILES, *arguments, timeout_s=timeout_s)

    def running(self) -> set[str]:
        """The services that run."""
        return set(self.demo("ps", "--services", "--status", "running").split())

    def refuse_to_mail_people(self) -> None:
        """Raises NoEngine where the deployment has a mail server of its own: the demo invents people."""
        services: dict[str, Any] = json.loads(self.plain("config", "--format", "json"))["services"]
        host = services["notifier"]["environment"].get("AFTERWORD_SMTP_HOST")
        if host not in {None, "", MAILPIT}:
            raise NoEngine(
                f"This deployment mails through {host} (AFTERWORD_SMTP_HOST). The demo writes to people it"
                " invents, so it runs only where Mailpit keeps the mail."
            )

    def up(self) -> None:
        """Bring all of it up under the overlay, and return once it is healthy."""
        _run("make", "--no-print-directory", "secrets")
        # First, for the other services run the image that intake alone says how to build.
        self.demo("build", "--quiet", "intake", timeout_s=_UP_TIMEOUT_S)
        self.demo("up", "--detach", "--wait", timeout_s=_UP_TIMEOUT_S)

    def back(self, *, keep_mailpit: bool) -> None:
        """Give policy and notifier their own settings again."""
        if not keep_mailpit:
            self.demo("rm", "--stop", "--force", MAILPIT)
        self.plain("up", "--detach", "--wait", "--no-deps", "policy", "notifier", timeout_s=_UP_TIMEOUT_S)

    def address(self, service: str, port: int) -> str:
        """Where a published port is reached."""
        host, _, published = self.demo("port", service, str(port)).strip().rpartition(":")
        return f"http://{host if host.startswith('127.') else '127.0.0.1'}:{published}"


def _run(*argv: str, timeout_s: float = _COMMAND_TIMEOUT_S) -> str:
    done = subprocess.run(
        argv,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).splitlines()[-_SHOWN_LINES:])
        raise ComposeFailed(f"{' '.join(argv[:8])}: exit {done.returncode}\n{said}")
    return done.stdout
