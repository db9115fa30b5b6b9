"""The rulebook of a running service: looks for new steps of the roll-out and takes them up between two sets.

Whatever goes wrong, the last good rulebook stays in force.
"""

import asyncio

import structlog
from pymongo import UpdateOne

from services.policy.releases import Log, Releases
from services.policy.rulebook import Files, Rulebook, resolve
from shared.store.client import Database
from shared.telemetry import Metrics

log = structlog.get_logger()


class InForce:
    """The rulebook in force, as of the last look."""

    def __init__(self, files: Files, database: Database, metrics: Metrics) -> None:
        self._files = files
        self._database = database
        self._metrics = metrics
        self._releases = Releases(database)
        self._log = Log()
        self._taken: int | None = None
        #: Whoever judges a set takes it once and keeps it to the end of the set.
        self.current: Rulebook = resolve(files, ())

    async def look(self) -> None:
        """Takes up what was added to the log since the last look. Raises what the database raises, and the
        rulebook stays as it was; before the first look a service must not judge, for it cannot know what is
        live.
        """
        await self._releases.extend(self._log)
        if self._log.last == self._taken:
            return
        # reading YAML takes milliseconds each; events go on meanwhile
        rulebook = await asyncio.to_thread(resolve, self._files, tuple(self._log.steps))
        await keep(rulebook, self._database)  # before the first decision names it
        self._report(rulebook)
        self.current, self._taken = rulebook, self._log.last

    def _report(self, rulebook: Rulebook) -> None:
        known = {one.version for one in self.current.aside}
        for one in rulebook.aside:
            if one.version not in known:
                self._metrics.policy_loads.labels("refused").inc()
                log.error("policy set aside, the last good one stays", release=one.version, why=one.why)
        for fault in self._log.faults:
            self._metrics.policy_loads.labels("refused").inc()
            log.error("policy roll-out cannot be read", why=fault)
        self._log.faults.clear()
        self._metrics.policy_loads.labels("taken").inc()
        log.info("policy in force", version=rulebook.of(None).version, step=self._log.last)


async def keep(rulebook: Rulebook, database: Database) -> None:
    """Keeps the text of each version, so that a decision can be judged again after the files have changed."""
    await database["policies"].bulk_write(
        [
            UpdateOne({"_id": version}, {"$setOnInsert": {"text": text}}, upsert=True)
            for version, text in rulebook.texts.items()
        ],
        ordered=False,
    )
