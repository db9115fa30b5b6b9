"""`afterword source` and `afterword tenant`, on a real database."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from services.intake.cli import app
from shared.errors import AfterwordError
from tests.integration.intake.stage import SOURCE_KEYS

TENANT = (
    *("tenant", "add", "acme", "--company", "Acme", "--from-name", "Acme Talent"),
    *("--from-email", "talent@acme.example", "--timezone", "Europe/Berlin"),
)


@pytest.fixture(autouse=True)
def environment(mongo_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the commands read."""
    monkeypatch.setenv("AFTERWORD_MONGO_URL", mongo_url)
    monkeypatch.setenv("AFTERWORD_SOURCE_KEYS", SOURCE_KEYS)
    monkeypatch.setenv("AFTERWORD_INTAKE_URL", "https://intake.example/")


def call(*arguments: str) -> Result:
    """The command as it is typed."""
    return CliRunner().invoke(app, list(arguments))


def ok(*arguments: str) -> Any:
    """What the command answers as JSON."""
    result = call(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def refused(*arguments: str) -> str:
    """What `afterword` says, in one line, of a command that fails."""
    error = call(*arguments).exception
    assert isinstance(error, AfterwordError)
    assert "\n" not in str(error)
    return str(error)


def test_a_source_is_added_and_its_secret_shown_once() -> None:
    """With the address to send to; it lies sealed, and no other command shows it."""
    ok(*TENANT)
    added = ok(
        "source", "add", "standard", "ats", "--tenant", "acme", "--rate-per-second", "5", "--burst", "7"
    )
    assert added["secret"].startswith("whsec_")
    assert added["url"] == "https://intake.example/v1/sources/ats/events"
    shown = ok("source", "show", "ats")
    assert shown == {name: value for name, value in added.items() if name not in {"secret", "steps"}}
    assert "webhook-signature" in added["steps"]
    assert (shown["rate_per_second"], shown["burst"], shown["enabled"]) == (5, 7, True)
    assert ok("source", "list") == ok("source", "list", "--tenant", "acme") == [shown]
    assert ok("source", "list", "--tenant", "other") == []
    assert added["secret"] not in call("source", "list").output + call("source", "show", "ats").output


def test_a_source_is_told_what_its_kind_takes(tmp_path: Path) -> None:
    """In a file, checked before it is kept; the secret may be the platform's."""
    ok(*TENANT)
    config, secret = tmp_path / "config.json", tmp_path / "secret"
    config.write_text('{"reasons": {"Withdrew": "candidate"}, "erase_deleted": true}')
    secret.write_text("made by the platform\n")
    add = ("source", "add", "greenhouse", "gh", "--tenant", "acme", "--config", str(config))
    assert secret.read_text().strip() not in call(*add, "--secret-file", str(secret)).output
    assert ok("source", "show", "gh")["config"] == json.loads(config.read_text())
    config.write_text('{"reasons": {"Withdrew": "me"}}')
    assert "/reasons/Withdrew" in refused("source", "add", "greenhouse", "other", *add[4:])


def test_a_rotation_keeps_the_secret_so_far() -> None:
    """Until the grace ends; the new one is shown once."""
    ok(*TENANT)
    first = ok("source", "add", "standard", "ats", "--tenant", "acme")["secret"]
    second = ok("source", "rotate", "ats", "--grace-hours", "2")
    assert second["secret"] not in {first, None}
    assert ok("source", "show", "ats")["previous_until"][:16] == second["previous_until"][:16]


def test_a_rotated_secret_may_be_the_platforms(tmp_path: Path) -> None:
    """As it is in the file, which nobody sees on a screen; the one so far is taken for the grace."""
    ok(*TENANT)
    ok("source", "add", "greenhouse", "ats", "--tenant", "acme")
    secret = tmp_path / "secret"
    secret.write_text("made by the platform\n")
    rotated = ok("source", "rotate", "ats", "--secret-file", str(secret))
    assert "secret" not in rotated
    assert ok("source", "show", "ats")["previous_until"][:16] == rotated["previous_until"][:16]
    again = refused("source", "rotate", "ats", "--secret-file", str(secret))
    assert again == "ats has this secret already; another one is expected"
    assert ok("source", "show", "ats")["previous_until"][:16] == rotated["previous_until"][:16]


def test_a_source_is_disabled_and_enabled() -> None:
    """And can be seen to be."""
    ok(*TENANT)
    ok("source", "add", "standard", "ats", "--tenant", "acme")
    for command, enabled in (("disable", False), ("enable", True)):
        assert call("source", command, "ats").exit_code == 0
        assert ok("source", "show", "ats")["enabled"] is enabled


def test_a_tenant_is_added_and_shown() -> None:
    """As it was given."""
    added = ok(*TENANT)
    assert added == ok("tenant", "show", "acme") == ok("tenant", "list")[0]
    assert added["timezone"] == "Europe/Berlin"
    assert "Acme Talent" in call("tenant", "list").output


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("source", "add", "standard", "ats", "--tenant", "nobody"), "there is no tenant 'nobody'"),
        (("source", "add", "standard", "Not A Slug", "--tenant", "acme"), "'Not A Slug'"),
        (("source", "add", "fax", "ats", "--tenant", "acme"), "KIND: one of standard"),
        (("source", "add", "standard", "there", "--tenant", "acme"), "there is a source 'there' already"),
        (("source", "show", "nothing"), "there is no source 'nothing'"),
        (("source", "rotate", "nothing"), "there is no source 'nothing'"),
        (("source", "disable", "nothing"), "there is no source 'nothing'"),
        (("tenant", "show", "nothing"), "there is no tenant 'nothing'"),
        (TENANT, "there is a tenant 'acme' already"),
        ((*TENANT[:2], "b", *TENANT[3:-1], "Mars/Olympus"), "--timezone: a name like Europe/Berlin"),
        ((*TENANT[:2], "b", *TENANT[3:8], "nobody", *TENANT[9:]), "--from-email: an e-mail address"),
        ((*TENANT[:2], "b", *TENANT[3:4], "A\nBcc: x", *TENANT[5:]), "--company: one line"),
    ],
)
def test_a_slip_is_told_in_one_line(arguments: tuple[str, ...], why: str) -> None:
    """It names the option and what was expected."""
    ok(*TENANT)
    ok("source", "add", "standard", "there", "--tenant", "acme")
    assert why in refused(*arguments)


