"""The log of the roll-out in the database: steps are inserted under the next number and never changed.

The number is the compare-and-set: of two operators who both saw the same log, the second is refused by the
unique index itself, so no two documents can both be put live on the same ground.
"""

from dataclasses import dataclass, field

from pydantic import ValidationError
from pymongo.errors import DuplicateKeyError

from services.policy.rollout import Step
from shared.errors import Conflict
from shared.store.client import Collection, Database, Document


@dataclass(slots=True)
class Log:
    """The steps that can be read, a sentence for each that cannot, and the number of the last one."""

    steps: list[Step] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    last: int = 0


class Releases:
    """The releases collection."""

    def __init__(self, database: Database) -> None:
        self.collection: Collection = database["releases"]

    async def extend(self, log: Log) -> bool:
        """Reads what was added since into `log`; returns whether there was anything."""
        before = log.last
        async for found in self.collection.find({"_id": {"$gt": before}}).sort("_id", 1):
            log.last = found["_id"]
            try:
                log.steps.append(_read(found))
            except ValidationError as error:
                fields = ", ".join(str(detail["loc"][0]) for detail in error.errors(include_url=False))
                log.faults.append(f"step {found['_id']} of the roll-out cannot be read: {fields}")
        return log.last != before

    async def read(self) -> Log:
        """The whole log."""
        log = Log()
        await self.extend(log)
        return log

    async def add(self, step: Step) -> None:
        """Adds one step. Raises Conflict when somebody else added one under its number meanwhile."""
        try:
            await self.collection.insert_one({"_id": step.number, **step.model_dump(exclude={"number"})})
        except DuplicateKeyError:
            raise Conflict(
                "somebody else changed the roll-out at the same moment, and nothing was done here; look at "
                "`afterword policy list`, then decide again"
            ) from None


def _read(found: Document) -> Step:
    parts = {name: value for name, value in found.items() if name != "_id"}
    return Step.model_validate({"number": found["_id"], **parts})
