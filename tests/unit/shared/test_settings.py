"""Settings: a start is refused with every fault at once, and no secret is ever quoted."""

import os
from pathlib import Path

import pytest

from shared.errors import SettingsError
from shared.settings import (
    ConsoleSettings,
    DeskSettings,
    IntakeSettings,
    Mongo,
    NotifierSettings,
    PolicySettings,
    Settings,
    WorkerSettings,
    load,
)

KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
COMPLETE = {
    "AMQP_URL": "amqp://intake:s3cr3t@rabbit:5672/",
    "MONGO_URL": "mongodb://intake:s3cr3t@a:27017,b:27017/?replicaSet=rs0",
    "BUS_KEY": KEY,
    "VAULT_KEYS": f"k2:{KEY},k1:{KEY}",
    "SOURCE_KEYS": f"k1:{KEY}",
    "PEPPER": KEY,
    "SIGNING_KEY": KEY,
    "VERIFY_KEY": KEY,
    "LINK_KEY": KEY,
    "PUBLIC_URL": "https://afterword.example/",
    "SMTP_HOST": "mail.example",
}
SERVICES: list[type[Settings]] = [
    IntakeSettings,
    WorkerSettings,
    PolicySettings,
    NotifierSettings,
    DeskSettings,
    ConsoleSettings,
]


