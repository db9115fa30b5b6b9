"""The policies in force: the files of the settings, and laid over them what was put live since.

Pure but for the reading of files. The log is read from its start, and a live step that gives no valid whole
is set aside: the last good one stays in force, the same in every replica and after every restart.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from services.policy.document import Policy, PolicyInvalid, load_base, tighten
from services.policy.rollout import Ledger, Release, Scope, Step, ledger

DEFAULT = Path(__file__).with_name("default.yaml")

#: Reading YAML with all its places takes milliseconds, and a log names the same documents again and again.
_base_of = lru_cache(maxsize=64)(load_base)
_tightened = lru_cache(maxsize=256)(tighten)


@dataclass(frozen=True, slots=True)
class Files:
    """What the settings name: the first document in force, and under each tenant's name its override, which
    no release for that tenant may loosen.
    """

    base: Policy
    overrides: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @classmethod
    def load(cls, base: Path | None, overrides: Path | None) -> "Files":
        """Reads the files: ``overrides`` is a directory with a TENANT.yaml each. Raises PolicyInvalid with
        every fault.
        """
        path = base or DEFAULT
        found = cls(
            _base_of(path.read_text(encoding="utf-8"), str(path)),
            {
                file.stem: (file.read_text(encoding="utf-8"), str(file))
                for file in (sorted(overrides.glob("*.yaml")) if overrides else [])
            },
        )
        compose(found, {})
        return found


@dataclass(frozen=True, slots=True)
class Aside:
    """A release that was put live or in the shadow and is not in force, and why."""

    version: str
    why: str


class Rulebooks(Protocol):
    """Where the rulebook in force is asked for, once for each set."""

    @property
    def current(self) -> "Rulebook":
        """The one in force now."""
        ...


class Rulebook:
    """Which policy holds for which tenant, and which is tried beside it. Immutable: a set of events is judged
    by the one that it began with.
    """

    def __init__(
        self,
        base: Policy,
        overrides: Mapping[str, Policy],
        trials: Mapping[Scope, tuple[str, "Rulebook"]] | None = None,
        aside: tuple[Aside, ...] = (),
    ) -> None:
        self.base = base
        self.overrides = overrides
        self._trials = trials or {}
        #: What should be in force by the log, and is not.
        self.aside = aside

    @property
    def current(self) -> "Rulebook":
        """Itself: where rulebooks are asked for, a fixed one may stand."""
        return self

    def of(self, tenant: Scope) -> Policy:
        """The policy for this tenant; for None that of everybody who has no override."""
        return self.overrides.get(tenant, self.base) if tenant is not None else self.base

    def shadow_of(self, tenant: str) -> tuple[str, Policy] | None:
        """The release in the shadow for this tenant, its own before that of everybody, with the policy that
        it would bring.
        """
        trial = self._trials.get(tenant) or self._trials.get(None)
        return (trial[0], trial[1].of(tenant)) if trial else None

    @property
    def texts(self) -> dict[str, str]:
        """The text of each version that decides here, or is tried."""
        rulebooks = (self, *(trial for _, trial in self._trials.values()))
        policies = (one for book in rulebooks for one in (book.base, *book.overrides.values()))
        return {policy.version: policy.text for policy in policies}


def compose(files: Files, chosen: Mapping[Scope, Release]) -> Rulebook:
    """The rulebook of the files with these releases, one for each scope, laid over them.

    Raises PolicyInvalid with the faults of the first document that cannot stand: also of an override that
    would be milder than a stricter base below it.
    """
    base = files.base
    if (released := chosen.get(None)) is not None:
        base = _base_of(released.text, released.version)
    overrides: dict[str, Policy] = {}
    for tenant in sorted({*files.overrides, *(scope for scope in chosen if scope is not None)}):
        policy = base
        if tenant in files.overrides:
            policy = _tightened(policy, *files.overrides[tenant])
        if (released := chosen.get(tenant)) is not None:
            policy = _tightened(policy, released.text, released.version)
        overrides[tenant] = policy
    return Rulebook(base, overrides)


def chosen(files: Files, steps: Iterable[Step], book: Ledger) -> tuple[dict[Scope, Release], list[Aside]]:
    """The releases in force, by scope, and those that are live in the log but set aside."""
    good: dict[Scope, Release] = {}
    aside: dict[Scope, Aside] = {}
    for step in steps:
        release = book.releases.get(step.version)
        if step.stage != "live":
            continue
        if release is None:
            aside[step.tenant] = Aside(step.version, "its draft is not in the log")
            continue
        aside.pop(release.tenant, None)
        try:
            compose(files, {**good, release.tenant: release})
        except PolicyInvalid as invalid:
            aside[release.tenant] = Aside(step.version, "; ".join(invalid.lines()))
        else:
            good[release.tenant] = release
    return good, list(aside.values())


def resolve(files: Files, steps: Iterable[Step]) -> Rulebook:
    """The rulebook that a log puts in force on top of the files."""
    log = list(steps)
    book = ledger(log)
    good, aside = chosen(files, log, book)
    live = compose(files, good)
    trials: dict[Scope, tuple[str, Rulebook]] = {}
    for scope, version in book.shadow.items():
        try:
            trials[scope] = version, compose(files, {**good, scope: book.releases[version]})
        except PolicyInvalid as invalid:
            aside.append(Aside(version, "; ".join(invalid.lines())))
    return Rulebook(live.base, live.overrides, trials, tuple(aside))