def test_what_opens_a_platform_is_kept_sealed_and_taken_away(tmp_path: Path) -> None:
    """Checked by its kind, shown by no command; without it the platform is asked nothing."""
    ok(*TENANT)
    ok("source", "add", "greenhouse", "gh", "--tenant", "acme")
    ok("source", "add", "standard", "own", "--tenant", "acme")
    assert ok("source", "show", "gh")["looked_up"] is False
    file = tmp_path / "credentials.json"
    file.write_text('{"client_id": "c1", "client_secret": "s3cr3t"}')
    keep = ("source", "credentials", "gh", "--file", str(file))
    assert call(*keep).output == "gh is looked up from now on\n"
    assert ok("source", "show", "gh")["looked_up"] is True
    shown = call("source", "show", "gh").output + call("source", "list", "--json").output
    assert "s3cr3t" not in shown
    assert "credentials" not in shown
    assert call("source", "credentials", "gh", "--remove").output == "gh is not looked up any more\n"
    assert ok("source", "show", "gh")["looked_up"] is False


def test_a_source_that_needs_credentials_says_so(tmp_path: Path) -> None:
    """Until it has them; a source that tells by itself whose no it was needs none."""
    ok(*TENANT)
    ok("source", "add", "smartrecruiters", "sr", "--tenant", "acme")
    ok("source", "add", "greenhouse", "gh", "--tenant", "acme")
    assert ok("source", "show", "sr")["lacks"].startswith("source credentials:")
    assert "lacks" not in ok("source", "show", "gh")
    file = tmp_path / "credentials.json"
    file.write_text('{"api_key": "k"}')
    call("source", "credentials", "sr", "--file", str(file))
    assert "lacks" not in ok("source", "show", "sr")


