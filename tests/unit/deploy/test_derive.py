"""What follows from the secrets."""

import json
import stat
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from deploy.compose import derive
from deploy.rabbitmq import definitions
from services.console.secrets import write_secrets
from shared.clock import SystemClock


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with every primary secret."""
    write_secrets(tmp_path / "secrets", SystemClock())
    return tmp_path / "secrets"


def test_each_service_gets_urls_that_carry_its_own_password(folder: Path) -> None:
    """Whatever characters a password has."""
    password = folder / "mongodb_desk_password"
    password.unlink()
    password.write_text("a/b@c:d%\n", "utf-8")
    derive.write(folder)
    url = urlsplit((folder / "mongo_url_desk").read_text("utf-8"))
    assert (url.username, unquote(url.password or ""), url.hostname) == ("desk", "a/b@c:d%", "mongodb")
    assert urlsplit((folder / "amqp_url_intake").read_text("utf-8")).username == "intake"


def test_the_users_file_fits_the_passwords(folder: Path) -> None:
    """The broker knows hashes only."""
    derive.write(folder)
    users = json.loads((folder / derive.USERS_FILE).read_text("utf-8"))["users"]
    for user in users:
        password = (folder / f"rabbitmq_{user['name']}_password").read_text("utf-8").strip()
        assert definitions.fits(password, user["password_hash"])


def test_a_second_run_changes_nothing_and_a_new_password_changes_what_follows_from_it(folder: Path) -> None:
    """A rotation touches one user."""
    derive.write(folder)
    assert derive.write(folder) == []
    (folder / "rabbitmq_desk_password").unlink()
    write_secrets(folder, SystemClock())
    assert set(derive.write(folder)) == {derive.USERS_FILE, "amqp_url_desk"}


def test_the_folder_is_closed_and_its_files_are_readable_for_the_container_they_are_given_to(
    folder: Path,
) -> None:
    """A bind mount keeps the file's mode, and the services do not run as its owner."""
    derive.write(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o444}
