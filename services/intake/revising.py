"""A source told otherwise than when it was added, or taken away; each with who did it and why.

Its name and tenant stand in whatever came through it: events, cases, stored deliveries, and the ids by which
its platform knows people. So both are fixed as soon as there is any of it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.clock import Clock
from shared.errors import Conflict, FieldError, Invalid
from shared.events import path_of
from shared.pointer import pointer
from shared.reasons import fold
from shared.store import audit, tenants
from shared.store.client import Database, Document


@dataclass(frozen=True, slots=True)
class Word:
    """Who does it, and why."""

    by: str
    why: str


class Revising:
    """Changes and removes sources that there are."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def change(
        self,
        source: Document,
        word: Word,
        *,
        tenant: str | None = None,
        rate: Mapping[str, float] | None = None,
        config: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """What is otherwise from now on; nothing where all was so already.

        Raises NotFound for a tenant that is none, Invalid for a reason that a command of its own must map,
        Conflict where the tenant is fixed, or somebody else changed the same at the same moment.
        """
        wanted: dict[str, Any] = {"rate": source["rate"] | dict(rate or {})}
        if tenant is not None:
            wanted["tenant"] = (await tenants.named(self._database, tenant))["_id"]
        if config is not None:
            wanted["config"] = await self._with_reasons(config, source)
        changed = {part: value for part, value in wanted.items() if source.get(part) != value}
        if not changed:
            return {}
        if "tenant" in changed and (left := await self._left(source)):
            raise Conflict(
                f"--tenant: what came through {source['_id']} is {source['tenant']}'s ({', '.join(left)}), "
                "and would be new to another when it is sent again; add another source, and disable this one"
            )
        await self._keep("source set", source, word, changed)
        before = {part: {"$eq": source[part]} if part in source else {"$exists": False} for part in changed}
        done = await self._database["sources"].update_one({"_id": source["_id"], **before}, {"$set": changed})
        if not done.matched_count:
            raise Conflict(f"somebody else changed {source['_id']!r} at the same moment; look, and set again")
        return changed

    async def remove(self, source: Document, word: Word) -> None:
        """Takes away a source of which nothing came. Raises Conflict where something did."""
        if left := await self._left(source):
            raise Conflict(
                f"{source['_id']} cannot be removed: it would be missing to what came through it "
                f"({', '.join(left)}); `afterword source disable {source['_id']}` lets nothing more in"
            )
        await self._keep("source remove", source, word)
        await self._database["sources"].delete_one({"_id": source["_id"]})

    async def _keep(self, what: str, source: Document, word: Word, changed: Iterable[str] = ()) -> None:
        entry = {"what": what, "of": source["_id"], "by": word.by, "why": word.why}
        await audit.keep(self._database, **entry, at=self._clock.now(), changed=sorted(changed))

    async def _with_reasons(self, config: Mapping[str, Any], source: Document) -> dict[str, Any]:
        """The configuration, with the reasons that were mapped until now and that it does not name."""
        told = config.get("reasons", {})
        known = (source.get("config") or {}).get("reasons", {})
        sides = {fold(reason): side for reason, side in known.items()}
        others = [reason for reason, side in told.items() if sides.get(fold(reason)) != side]
        if others and await self._any("cases", _cases_of(source)):
            maps = "is not mapped so: `afterword source map` does that, and settles what is held for it"
            raise Invalid([FieldError(pointer(("reasons", reason)), maps) for reason in others])
        named = {fold(reason) for reason in told}
        kept = {reason: side for reason, side in known.items() if fold(reason) not in named}
        return {**config, "reasons": {**kept, **told}} if kept else dict(config)

    async def _left(self, source: Document) -> list[str]:
        """What there is of a source. The last is looked for in all events, so only where nothing else is."""
        name, path = source["_id"], path_of(source["_id"])
        places: list[tuple[str, str, Document]] = [
            ("cases", "cases", _cases_of(source)),
            ("stored deliveries", "deliveries", {"source": name}),
            ("mapped reasons", "mappings", {"source": path}),
        ]
        left = [told for told, of, query in places if await self._any(of, query)]
        return left or (["events"] if await self._any("events", {"source": path}) else [])

    async def _any(self, collection: str, query: Document) -> bool:
        return await self._database[collection].find_one(query, {"_id": 1}) is not None


def _cases_of(source: Document) -> Document:
    return {"tenant": source["tenant"], "source": path_of(source["_id"])}
