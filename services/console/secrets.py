"""`afterword secrets DIR`: fresh secret files for a new deployment."""

import base64
import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.clock import Clock, SystemClock
from shared.encoding import from_b64url, key_bytes
from shared.errors import AfterwordError

app = typer.Typer()

_KEY_BYTES = 32
#: mongod takes 6 to 1024 characters of base64 in a key file.
_KEYFILE_BYTES = 96
_SERVICES = ("intake", "worker", "policy", "notifier", "desk")
_PASSWORDS = (
    "rabbitmq_admin_password",
    *(f"rabbitmq_{service}_password" for service in _SERVICES),
    "mongodb_root_password",
    *(f"mongodb_{service}_password" for service in (*_SERVICES, "console", "migrate")),
)
#: The first key of a ring wraps; its name tells it from those that come with a rotation.
_FIRST_KID = "k1"


class SecretsMismatch(AfterwordError):
    """verify_key is there without its signing_key; a fresh signing key would not fit it."""


@app.command()
def secrets(
    directory: Annotated[Path, typer.Argument(help="Made when it is not there.")],
) -> None:
    """Write fresh secrets into files that only their owner can read; never over one that is there."""
    written = write_secrets(directory, SystemClock())
    typer.echo(f"{directory}: {', '.join(written) if written else 'nothing was missing'}")


def write_secrets(folder: Path, clock: Clock) -> list[str]:
    """Write every secret that `folder` lacks, each in a file of its own that only its owner reads; returns
    their names.

    What is there is left as it is, so a second run writes nothing. Raises SecretsMismatch.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def key() -> str:
        return base64.b64encode(from_b64url(clock.token(_KEY_BYTES))).decode()

    def ring() -> str:
        return f"{_FIRST_KID}:{key()}"

    if (folder / "verify_key").exists() and not (folder / "signing_key").exists():
        raise SecretsMismatch(
            f"{folder / 'verify_key'} is there, but no signing_key beside it: bring that back, or remove both"
        )
    makers: dict[str, Callable[[], str]] = {
        "bus_key": key,
        "link_key": key,
        "pepper": key,
        "signing_key": key,
        "verify_key": lambda: _public((folder / "signing_key").read_text("ascii")),
        "source_keys": ring,
        "vault_keys": ring,
        "mongodb_keyfile": lambda: base64.b64encode(from_b64url(clock.token(_KEYFILE_BYTES))).decode(),
        **dict.fromkeys(_PASSWORDS, lambda: clock.token(_KEY_BYTES)),
    }
    return [
        name
        for name, make in makers.items()
        if not (folder / name).exists() and _write(folder / name, make())
    ]


def _public(seed: str) -> str:
    public = Ed25519PrivateKey.from_private_bytes(key_bytes(seed, _KEY_BYTES)).public_key()
    return base64.b64encode(public.public_bytes_raw()).decode()


def _write(path: Path, text: str) -> bool:
    """Write the whole file or nothing, and never over another; false when somebody else was first."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(unfinished, path)
    except FileExistsError:
        return False
    finally:
        unfinished.unlink()
    return True
