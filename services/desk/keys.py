"""Keys of the desk: made, listed, revoked, and looked up by their hash; the key itself is stored nowhere.

A key is 256 random bits, so one plain SHA-256 guards it: there is nothing to guess that salting or stretching
would slow down.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from shared.clock import Clock
from shared.errors import Conflict, Invalid, NotFound
from shared.store.client import Collection, Database, Document

Role = Literal["viewer", "reviewer", "admin"]
#: From the least to the most; each may do all that those before it may.
ROLES: tuple[Role, ...] = get_args(Role)
#: The tenant of a key for whoever runs the installation.
EVERY_TENANT = "*"

PREFIX = "aw_"
_RANDOM_BYTES = 32
_KEY = re.compile(r"aw_[A-Za-z0-9_-]{43}", re.ASCII)
_ID_PREFIX = re.compile(r"[0-9a-f]{8,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the name of the key, what it may do, and whose cases it sees."""

    name: str
    role: Role
    tenant: str

    def may(self, least: Role) -> bool:
        """Whether this key's role reaches `least`."""
        return ROLES.index(self.role) >= ROLES.index(least)

    def scope(self) -> Document:
        """The part of every query that keeps other tenants' documents out."""
        return {} if self.tenant == EVERY_TENANT else {"tenant": self.tenant}


def key_id(key: str) -> str | None:
    """The id under which `key` is stored; None for a text that cannot be a key."""
    return hashlib.sha256(key.encode()).hexdigest() if _KEY.fullmatch(key) else None


class Keys:
    """The keys collection. Nothing is held between requests, so a revocation holds for the very next one."""

    def __init__(self, database: Database) -> None:
        self.collection: Collection = database["keys"]

    async def caller(self, key: str) -> Caller | None:
        """Who holds `key`: one read by its hash. None for a key that is unknown or revoked."""
        wanted = key_id(key)
        if wanted is None:
            return None
        found = await self.collection.find_one({"_id": wanted, "revoked_at": None})
        return None if found is None else Caller(found["name"], found["role"], found["tenant"])

    async def add(self, name: str, role: Role, tenant: str, clock: Clock) -> str:
        """A new key, which can be shown this once only."""
        key = PREFIX + clock.token(_RANDOM_BYTES)
        document = {
            "_id": hashlib.sha256(key.encode()).hexdigest(),
            "name": name,
            "role": role,
            "tenant": tenant,
            "created_at": clock.now(),
            "revoked_at": None,
        }
        await self.collection.insert_one(document)
        return key

    async def all(self, tenant: str | None) -> list[Document]:
        """Every key, or one tenant's, the oldest first; revoked ones too, for they say who once could."""
        query = {} if tenant is None else {"tenant": tenant}
        return [key async for key in self.collection.find(query).sort([("created_at", 1), ("_id", 1)])]

    async def revoke(self, id_prefix: str, at: datetime) -> Document:
        """Revokes the one key whose id starts so, and returns it; one that is revoked already stays as it is.

        Raises Invalid for what is no such prefix, NotFound where no key and Conflict where several start so.
        """
        if not _ID_PREFIX.fullmatch(id_prefix):
            raise Invalid.at("", "expected the first 8 or more hexadecimal digits of a key's id")
        found = await self.collection.find({"_id": {"$regex": f"^{id_prefix}"}}).to_list(2)
        if not found:
            raise NotFound(f"no key's id starts with {id_prefix}")
        if len(found) > 1:
            raise Conflict(f"several keys' ids start with {id_prefix}; give more digits")
        await self.collection.update_one(
            {"_id": found[0]["_id"], "revoked_at": None}, {"$set": {"revoked_at": at}}
        )
        return found[0]
