"""What each finding code means to a person: the entries of findings.yaml, made into docs/findings.md."""

from collections.abc import Mapping
from functools import cache
from importlib import resources

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter

from services.policy.facts import Severity


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Entry(_Value):
    """One code. `may` are the severities that it can have."""

    may: tuple[Severity, ...]
    means: str
    better: str


class Family(_Value):
    """Codes that answer one question."""

    about: str
    codes: dict[str, Entry]


@cache
def families() -> Mapping[str, Family]:
    """All families, in the order of the file, by the first part of their codes."""
    text = (resources.files("services.policy") / "findings.yaml").read_text("utf-8")
    return TypeAdapter(dict[str, Family]).validate_python(yaml.safe_load(text))


@cache
def entries() -> Mapping[str, Entry]:
    """Every entry by its code."""
    return {code: entry for family in families().values() for code, entry in family.codes.items()}
