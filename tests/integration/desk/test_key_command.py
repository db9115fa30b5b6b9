"""`afterword key` against a real database."""

import re

import pytest
from pymongo import MongoClient
from typer.testing import CliRunner, Result

from services.desk.cli import app
from services.desk.keys import key_id

RUNNER = CliRunner()


@pytest.fixture(autouse=True)
def _environment(mongo_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database with one tenant, named as an operator names it."""
    monkeypatch.setenv("AFTERWORD_MONGO_URL", mongo_url)
    monkeypatch.setenv("COLUMNS", "200")
    with MongoClient[dict[str, object]](mongo_url) as mongo:
        mongo.get_default_database()["tenants"].insert_one({"_id": "acme", "company": "Acme GmbH"})


def run(*arguments: str) -> Result:
    """The command as it is typed."""
    return RUNNER.invoke(app, list(arguments))


def made(tenant: str = "acme", name: str = "Rey") -> str:
    """A new key."""
    result = run("add", "--tenant", tenant, "--role", "reviewer", "--name", name)
    assert result.exit_code == 0, result.output
    return result.stdout.strip()


def test_a_key_is_shown_once_and_listed_without_itself() -> None:
    """The list names it by the start of its id."""
    key = made()
    identity = key_id(key)
    assert identity is not None
    listed = run("list").stdout
    assert identity[:12] in listed
    assert key not in listed
    assert all(word in listed for word in ("Rey", "reviewer", "acme"))


def test_the_list_can_be_one_tenants() -> None:
    """Others' keys are left out."""
    made(name="Rey")
    made(tenant="*", name="Root")
    assert "Root" in run("list").stdout
    assert "Root" not in run("list", "--tenant", "acme").stdout


def test_a_revoked_key_says_since_when() -> None:
    """Revoked by the start of its id; once more changes nothing."""
    identity = key_id(made())
    assert identity is not None
    assert run("revoke", identity[:8]).exit_code == 0
    first = run("list").stdout
    assert len(re.findall(r"\d{4}-\d\d-\d\dT", first)) == 2
    assert run("revoke", identity[:8]).exit_code == 0
    assert run("list").stdout == first


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("add", "--tenant", "nobody", "--role", "viewer", "--name", "x"), "there is no tenant 'nobody'"),
        (("add", "--tenant", "acme", "--role", "owner", "--name", "x"), "viewer"),
        (("add", "--tenant", "acme", "--role", "viewer", "--name", " "), "1 to 200"),
        (("revoke", "12345678"), "no key's id starts with 12345678"),
        (("revoke", "1234"), "8 or more hexadecimal digits"),
        (("revoke", ".*......"), "8 or more hexadecimal digits"),
    ],
)
def test_a_wrong_word_is_answered_with_the_way_out(arguments: tuple[str, ...], says: str) -> None:
    """Nothing is changed, and the exit status says so."""
    result = run(*arguments)
    assert result.exit_code != 0
    assert says in f"{result.output}{result.exception}"
