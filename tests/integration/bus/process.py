"""Policy as a process of its own, on the servers of a stage."""

import base64
from pathlib import Path

from pydantic import SecretBytes, SecretStr

from deploy.local.process import Service
from tests.integration.policy.stage import Stage

_NAMES = ("amqp_url", "mongo_url", "bus_key", "vault_keys", "signing_key")


def policy_process(stage: Stage, logs: Path, **settings: str) -> Service:
    """A running policy; `settings` are further variables without their prefix. Kills it as a context."""
    env = {}
    for name in _NAMES:
        value = getattr(stage.settings, name)
        assert isinstance(value, SecretStr)
        env[f"AFTERWORD_{name.upper()}"] = value.get_secret_value()
    env["AFTERWORD_PEPPER"] = _pepper(stage.settings.pepper)
    return Service(
        "policy", env | {f"AFTERWORD_{name}": value for name, value in settings.items()}, logs=logs
    )


def _pepper(pepper: SecretBytes) -> str:

    return base64.b64encode(pepper.get_secret_value()).decode()
