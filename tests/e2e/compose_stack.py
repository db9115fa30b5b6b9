"""The deployment of docker-compose.yml, under a name, secrets, ports and a policy of its own."""

import json
import os
import subprocess
from pathlib import Path
from secrets import token_hex
from typing import Any

from deploy.compose import derive
from deploy.local.ports import free_ports
from services.console.secrets import write_secrets
from shared.clock import SystemClock

ROOT = Path(__file__).parents[2]
#: The packaged policy, but at once and at any hour.
POLICY = """\
schedule:
  courtesy_delay_min_minutes: 0
  courtesy_delay_max_minutes: 0
  quiet_from: "00:00"
  quiet_to: "00:00"
  weekends: true
"""
_COMMAND_TIMEOUT_S = 240


def engine_fault() -> str | None:
    """Why there is no Compose to test with; None where there is."""
    for command in (["docker", "info"], ["docker", "compose", "version"]):
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=10)
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"{' '.join(command)}: {error}"
        if done.returncode:
            return f"{' '.join(command)}: {done.stderr.strip().splitlines()[-1]}"
    return None


class Stack:
    """One deployment, made by the same file and the same scripts as any other."""

    def __init__(self, folder: Path) -> None:
        self.project = f"afterword-test-{token_hex(4)}"
        intake, desk, mailpit = free_ports(3)
        self.intake, self.desk, self.mailpit = (
            f"http://127.0.0.1:{port}" for port in (intake, desk, mailpit)
        )
        secrets, policy = folder / "secrets", folder / "policy"
        write_secrets(secrets, SystemClock())
        derive.write(secrets)
        (policy / "tenants").mkdir(parents=True)
        (policy / "policy.yaml").write_text(POLICY, "utf-8")
        for place in (folder, policy, policy / "tenants"):
            place.chmod(0o755)
        self._environment = {
            **os.environ,
            "AFTERWORD_SECRETS_DIR": str(secrets),
            "AFTERWORD_POLICY_DIR": str(policy),
            "AFTERWORD_POLICY_FILE": "/etc/afterword/policy/policy.yaml",
            "AFTERWORD_INTAKE_PORT": str(intake),
            "AFTERWORD_DESK_PORT": str(desk),
            "AFTERWORD_MAILPIT_PORT": str(mailpit),
            "AFTERWORD_IMAGE_TAG": "test",
        }

    def compose(self, *arguments: str, stdin: str | None = None) -> str:
        """What `docker compose` says. Raises AssertionError with its complaint where it fails."""
        return self._run(*arguments, stdin=stdin.encode() if stdin else None).decode()

    def kill(self, container: str) -> None:
        """Ends all processes in a container at once, from inside: a kill by the engine is never healed."""
        everything = "import os, signal; os.kill(-1, signal.SIGKILL)"
        subprocess.run(["docker", "exec", container, "python3", "-c", everything], check=False, timeout=30)

    def _run(self, *arguments: str, stdin: bytes | None = None) -> bytes:
        done = subprocess.run(
            ["docker", "compose", "--project-name", self.project, "--profile", "dev", *arguments],
            cwd=ROOT,
            env=self._environment,
            input=stdin,
            capture_output=True,
            check=False,
            timeout=_COMMAND_TIMEOUT_S,
        )
        said = f"docker compose {' '.join(arguments)}\n{done.stdout[-4_000:]!r}\n{done.stderr.decode()}"
        assert done.returncode == 0, said
        return done.stdout

    def console(self, *arguments: str) -> str:
        """What `afterword ...` says in its container."""
        return self.compose(
            "--profile", "tools", "run", "--rm", "--no-TTY", "--no-deps", "console", *arguments
        )

    def backup(self, file: Path) -> None:
        """What `make backup` runs."""
        command = ["run", "--rm", "--no-TTY", "--no-deps", "--entrypoint", "python3", "console"]
        file.write_bytes(self._run("--profile", "tools", *command, "-m", "deploy.mongodb.backup"))

    def restore(self, file: Path, *options: str) -> None:
        """What `make restore` runs once the services are stopped."""
        command = [
            "run",
            "--rm",
            "--no-TTY",
            "--no-deps",
            "migrate",
            "python3",
            "-m",
            "deploy.mongodb.restore",
        ]
        self._run(*command, *options, stdin=file.read_bytes())

    def containers(self, service: str | None = None) -> list[dict[str, Any]]:
        """What there is of a service, or of all."""
        lines = self.compose("ps", "--all", "--format", "json", *([service] if service else [])).splitlines()
        return [json.loads(line) for line in lines]

    def inspect(self, container: str) -> dict[str, Any]:
        """What the engine knows of a container."""
        done = subprocess.run(["docker", "inspect", container], capture_output=True, text=True, check=True)
        found: list[dict[str, Any]] = json.loads(done.stdout)
        return found[0]

    def down(self) -> None:
        """Takes everything away, volumes included."""
        self.compose("--profile", "tools", "down", "--volumes", "--timeout", "12")
