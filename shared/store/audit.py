"""Who looked at what is not for everybody's eyes, or changed a source, and why. Entries are only added."""

from collections.abc import Sequence
from datetime import datetime

from shared.store.client import Database


async def keep_look(database: Database, *, what: str, of: str, by: str, why: str, at: datetime) -> None:
    """Keeps that somebody looked; called before anything is shown."""
    await database["audit"].insert_one({"at": at, "what": what, "of": of, "by": by, "why": why})


async def keep_change(
    database: Database, *, what: str, of: str, by: str, why: str, at: datetime, changed: Sequence[str]
) -> None:
    """Keeps that somebody changed these parts of it; called before anything is."""
    entry = {"at": at, "what": what, "of": of, "by": by, "why": why}
    await database["audit"].insert_one({**entry, "changed": list(changed)})
