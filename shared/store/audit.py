"""Who looked at what is not for everybody's eyes, and why. Entries are only added."""

from datetime import datetime

from shared.store.client import Database


async def keep_look(database: Database, *, what: str, of: str, by: str, why: str, at: datetime) -> None:
    """Keeps that somebody looked; called before anything is shown."""
    await database["audit"].insert_one({"at": at, "what": what, "of": of, "by": by, "why": why})
