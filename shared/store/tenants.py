"""The collection `tenants`, as far as a command asks it for one that somebody named."""

from shared.errors import NotFound
from shared.store.client import Database, Document


async def named(database: Database, name: str) -> Document:
    """The tenant of this name. Raises NotFound, with the command that shows those there are."""
    found = await database["tenants"].find_one({"_id": name})
    if found is None:
        raise NotFound(f"there is no tenant {name!r}; `afterword tenant list` shows those there are")
    return found
