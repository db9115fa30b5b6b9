"""What a document would bring, seen from the roll-out as it stands: its version, its effect, its differences.

Pure. The commands, the backtest and the explanation look through this.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from services.policy.context import canonical_json
from services.policy.document import Policy, load_base
from services.policy.located import read
from services.policy.rollout import Ledger, Release, Scope, Step, ledger, of_files
from services.policy.rulebook import Files, Rulebook, chosen, compose, resolve
from services.policy.tighten import leaves, milder

Way = Literal["tighter", "milder", "other"]


@dataclass(frozen=True, slots=True)
class Field:
    """One field that two policies have otherwise; `way` says what going from `a` to `b` does."""

    path: str
    a: object
    b: object
    way: Way


class Plan:
    """The files and the log, and what follows from them. The base of the files is a document of the book too,
    so that there is a way back to it.
    """

    def __init__(self, files: Files, steps: Iterable[Step]) -> None:
        self.files = files
        self.steps = tuple(steps)
        self.book: Ledger = ledger(self.steps)
        self._good, _ = chosen(files, self.steps, self.book)
        base = of_files(files.base.version, files.base.text, in_force=None not in self._good)
        self.book.releases.setdefault(base.version, base)

    @property
    def in_force(self) -> Rulebook:
        """What the services have in force, as far as they have the same files."""
        return resolve(self.files, self.steps)

    def with_release(self, release: Release) -> Rulebook:
        """The rulebook if this release were live. Raises PolicyInvalid where it, or an override on top of
        it, cannot stand.
        """
        return compose(self.files, {**self._good, release.tenant: release})

    def is_in_force(self, release: Release) -> bool:
        """Whether it is live and was not set aside."""
        return self._good.get(release.tenant) is not None and self._good[release.tenant] == release

    def drafted(self, text: str, name: str, tenant: Scope) -> Release:
        """A document that is not in the log yet, as a release; `name` is for messages.

        Raises PolicyInvalid with every fault of its own. Whether the overrides that are live can stand on a
        new base is asked when it goes further.
        """
        if tenant is None:
            return Release(load_base(text, name).version, None, text, "draft", ())
        self.with_release(Release(name, tenant, text, "draft", ()))
        return Release(_override_version(text, name, tenant), tenant, text, "draft", ())


def _override_version(text: str, name: str, tenant: str) -> str:
    # an override's effect changes with the base below it, so it is named after what it says itself
    content = canonical_json([tenant, read(text, name).data])
    return "o" + hashlib.sha256(content.encode()).hexdigest()[:16]


def differing(a: Policy, b: Policy) -> Iterator[Field]:
    """The fields that the two have otherwise, in the order of the document."""
    after = dict(leaves(b.document))
    for path, (way, old) in leaves(a.document):
        new = after[path][1]
        if new != old:
            yield Field(".".join(map(str, path)), old, new, _way(way, old, new))


def _way(way: str, old: object, new: object) -> Way:
    if way == "quiet":
        return "other"
    return "milder" if milder(way, old, new) else "tighter"
