"""A no as its platform knows it, or else as it was sent and its reason is read by now; and which noes count.
Pure.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypedDict

from services.policy.context import Context
from services.policy.facts import EarlierDecline, Lookup, Reading
from services.policy.lookups import known_of
from services.policy.mappings import reading_of
from services.policy.withdrawals import taken_back_at
from shared.events import Stage
from shared.reasons import Who
from shared.store.client import Document

#: The cases that count: what a person said, or may have said. A decision tells, where the event did not.
COUNTED: Document = {"who": {"$ne": "company"}, "sample": {"$ne": True}, "said_no": {"$ne": False}}


class No(TypedDict):
    """What is judged of a case's own no."""

    declined_at: datetime
    who: Who
    stage: Stage | None
    reason: str | None


def own(case: Document, reading: Reading | None, lookup: Lookup | None) -> No:
    """The no of a case. Where it turned out to be none, nobody said it."""
    known = lookup.known if lookup is not None else None
    if known is None:
        who = case["who"] if reading is None else reading.who or "unknown"
        return No(declined_at=case["declined_at"], who=who, stage=case["stage"], reason=case["reason"])
    return No(
        declined_at=known.at or case["declined_at"],
        who=known.who or "unknown",
        stage=known.stage or case["stage"],
        reason=known.reason or case["reason"],
    )


def said_no(context: Context) -> bool:
    """Whether a person said no here, or may have; False where the company did, or nobody at all."""
    read = (context.known, context.reading)
    nobody = any(one is not None and one.who is None for one in read)
    return not (context.sample or nobody or context.who == "company")


def others(
    case: Document,
    remembered: Iterable[Document],
    lookups: Mapping[str, Document],
    words: Mapping[str, Document],
    withdrawals: Mapping[str, Sequence[Document]],
) -> Iterator[EarlierDecline]:
    """The remembered noes of a case's person but its own; what its platform or its operator says is none is
    left out.
    """
    for entry in remembered:
        if entry["case"] == case["_id"]:
            continue
        known, reading = known_of(case, lookups.get(entry["case"])), reading_of(entry, words)
        if any(read is not None and read.who is None for read in (known, reading)):
            continue
        read = known or reading
        yield EarlierDecline(
            case=entry["case"],
            at=(known.at if known is not None else None) or entry["at"],
            recruiter=entry["recruiter"],
            who=read.who if read is not None else entry.get("who"),
            withdrawn_at=taken_back_at(entry["at"], withdrawals.get(entry["case"], ())),
        )