class Env:
    """The environment of one test."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._patch = monkeypatch
        for name in [name for name in os.environ if name.startswith("AFTERWORD_")]:
            monkeypatch.delenv(name)

    def set(self, values: dict[str, str | None]) -> None:
        """Set these, without their prefix; None takes one away."""
        for name, value in values.items():
            if value is None:
                self._patch.delenv(f"AFTERWORD_{name}", raising=False)
            else:
                self._patch.setenv(f"AFTERWORD_{name}", value)


@pytest.fixture
def env(monkeypatch: pytest.MonkeyPatch) -> Env:
    """All that any service needs, rightly set, and nothing from outside of the test."""
    env = Env(monkeypatch)
    env.set(dict(COMPLETE))
    return env


def faults(cls: type[Settings]) -> list[str]:
    """What a start with these settings is told."""
    with pytest.raises(SettingsError) as caught:
        load(cls)
    return caught.value.faults


@pytest.mark.parametrize("cls", SERVICES)
def test_a_complete_environment_starts_each_service(cls: type[Settings], env: Env) -> None:
    """And no secret shows when the settings are printed."""
    assert "s3cr3t" not in repr(load(cls))
    assert KEY not in str(load(PolicySettings))


@pytest.mark.parametrize("cls", SERVICES)
def test_an_empty_environment_names_all_that_is_missing(cls: type[Settings], env: Env) -> None:
    """At once, with variable, file variant and what was expected; an empty value is a missing one."""
    env.set(dict.fromkeys(COMPLETE, ""))
    required = {
        f"AFTERWORD_{name.upper()}" for name, field in cls.model_fields.items() if field.is_required()
    }
    told = faults(cls)
    assert {fault.split()[0] for fault in told} == required
    assert all("is missing: expected " in fault for fault in told)
    assert next(fault for fault in told if "AMQP_URL" in fault) == (
        "AFTERWORD_AMQP_URL (or AFTERWORD_AMQP_URL_FILE) is missing: expected an amqp:// or amqps:// URL"
    )


def test_defaults_are_those_of_the_manual(env: Env) -> None:
    """Each service its own port, on the loopback; the units are in the names."""
    intake, notifier = load(IntakeSettings), load(NotifierSettings)
    ports = [
        intake.http_port,
        load(DeskSettings).http_port,
        load(PolicySettings).http_port,
        notifier.http_port,
        load(WorkerSettings).http_port,
    ]
    assert ports == [8080, 8081, 8082, 8083, 8084]
    assert intake.http_host == "127.0.0.1"
    assert intake.mongo_database == "afterword"
    assert notifier.public_url == "https://afterword.example"
    assert notifier.retry_waits_s == (60, 300, 1800, 7200, 21600)
    assert load(PolicySettings).pepper.get_secret_value() == bytes(range(32))


def test_a_command_loads_only_the_part_it_needs(env: Env) -> None:
    """Adding a key for a reviewer needs no broker."""
    env.set(dict.fromkeys(COMPLETE))
    env.set({"MONGO_URL": "mongodb://localhost/other"})
    assert load(Mongo).mongo_database == "other"


@pytest.mark.parametrize(
    ("cls", "values", "told"),
    [
        (
            IntakeSettings,
            {"AMQP_URL": "http://s3cr3t@rabbit"},
            "AMQP_URL: expected an amqp:// or amqps:// URL",
        ),
        (
            IntakeSettings,
            {"MONGO_URL": "mongodb://"},
            "MONGO_URL: expected a mongodb:// or mongodb+srv:// URL",
        ),
        (IntakeSettings, {"BUS_KEY": "s3cr3t"}, "BUS_KEY: expected base64 of 32 bytes, got"),
        (
            IntakeSettings,
            {"SOURCE_KEYS": "s3cr3t"},
            "SOURCE_KEYS: expected kid:base64 of 32 bytes, by commas; key 1",
        ),
        (PolicySettings, {"PEPPER": "s3cr3t"}, "PEPPER: expected base64 of 32 bytes, got"),
        (NotifierSettings, {"VERIFY_KEY": "abc"}, "VERIFY_KEY: expected base64 of 32 bytes, got"),
        (IntakeSettings, {"HTTP_PORT": "http"}, "HTTP_PORT: expected a TCP port, 1 to 65535, got 'http'"),
        (IntakeSettings, {"HTTP_PORT": "0"}, "HTTP_PORT: expected a TCP port, 1 to 65535, got '0'"),
        (
            IntakeSettings,
            {"STOP_TIMEOUT_S": "10"},
            "STOP_TIMEOUT_S: expected seconds, more than 0 and less than 10",
        ),
        (
            IntakeSettings,
            {"LOG_LEVEL": "loud"},
            "LOG_LEVEL: expected DEBUG, INFO, WARNING or ERROR, got 'loud'",
        ),
        (PolicySettings, {"POLICY_FILE": "/nowhere"}, "POLICY_FILE: expected a file, got '/nowhere'"),
        (
            NotifierSettings,
            {"RETRY_WAITS_S": "60, soon"},
            "RETRY_WAITS_S: expected whole seconds, by commas, got",
        ),
        (
            NotifierSettings,
            {"PUBLIC_URL": "http://desk.example"},
            "PUBLIC_URL: expected an http:// or https:// URL;",
        ),
        (
            NotifierSettings,
            {"PUBLIC_URL": "https://desk.example?a"},
            "PUBLIC_URL: expected an http:// or https:// URL;",
        ),
        # in clear over a network
        (
            NotifierSettings,
            {"SMTP_SECURITY": "none"},
            "SMTP_SECURITY: expected none, starttls or tls; mail to mail",
        ),
        # one without the other
        (
            NotifierSettings,
            {"SMTP_USERNAME": "me"},
            "SMTP_PASSWORD: expected a password; AFTERWORD_SMTP_USERNAME",
        ),
        (
            NotifierSettings,
            {"SMTP_PASSWORD": "s3cr3t"},
            "SMTP_PASSWORD: expected a password; AFTERWORD_SMTP_USERNAME",
        ),
        # a lease that ends in the middle of a conversation
        (NotifierSettings, {"LEASE_S": "30"}, "LEASE_S: expected seconds, more than 0; must be more than"),
    ],
)
def test_a_wrong_setting_is_named_and_no_secret_is_quoted(
    cls: type[Settings], values: dict[str, str | None], told: str, env: Env
) -> None:
    """One fault, its variable, and what was expected."""
    env.set(values)
    (fault,) = faults(cls)
    assert fault.startswith(f"AFTERWORD_{told}")
    assert "s3cr3t" not in fault


def test_all_faults_are_told_at_once(env: Env) -> None:
    """An operator mends them in one go; what only follows from another fault is not told."""
    env.set({"AMQP_URL": None, "LINK_KEY": "x", "HTTP_PORT": "x", "LEASE_S": "1", "SMTP_SECURITY": "x"})
    names = sorted(
        fault.split()[0].rstrip(":").removeprefix("AFTERWORD_") for fault in faults(NotifierSettings)
    )
    assert names == ["AMQP_URL", "HTTP_PORT", "LEASE_S", "LINK_KEY", "SMTP_SECURITY"]


@pytest.mark.parametrize(
    "values",
    [
        {"PUBLIC_URL": "http://localhost:8081"},
        {"PUBLIC_URL": "http://127.0.0.1:8081"},
        {"SMTP_SECURITY": "none", "SMTP_HOST": "127.0.0.1"},
        {"SMTP_SECURITY": "none", "SMTP_ALLOW_PLAINTEXT": "true"},
        {"SMTP_USERNAME": "me", "SMTP_PASSWORD": "s3cr3t"},
    ],
)
def test_what_stays_on_the_machine_or_is_asked_for_is_allowed(
    values: dict[str, str | None], env: Env
) -> None:
    """No rule stands in the way of a demo, or of an operator who says what they do."""
    env.set(values)
    load(NotifierSettings)


@pytest.mark.parametrize(("security", "port"), [("none", 25), ("starttls", 587), ("tls", 465)])
def test_the_port_follows_from_the_security(security: str, port: int, env: Env) -> None:
    """Unless it is set."""
    env.set({"SMTP_SECURITY": security, "SMTP_HOST": "localhost"})
    assert load(NotifierSettings).smtp_port == port
    env.set({"SMTP_PORT": "1025"})
    assert load(NotifierSettings).smtp_port == 1025


def test_a_secret_may_lie_in_a_file(env: Env, tmp_path: Path) -> None:
    """As orchestrators mount them, with a line's end that editors add."""
    (tmp_path / "url").write_text("mongodb://m/fromfile\n")
    env.set({"MONGO_URL": None, "MONGO_URL_FILE": str(tmp_path / "url")})
    assert load(IntakeSettings).mongo_database == "fromfile"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"", "is empty"),
        (b"s3cr3t\xff", "cannot be read: it is not UTF-8 text"),
        (b"s3cr3t", "expected base64 of 32 bytes"),
    ],
)
def test_a_wrong_secret_file_is_named_and_never_quoted(
    content: bytes | None, told: str, env: Env, tmp_path: Path
) -> None:
    """The variable and the path, not what the file holds."""
    if content is not None:
        (tmp_path / "key").write_bytes(content)
    env.set({"BUS_KEY": None, "BUS_KEY_FILE": str(tmp_path / "key")})
    (fault,) = faults(IntakeSettings)
    assert fault.startswith("AFTERWORD_BUS_KEY: ")
    assert told in fault
    assert "s3cr3t" not in fault


def test_a_secret_set_twice_is_a_fault(env: Env) -> None:
    """Nobody should have to guess which one holds."""
    env.set({"BUS_KEY_FILE": "/run/secrets/bus_key"})
    (fault,) = faults(IntakeSettings)
    assert fault.endswith("set it or AFTERWORD_BUS_KEY_FILE, not both")


def test_only_what_may_be_secret_is_read_from_a_file(env: Env, tmp_path: Path) -> None:
    """AFTERWORD_HTTP_PORT_FILE is nobody's variable."""
    (tmp_path / "port").write_text("9999")
    env.set({"HTTP_PORT_FILE": str(tmp_path / "port")})
    assert load(IntakeSettings).http_port == 8080
