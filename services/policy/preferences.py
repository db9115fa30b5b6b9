"""What a person prefers, of all that was said under any of their identifiers. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from services.policy.memory import Part
from shared.store.client import Document

_PARTS: tuple[Part, Part] = ("wishes", "preferences")


def preferred(remembered: Sequence[Document]) -> Document:
    """The newest wish of the candidate's own; only where there is none, the newest that a source reports.

    Where two candidates were found to be one person, neither has spoken for the other before: the stricter of
    what was said under each identifier holds until something is said of the one person.
    """
    own, reported = (_said(remembered, part) for part in _PARTS)
    merged_at = max((entry["at"] for entry in _said(remembered, "merges")), default=None)
    if merged_at is None:
        return _newest(own or reported)
    since = [entry for entry in own or reported if entry["at"] > merged_at]
    return _newest(since) if since else _strictest(_before(memory, merged_at) for memory in remembered)


def _said(remembered: Iterable[Document], part: Part) -> list[Document]:
    return [entry for memory in remembered for entry in memory.get(part, ())]


def _before(memory: Document, merged_at: datetime) -> Document:
    own, reported = ([entry for entry in memory.get(part, ()) if entry["at"] <= merged_at] for part in _PARTS)
    return _newest(own or reported)


def _newest(entries: Iterable[Document]) -> Document:
    return max(entries, key=lambda entry: (entry["at"], entry["id"]), default={})


def _strictest(entries: Iterable[Document]) -> Document:
    said = [entry for entry in entries if entry]
    if not said:
        return {}
    dates = [entry["not_before"] for entry in said if entry.get("not_before") is not None]
    return {
        "follow_up": all(entry["follow_up"] for entry in said),
        "not_before": max(dates, default=None),
    }
