"""What each service takes from the environment, checked as a whole before it takes work.

A service's settings are composed of small parts; a command that needs less than a service loads the part it
needs: `load(Mongo)`.
"""

from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from shared.environment import Settings, load
from shared.setting_parts import (
    BusKey,
    Consumer,
    Http,
    InForce,
    IntakeUrl,
    LinkKey,
    Mongo,
    Pepper,
    PolicyFiles,
    Rabbit,
    Smtp,
    SourceKeys,
    VaultKeys,
    VerifyKey,
)
from shared.setting_values import BodyBytes, Count, Key, Port, Seconds, Url, Waits, reachable_by_candidates

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
    "Pepper",
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


class ConsoleSettings(
    Rabbit, Mongo, BusKey, SourceKeys, VaultKeys, VerifyKey, IntakeUrl, Pepper, PolicyFiles
):
    """What the console's widest command needs; a narrower one loads its parts."""
