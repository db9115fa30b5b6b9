"""The `afterword` command as a person meets it."""

import base64
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.main import get_group
from typer.testing import CliRunner

from services.console import main
from services.console.secrets import SecretsMismatch, write_secrets
from shared.clock import SystemClock
from shared.encoding import key_bytes
from shared.errors import Invalid, SettingsError, Unanswered
from shared.vault import Keyring


def test_every_service_brings_its_commands() -> None:
    """The groups and commands that the documents name are there, and each is found where it is looked for."""
    names = ("run", "migrate", "secrets", "source", "tenant", "policy", "case", "suppress", "key", "dead")
    shown = CliRunner().invoke(main.commands(), ["--help"], env={"COLUMNS": "200"}).output
    assert [name for name in names if f" {name} " not in shown] == []
    assert list(get_group(main.commands()).commands) == list(main.MODULES)
    assert [name for name in main.MODULES if name not in get_group(main.commands([name])).commands] == []


def test_a_command_loads_no_other_services_commands() -> None:
    """A service carries its own code alone, and a command answers sooner."""
    told = "import sys; from services.console.main import commands; commands(['key']); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True).stdout
    assert "services.desk.cli" in loaded
    assert [name for name in ("services.policy", "services.intake", "uvicorn") if f"{name}." in loaded] == []


def test_its_version_is_told() -> None:
    """As the package has it, without any setting."""
    package = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())
    told = CliRunner().invoke(main.commands(), ["--version"])
    assert (told.exit_code, told.output) == (0, f"afterword {package['project']['version']}\n")


def test_who_names_nobody_for_the_list_is_told_the_options(monkeypatch: pytest.MonkeyPatch) -> None:
    """As they are typed, and not as a file's columns are called."""
    monkeypatch.setenv("AFTERWORD_PEPPER", base64.b64encode(bytes(32)).decode())
    asked = ["suppress", "add", "--tenant", "acme", "--region", "DE"]
    with pytest.raises(Invalid, match=r"^--email, --phone, --profile-url or --external-id is expected$"):
        CliRunner().invoke(main.commands(asked), asked, catch_exceptions=False)


def test_each_secret_is_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    """Keys have the length and the form that the settings ask for, and mode 0600."""
    folder = tmp_path / "secrets"
    names = write_secrets(folder, SystemClock())
    assert set(names) == {path.name for path in folder.iterdir()}
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    for name in ("bus_key", "link_key", "pepper", "signing_key", "verify_key"):
        assert len(key_bytes((folder / name).read_text(), 32)) == 32
    for name in ("source_keys", "vault_keys"):
        Keyring.parse((folder / name).read_text().strip())
    passwords = [(folder / name).read_text() for name in names if name.endswith("_password")]
    assert len(set(passwords)) == len(passwords) >= 10


def test_the_verify_key_belongs_to_the_signing_key(tmp_path: Path) -> None:
    """What one signs the other verifies, also when only the public half was lost."""
    write_secrets(tmp_path, SystemClock())
    (tmp_path / "verify_key").unlink()
    assert write_secrets(tmp_path, SystemClock()) == ["verify_key"]
    seed = key_bytes((tmp_path / "signing_key").read_text(), 32)
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    assert base64.b64decode((tmp_path / "verify_key").read_text()) == public


def test_a_secret_that_is_there_is_never_overwritten(tmp_path: Path) -> None:
    """A second run leaves every file as it is, one changed by hand included."""
    write_secrets(tmp_path, SystemClock())
    (tmp_path / "pepper").write_text("mine")
    before = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert write_secrets(tmp_path, SystemClock()) == []
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == before


def test_a_public_key_without_its_private_half_is_not_given_another(tmp_path: Path) -> None:
    """Signatures made so far would verify no more, so nothing is written."""
    (tmp_path / "verify_key").write_text("theirs")
    with pytest.raises(SecretsMismatch, match="no signing_key beside it"):
        write_secrets(tmp_path, SystemClock())
    assert [path.name for path in tmp_path.iterdir()] == ["verify_key"]


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        # Settings: a line for each fault, and the exit code of a wrong call.
        (SettingsError(["A is missing", "B is not a port"]), 2, ["A is missing", "B is not a port"]),
        # Anything else that Afterword finds wrong.
        (Invalid.at("/at", "expected a time"), 1, ["/at: expected a time"]),
        (Unanswered("nobody knows"), 2, ["nobody knows"]),
    ],
)
def test_what_is_wrong_is_told_in_lines_and_not_as_a_traceback(
    error: Exception,
    code: int,
    words: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each fault is one line on stderr; the exit code tells settings, and no answer, from the rest."""

    def fail() -> None:
        raise error

    app = typer.Typer()
    app.command()(fail)
    monkeypatch.setattr(sys, "argv", ["afterword"])
    with pytest.raises(SystemExit) as left:
        main.run(app)
    assert left.value.code == code
    assert capsys.readouterr().err.splitlines() == [f"afterword: {line}" for line in words]


def test_a_service_does_not_start_without_its_settings() -> None:
    """`afterword run` names every missing variable and exits with 2."""
    command = [sys.executable, "-m", "services.console.main", "run", "intake"]
    done = subprocess.run(
        command, env={"AFTERWORD_AMQP_URL": "amqp://localhost/"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "afterword: AFTERWORD_MONGO_URL" in done.stderr
    assert "afterword: AFTERWORD_BUS_KEY" in done.stderr
    assert "AFTERWORD_AMQP_URL" not in done.stderr


_INTERRUPTED = """
import os, signal, sys
from services.console.start import main

class Interrupts:
    def find_spec(self, name, *_):
        if name == "services.console.serving":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupts())
main()
"""


def test_an_interrupt_while_a_command_loads_is_no_traceback() -> None:
    """The exit code is that of any other command which was interrupted."""
    # whoever runs in the background of a shell has this signal ignored, and so have all that it starts
    command = ["env", "--default-signal=INT", sys.executable, "-c", _INTERRUPTED]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "")


def test_the_installed_command_is_entered_so() -> None:
    """By the name that the package gives it."""
    package = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())
    assert package["project"]["scripts"] == {"afterword": "services.console.start:main"}
