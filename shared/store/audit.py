"""Who looked at what is not for everybody's eyes, or changed a source, and why. Entries are only added."""

from collections.abc import Sequence
from datetime import datetime

from shared.store.client import Database


async def keep(
    database: Database,
    *,
    what: str,
    of: str,
    by: str,
    why: str,
    at: datetime,
    changed: Sequence[str] | None = None,
) -> None:
    """Keeps that somebody looked, or changed these parts; called before anything is shown or changed."""
    entry = {"at": at, "what": what, "of": of, "by": by, "why": why}
    parts = {} if changed is None else {"changed": list(changed)}
    await database["audit"].insert_one(entry | parts)
