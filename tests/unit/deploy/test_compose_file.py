"""The compose file, as text: what no running container would show."""

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
FILE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
OURS = [name for name, service in SERVICES.items() if service["image"].startswith("afterword:")]


def test_only_intake_and_desk_are_published() -> None:
    """Profiles aside, nothing else can be reached from outside."""
    published = {
        name for name, service in SERVICES.items() if "ports" in service and "profiles" not in service
    }
    assert published == {"intake", "desk"}


def test_whatever_is_published_is_published_to_this_machine_alone_unless_told_otherwise() -> None:
    """TLS belongs in front."""
    for service in SERVICES.values():
        for port in service.get("ports", ()):
            assert port.startswith(("127.0.0.1:", "${AFTERWORD_BIND:-127.0.0.1}:"))


@pytest.mark.parametrize("name", OURS)
def test_our_containers_can_change_nothing_and_gain_nothing(name: str) -> None:
    """Read-only, without capabilities, with limits."""
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert {"cpus", "memory", "pids"} <= set(service["deploy"]["resources"]["limits"])


@pytest.mark.parametrize("name", OURS)
def test_a_container_is_given_just_the_secrets_that_its_settings_name(name: str) -> None:
    """No more (least privilege), no less (a start that fails). Migrate reads its passwords by name."""
    named = {
        value.removesuffix("}").rpartition("/")[2]
        for key, value in SERVICES[name]["environment"].items()
        if key.endswith("_FILE") and "/run/secrets/" in value
    }
    mail_server = (ROOT / "deploy/compose/mail-server.env").read_text("utf-8")
    if name == "notifier" and "/run/secrets/smtp_password}" in mail_server:
        named.add("smtp_password")
    given = {secret for secret in SERVICES[name]["secrets"] if not secret.startswith("mongodb_")}
    assert given == named


def test_every_secret_is_declared_and_each_declared_one_is_used() -> None:
    """A forgotten line shows here, not at three in the morning."""
    used = {
        secret["source"] if isinstance(secret, dict) else secret
        for service in SERVICES.values()
        for secret in service.get("secrets", ())
    }
    assert used == set(FILE["secrets"])


def test_what_may_be_scaled_has_neither_a_name_nor_a_port_of_its_own() -> None:
    """--scale policy=3 --scale notifier=2."""
    assert not any("container_name" in service for service in SERVICES.values())
    assert not any("ports" in SERVICES[name] for name in ("worker", "policy", "notifier"))


def test_the_servers_are_out_of_reach_of_the_published_network() -> None:
    """The network they are on has no way out and none in."""
    assert SERVICES["rabbitmq"]["networks"] == SERVICES["mongodb"]["networks"] == ["back"]
    assert FILE["networks"]["back"]["internal"] is True


def test_who_decides_and_who_may_read_everything_has_no_way_out() -> None:
    """Only who fetches and sends has one, and whoever is published, for a bridge gives both or neither."""
    inside = {name for name, network in FILE["networks"].items() if network.get("internal")}
    outward = {name for name, service in SERVICES.items() if set(service["networks"]) - inside}
    assert outward == {"intake", "desk", "worker", "notifier", "mailpit"}


def test_mail_in_clear_is_taken_for_granted_by_the_catcher_alone() -> None:
    """Naming a mail server must not inherit what is fine for Mailpit."""
    server = (ROOT / "deploy/compose/mail-server.env").read_text("utf-8")
    catcher = (ROOT / "deploy/compose/mail.env").read_text("utf-8")
    assert "AFTERWORD_SMTP_SECURITY=${AFTERWORD_SMTP_SECURITY:-starttls}" in server
    assert "AFTERWORD_SMTP_ALLOW_PLAINTEXT=${AFTERWORD_SMTP_ALLOW_PLAINTEXT:-}" in server
    assert "AFTERWORD_SMTP_HOST=mailpit" in catcher