def test_what_opens_a_mailbox_is_kept_likewise(tmp_path: Path) -> None:
    """Of a source of mail, and checked as what a mailbox is opened with."""
    ok(*TENANT)
    ok("source", "add", "email", "mail", "--tenant", "acme")
    file = tmp_path / "credentials.json"
    file.write_text('{"host": "imap.example.org", "user": "rey", "tls": false}')
    keep = ("source", "credentials", "mail", "--file", str(file))
    assert "/password" in (faults := refused(*keep))
    assert "/tls" in faults
    assert ok("source", "show", "mail")["polled"] is False
    file.write_text('{"host": "imap.example.org", "user": "rey", "password": "s3cr3t"}')
    assert call(*keep).output == "mail is polled from now on\n"
    assert ok("source", "show", "mail")["polled"] is True
    assert "s3cr3t" not in call("source", "show", "mail").output
    assert call("source", "credentials", "mail", "--remove").output == "mail is not polled any more\n"


def test_a_mailbox_is_opened_by_a_token_where_no_password_is_taken(tmp_path: Path) -> None:
    """Each fault names its field, and no secret; what is kept is what the file says."""
    ok(*TENANT)
    ok("source", "add", "email", "mail", "--tenant", "acme")
    oauth = {"token_url": "http://login.example.org/token", "client_id": "c1", "client_secret": "s3cr3t"}
    told = {"host": "imap.example.org", "user": "rey", "password": "s3cr3t", "oauth": oauth}
    file = tmp_path / "credentials.json"
    file.write_text(json.dumps(told))
    keep = ("source", "credentials", "mail", "--file", str(file))
    faults = refused(*keep)
    assert "/oauth/token_url: an https:// URL" in faults
    assert "/oauth/scope: is expected where there is no refresh_token" in faults
    assert "s3cr3t" not in faults
    oauth |= {"token_url": "https://login.example.org/token", "scope": "mail"}
    file.write_text(json.dumps(told))
    assert "/password: nothing of this name is expected beside oauth" in refused(*keep)
    assert ok("source", "show", "mail")["polled"] is False
    del told["password"]
    file.write_text(json.dumps(told))
    assert call(*keep).output == "mail is polled from now on\n"
    assert ok("source", "show", "mail")["polled"] is True
    assert "s3cr3t" not in call("source", "show", "mail").output


@pytest.mark.parametrize("told", ["token_url", "client_secret", "refresh_token", "Microsoft 365", "Google"])
def test_the_help_says_what_opens_a_mailbox(told: str) -> None:
    """Step by step, for who has a mailbox with one of the two."""
    assert told in call("source", "credentials", "--help").output


def test_what_opens_no_platform_is_refused(tmp_path: Path) -> None:
    """Each fault names what is at fault, and no secret."""
    ok(*TENANT)
    ok("source", "add", "greenhouse", "gh", "--tenant", "acme")
    ok("source", "add", "standard", "own", "--tenant", "acme")
    file = tmp_path / "credentials.json"
    file.write_text('{"client_id": "c1", "api_url": "http://elsewhere.example/s3cr3t"}')
    keep = ("--file", str(file))
    faults = refused("source", "credentials", "gh", *keep)
    assert "/client_secret" in faults
    assert "/api_url" in faults
    assert "s3cr3t" not in faults
    assert "is not looked up" in refused("source", "credentials", "own", *keep)
    assert "no source 'none'" in refused("source", "credentials", "none", *keep)
    assert "no source 'none'" in refused("source", "credentials", "none", "--remove")
    for neither in ((), (*keep, "--remove")):
        assert "--file FILE or --remove" in refused("source", "credentials", "gh", *neither)
