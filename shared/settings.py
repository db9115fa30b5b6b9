"""What each service takes from the environment, checked as a whole before it takes work.

A service's settings are composed of small parts; a command that needs less than a service loads the part it
needs: `load(Mongo)`.
"""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    DirectoryPath,
    Field,
    FilePath,
    SecretStr,
    ValidationInfo,
    field_validator,
)

from shared.environment import FromFile, Settings, load
from shared.setting_values import (
    LOOPBACK,
    BodyBytes,
    Count,
    Key,
    KeyBytes,
    Keys,
    Port,
    Seconds,
    Url,
    Waits,
    checked_secret,
    raw_key,
    reachable_by_candidates,
    url_of,
)

__all__ = [
    "BusKey",
    "ConsoleSettings",
    "Consumer",
    "DeskSettings",
    "Http",
    "InForce",
    "IntakeSettings",
    "IntakeUrl",
    "LinkKey",
    "Mongo",
    "NotifierSettings",
    "PolicyFiles",
    "PolicySettings",
    "Rabbit",
    "Settings",
    "Smtp",
    "SourceKeys",
    "VaultKeys",
    "VerifyKey",
    "WorkerSettings",
    "load",
]

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


class IntakeSettings(Rabbit, Mongo, Http, BusKey, SourceKeys, InForce):
    """What intake needs."""

    http_port: Port = 8080
    max_body_bytes: BodyBytes = 1_048_576
    #: Standard Webhooks: how far a delivery's timestamp may lie from now.
    signature_tolerance_s: Seconds = 300
    #: How long a source's configuration is held while its changes are not heard, and `disable` may take.
    source_cache_s: Seconds = 1


class WorkerSettings(Consumer, Mongo, Http, BusKey, SourceKeys, VaultKeys, Pepper):
    """What intake's worker needs."""

    http_port: Port = 8084
    #: Events worked on as one set.
    gather_limit: Count = 500
    #: How long raw deliveries are kept.
    raw_days: Annotated[int, Field(ge=1, le=90, description="whole days, 1 to 90")] = 14
    #: How often the sources' mailboxes are looked into.
    mailbox_interval_s: Seconds = 60


class PolicyFiles(Settings):
    """The policy as files: what is in force before anything was released, and the floor of the tenants."""

    #: None stands for the document that comes with Afterword.
    policy_file: FilePath | None = Field(None, description="a file")
    #: One TENANT.yaml a tenant that has its own.
    policy_overrides: DirectoryPath | None = Field(None, description="a directory")


class PolicySettings(Consumer, Mongo, Http, BusKey, VaultKeys, Pepper, PolicyFiles):
    """What policy needs."""

    http_port: Port = 8082
    signing_key: Key
    #: How often it looks whether another policy was put live.
    policy_reload_interval_s: Seconds = 2
    #: Events judged as one set.
    gather_limit: Count = 500
    #: How often what waits (a grace, a held case) is looked over.
    sweep_interval_s: Seconds = 30


class NotifierSettings(Consumer, Mongo, Http, VaultKeys, VerifyKey, LinkKey, Smtp):
    """What the notifier needs."""

    http_port: Port = 8083
    #: The desk, as candidates reach it.
    public_url: Annotated[Url, AfterValidator(reachable_by_candidates)]
    due_interval_s: Seconds = 1
    #: How long a claimed row is this replica's alone.
    lease_s: Seconds = 120
    claim_limit: Count = 50
    #: Waits after a temporary refusal; the last refusal is final.
    retry_waits_s: Waits = (60, 300, 1800, 7200, 21_600)

    @field_validator("lease_s")
    @classmethod
    def _outlasts_a_conversation(cls, value: float, info: ValidationInfo) -> float:
        timeout = info.data.get("smtp_timeout_s")
        if timeout is not None and value <= timeout:
            message = (
                f"must be more than AFTERWORD_SMTP_TIMEOUT_S ({timeout:g}), or two replicas claim one row"
            )
            raise ValueError(message)
        return value


class DeskSettings(Rabbit, Mongo, Http, BusKey, LinkKey, InForce):
    """What the desk needs."""

    http_port: Port = 8081


class IntakeUrl(Settings):
    """Intake, as platforms reach it; printed with a new source. And as the console does, where it differs."""

    intake_url: Url = "http://localhost:8080"
    intake_inner_url: Url | None = None


class ConsoleSettings(
    Rabbit, Mongo, BusKey, SourceKeys, VaultKeys, VerifyKey, IntakeUrl, Pepper, PolicyFiles
):
    """What the console's widest command needs; a narrower one loads its parts."""
