"""Tells the directory which sources change, by MongoDB's change stream.

So a change takes hold at once although answers are held for long. While the stream is broken they are held
for `AFTERWORD_SOURCE_CACHE_S` only.
"""

import asyncio

import structlog
from pymongo.errors import PyMongoError

from services.intake.directory import Directory
from shared.store.client import Database

#: Between two attempts to listen, seconds.
PAUSE_S = 1.0
_NAMES = [{"$project": {"documentKey": 1, "operationType": 1}}]

log = structlog.get_logger()


async def follow(database: Database, directory: Directory) -> None:
    """Tells every change, for ever; while the database cannot be listened to, the directory knows it."""
    told: str | None = None
    while True:
        try:
            async with database["sources"].watch(_NAMES) as changes:
                directory.listen(told=True)
                told = None
                async for change in changes:
                    if "documentKey" in change:
                        directory.changed(str(change["documentKey"]["_id"]))
        except PyMongoError as error:
            if told != (told := type(error).__name__):
                log.warning("changes of sources are not heard, each is read anew", error=told)
        finally:
            directory.listen(told=False)
        await asyncio.sleep(PAUSE_S)
