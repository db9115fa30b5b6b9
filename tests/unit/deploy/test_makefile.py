"""The Makefile, run where a checkout would be."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.compose.derive import USERS_FILE

ROOT = Path(__file__).parents[3]


def make(folder: Path, *arguments: str, **environment: str) -> str:
    """What it prints in this folder, with what is installed here."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("AFTERWORD_", "MAKE"))}
    # the environment is there already
    command = ["make", "--file", str(ROOT / "Makefile"), "--old-file", ".venv/.ready", *arguments]
    command.append(f"BIN={Path(sys.executable).parent}")
    done = subprocess.run(
        command, cwd=folder, env=own | environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def place(folder: Path, **environment: str) -> str:
    """Where it has the secrets."""
    return make(folder, "--eval", 'place: ; @printf %s "$(SECRETS)"', "place", **environment)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("", "deploy/secrets"),
        ("AFTERWORD_SECRETS_DIR=", "deploy/secrets"),
        ("# AFTERWORD_SECRETS_DIR=elsewhere", "deploy/secrets"),
        ("AFTERWORD_SECRETS_DIR=elsewhere", "elsewhere"),
        ("export AFTERWORD_SECRETS_DIR=elsewhere  # not with the code", "elsewhere"),
        ("AFTERWORD_SECRETS_DIR='else where'", "else where"),
        ('AFTERWORD_SECRETS_DIR="$HOME/of-it"', "/home/ada/of-it"),
        ("AFTERWORD_SECRETS_DIR=first\nAFTERWORD_SECRETS_DIR=second", "second"),
    ],
)
def test_secrets_are_where_compose_reads_them(tmp_path: Path, line: str, told: str) -> None:
    """As .env says: in two places there would be two of each, and a container would be given the other."""
    (tmp_path / ".env").write_text(f"AFTERWORD_BIND=127.0.0.1\n{line}\n", "utf-8")
    assert place(tmp_path, HOME="/home/ada") == told


def test_the_environment_comes_before_the_file(tmp_path: Path) -> None:
    """As it does for Compose; without either there is one place."""
    assert place(tmp_path) == "deploy/secrets"
    (tmp_path / ".env").write_text("AFTERWORD_SECRETS_DIR=written\n", "utf-8")
    assert place(tmp_path, AFTERWORD_SECRETS_DIR="told") == "told"


def test_all_secrets_are_written_there(tmp_path: Path) -> None:
    """Those too that follow from others."""
    make(tmp_path, "secrets", AFTERWORD_SECRETS_DIR="of this one")
    assert (tmp_path / "of this one" / "pepper").is_file()
    assert (tmp_path / "of this one" / USERS_FILE).is_file()
    assert not (tmp_path / "deploy").exists()
