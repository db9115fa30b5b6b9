"""The roll-out of policy documents as a log of steps: who put which document where, when and why.

Pure. A step is only ever added, under the next number; what holds now follows from reading all of them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.errors import AfterwordError
from shared.events import Moment

#: What an operator may do with a document. A draft only lies there; a shadow decides beside the live one.
Stage = Literal["draft", "shadow", "live", "withdrawn"]
#: Where a document stands: besides the stages, a live one that another took the place of.
Standing = Literal["draft", "shadow", "live", "withdrawn", "retired"]
#: A tenant's override, or None for the base of all tenants.
Scope = str | None
_Words = Annotated[str, Field(min_length=1, max_length=500)]


class Refused(AfterwordError):
    """The roll-out does not allow this step; nothing was changed."""


class Step(BaseModel):
    """One line of the log. `text` is the document as it was written: with a draft, and with the first step of
    one that came from the files.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    number: Annotated[int, Field(ge=1)]
    stage: Stage
    version: str
    tenant: str | None
    at: Moment
    by: _Words
    why: _Words
    text: str | None = None
    #: Put live without having been a shadow, on purpose.
    unproven: bool = False


@dataclass(frozen=True, slots=True)
class Release:
    """A document with its way so far. One of the files, which nobody drafted, has none at first."""

    version: str
    tenant: Scope
    text: str
    stage: Standing
    steps: tuple[Step, ...]

    @property
    def proven(self) -> bool:
        """Whether it decided before, in the shadow or live, or from the files."""
        return not self.steps or any(step.stage in {"shadow", "live"} for step in self.steps)


@dataclass(slots=True)
class Ledger:
    """What follows from a log: every document, and which of them are live or in the shadow."""

    releases: dict[str, Release] = field(default_factory=dict)
    live: dict[Scope, str] = field(default_factory=dict)
    shadow: dict[Scope, str] = field(default_factory=dict)

    def find(self, version: str) -> Release:
        """The release of this version. Raises Refused where there is none."""
        if version not in self.releases:
            raise Refused(
                f"there is no document {version}; `afterword policy list` shows those that there are"
            )
        return self.releases[version]


def ledger(steps: Iterable[Step]) -> Ledger:
    """Reads a log, in the order of its numbers. A step for a document that was never drafted counts for
    nothing.
    """
    book = Ledger()
    for step in steps:
        if step.stage == "draft":
            book.releases.setdefault(step.version, _drafted(step))
            continue
        if step.text is not None:
            book.releases.setdefault(step.version, of_files(step.version, step.text, in_force=False))
        if step.version in book.releases:
            _apply(book, step)
    return book


def check(book: Ledger, version: str, stage: Stage, *, unproven: bool = False) -> Release:
    """The release, if it may take this step now. Raises Refused with the reason and the way out."""
    release = book.find(version)
    if release.stage == stage:
        raise Refused(f"{version} is {stage} already")
    if release.stage == "live":
        raise Refused(f"{version} is live; put another document live in its place")
    if stage == "live" and not (release.proven or unproven):
        raise Refused(
            f"{version} was never a shadow: put it there first (afterword policy shadow {version}), or say "
            "--unproven and why it cannot wait"
        )
    return release


def of_files(version: str, text: str, *, in_force: bool) -> Release:
    """The base that the settings name, as a document like any other."""
    return Release(version, None, text, "live" if in_force else "retired", ())


def _drafted(step: Step) -> Release:
    return Release(step.version, step.tenant, step.text or "", "draft", (step,))


def _apply(book: Ledger, step: Step) -> None:
    release = book.releases[step.version]
    scope = release.tenant
    if book.shadow.get(scope) == step.version:
        del book.shadow[scope]
    if step.stage == "live":
        _displace(book, book.live, scope, "retired")
        book.live[scope] = step.version
    elif step.stage == "shadow":
        _displace(book, book.shadow, scope, "draft")
        book.shadow[scope] = step.version
    book.releases[step.version] = _standing(release, step.stage, (*release.steps, step))


def _displace(book: Ledger, places: Mapping[Scope, str], scope: Scope, to: Standing) -> None:
    if scope in places:
        before = book.releases[places[scope]]
        book.releases[before.version] = _standing(before, to, before.steps)


def _standing(release: Release, stage: Standing, steps: tuple[Step, ...]) -> Release:
    return Release(release.version, release.tenant, release.text, stage, steps)
