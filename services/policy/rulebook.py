"""The policies in force: the base document, and for each tenant that has one an override that tightens it."""

from pathlib import Path

from pymongo import UpdateOne

from services.policy.document import Policy, load_base, tighten
from shared.store.client import Database

DEFAULT = Path(__file__).with_name("default.yaml")


class Rulebook:
    """Which policy holds for which tenant."""

    def __init__(self, base: Policy, overrides: dict[str, Policy]) -> None:
        self._base = base
        self._overrides = overrides

    @classmethod
    def load(cls, base: Path | None, overrides: Path | None) -> "Rulebook":
        """Reads the files: ``overrides`` is a directory with a TENANT.yaml each. Raises PolicyInvalid with
        every fault.
        """
        path = base or DEFAULT
        policy = load_base(path.read_text(encoding="utf-8"), str(path))
        files = sorted(overrides.glob("*.yaml")) if overrides else []
        return cls(
            policy,
            {file.stem: tighten(policy, file.read_text(encoding="utf-8"), str(file)) for file in files},
        )

    def of(self, tenant: str) -> Policy:
        """The policy for this tenant."""
        return self._overrides.get(tenant, self._base)

    async def store(self, database: Database) -> None:
        """Keeps the text of each version, so that a decision can be judged again long after the files have
        changed.
        """
        policies = {policy.version: policy.text for policy in (self._base, *self._overrides.values())}
        await database["policies"].bulk_write(
            [
                UpdateOne({"_id": version}, {"$setOnInsert": {"text": text}}, upsert=True)
                for version, text in policies.items()
            ],
            ordered=False,
        )
