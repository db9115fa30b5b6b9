"""The parts of which settings are composed: each what one server, one key or one concern takes."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import DirectoryPath, Field, FilePath, SecretStr, ValidationInfo, field_validator

from shared.environment import FromFile, Settings
from shared.setting_values import (
    LOOPBACK,
    Count,
    Key,
    KeyBytes,
    Keys,
    Port,
    Seconds,
    Url,
    checked_secret,
    raw_key,
    url_of,
)

_SMTP_PORTS = {"none": 25, "starttls": 587, "tls": 465}


class Rabbit(Settings):
    """The broker."""

    amqp_url: Annotated[SecretStr, checked_secret(url_of("amqp", "amqps")), FromFile] = Field(
        description="an amqp:// or amqps:// URL"
    )
    #: How long to wait for the broker's confirm before the publish counts as failed.
    publish_timeout_s: Seconds = 5


class Mongo(Settings):
    """The database."""

    mongo_url: Annotated[SecretStr, checked_secret(url_of("mongodb", "mongodb+srv")), FromFile] = Field(
        description="a mongodb:// or mongodb+srv:// URL"
    )

    @property
    def mongo_database(self) -> str:
        """The database that the URL's path names, `afterword` where it names none."""
        return urlsplit(self.mongo_url.get_secret_value()).path.strip("/") or "afterword"


class Http(Settings):
    """Where a service listens."""

    http_host: str = Field("127.0.0.1", min_length=1, description="an address to listen on")


class Consumer(Rabbit):
    """A service that reads a queue."""

    #: Messages a consumer may hold unacknowledged; each carries up to 50 events.
    prefetch: Count = 100
    #: How often a process asks whether its own consumer is still on its queue.
    consumer_check_interval_s: Seconds = 5


class BusKey(Settings):
    """Seals personal data in events on the bus."""

    bus_key: Key


class SourceKeys(Settings):
    """Seals the secrets of sources."""

    source_keys: Keys


class VaultKeys(Settings):
    """Wraps the data keys of persons."""

    vault_keys: Keys


class VerifyKey(Settings):
    """Checks the policy's signature; no secret."""

    verify_key: Annotated[str, FromFile] = Field(description="base64 of a 32-byte Ed25519 public key")

    @field_validator("verify_key")
    @classmethod
    def _is_key(cls, value: str) -> str:
        raw_key(value)
        return value


class LinkKey(Settings):
    """Signs the candidate's links."""

    link_key: Key


class Pepper(Settings):
    """Makes fingerprints of people."""

    #: Decoded: fingerprints are made with the bytes.
    pepper: KeyBytes


class InForce(Settings):
    """A service that answers an opt-out only once it is in force."""

    #: How long to wait for policy's word before the sender is told to come again.
    in_force_timeout_s: Seconds = 5


class Smtp(Settings):
    """The mail server."""

    smtp_allow_plaintext: bool = Field(default=False, description="true or false")
    smtp_host: str = Field(min_length=1, description="the mail server's name or address")
    smtp_security: Literal["none", "starttls", "tls"] = Field("starttls", description="none, starttls or tls")
    smtp_port: Port = Field(default_factory=lambda data: _SMTP_PORTS[data.get("smtp_security", "starttls")])
    smtp_username: str | None = Field(None, description="a user name")
    smtp_password: Annotated[SecretStr | None, FromFile] = Field(None, description="a password")
    #: For each step of a conversation.
    smtp_timeout_s: Seconds = 30

    @field_validator("smtp_security")
    @classmethod
    def _sealed_on_the_way(cls, value: str, info: ValidationInfo) -> str:
        host = info.data.get("smtp_host")
        if value == "none" and host not in {*LOOPBACK, None} and not info.data.get("smtp_allow_plaintext"):
            message = f"mail to {host} would travel in clear; AFTERWORD_SMTP_ALLOW_PLAINTEXT=true says it may"
            raise ValueError(message)
        return value

    @field_validator("smtp_password")
    @classmethod
    def _with_its_user(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if (value is None) != (info.data.get("smtp_username", value) is None):
            message = "AFTERWORD_SMTP_USERNAME and the password go together; one of them is missing"
            raise ValueError(message)
        return value


class PolicyFiles(Settings):
    """The policy as files: what is in force before anything was released, and the floor of the tenants."""

    #: None stands for the document that comes with Afterword.
    policy_file: FilePath | None = Field(None, description="a file")
    #: One TENANT.yaml a tenant that has its own.
    policy_overrides: DirectoryPath | None = Field(None, description="a directory")


class IntakeUrl(Settings):
    """Intake, as platforms reach it; printed with a new source. And as the console does, where it differs."""

    intake_url: Url = "http://localhost:8080"
    intake_inner_url: Url | None = None
