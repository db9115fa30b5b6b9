"""A policy in the shadow: judges what was just decided, on the very same input, and records where it differs.

It comes after the decisions are stored, and nothing of it can fail or change them.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from pymongo.errors import BulkWriteError, PyMongoError

from services.policy.compare import Difference, Spoken, spoken
from services.policy.context import Context, Verdict
from services.policy.document import Policy
from services.policy.facts import Severity
from services.policy.judge import weigh
from services.policy.rulebook import Rulebook
from shared.store.client import Collection, Database, Document, only_duplicates
from shared.telemetry import Metrics

#: Longer than an insert takes when all is well; a set is not kept waiting for the sake of a trial.
RECORD_TIMEOUT_S = 2

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Trial:
    """One decision that was made, and what it was made on."""

    context: Context
    verdict: Verdict


class Shadow:
    """The differences collection, and the judging that fills it."""

    def __init__(self, database: Database, metrics: Metrics) -> None:
        self.collection: Collection = database["differences"]
        self._metrics = metrics

    async def look_on(self, rulebook: Rulebook, trials: Sequence[Trial], now: datetime) -> None:
        """Judges these once more under what is in the shadow, if anything is. Raises nothing of its own."""
        documents: list[Document] = []
        for trial in trials:
            shadow = rulebook.shadow_of(trial.context.tenant)
            if shadow is None:
                continue
            found = difference(trial, *shadow, now)
            self._metrics.shadow.labels("same" if found is None else "differs").inc()
            if found is not None:
                documents.append(found)
        if documents:
            await self._record(documents)

    async def _record(self, documents: Sequence[Document]) -> None:
        try:
            async with asyncio.timeout(RECORD_TIMEOUT_S):
                await self.collection.insert_many(documents, ordered=False)
        except (PyMongoError, TimeoutError) as error:
            if isinstance(error, BulkWriteError) and only_duplicates(error):
                return
            self._metrics.shadow.labels("lost").inc(len(documents))
            log.warning("differences of the shadow are lost", count=len(documents), error=str(error))


async def recorded(database: Database, release: str) -> AsyncIterator[Difference]:
    """What was recorded of a release, by case."""
    beyond = release + chr(ord("|") + 1)
    query = {"_id": {"$gte": f"{release}|", "$lt": beyond}}
    async for found in database["differences"].find(query).sort("_id", 1):
        yield Difference(
            case=found["case"],
            tenant=found["tenant"],
            before=found["live"]["verdict"],
            after=found["shadow"]["verdict"],
            gone=_pairs(found["gone"]),
            new=_pairs(found["new"]),
        )


def difference(trial: Trial, release: str, policy: Policy, now: datetime) -> Document | None:
    """What is recorded of a decision that would be otherwise under `policy`; None where it would be the same.

    One for each release, case and input, so that a case that is decided again is compared again.
    """
    context, live = trial.context, trial.verdict
    verdict, findings, _ = weigh(context, policy)
    before, after = spoken(live.findings), spoken(findings)
    if (verdict, after) == (live.verdict, before):
        return None
    return {
        "_id": f"{release}|{context.case}|{live.digest[:16]}",
        "release": release,
        "case": context.case,
        "tenant": context.tenant,
        "at": now,
        "live": {"verdict": live.verdict, "version": live.version},
        "shadow": {"verdict": verdict, "version": policy.version},
        "gone": sorted(map(list, before - after)),
        "new": sorted(map(list, after - before)),
    }


def _pairs(stored: Sequence[tuple[str, Severity]]) -> Spoken:
    return frozenset((code, severity) for code, severity in stored)
