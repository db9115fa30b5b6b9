"""`afterword vault rewrap`: after a key rotation, bring every stored key under the first key of its ring.

Once it says that nothing was left, the old key may leave the ring.
"""

from collections.abc import Callable
from typing import Any

import typer
from pymongo import UpdateOne

from services.intake.enrichment.credentials import bound_to
from shared.settings import Mongo, SourceKeys, VaultKeys, load
from shared.store.client import Collection, Database, Document
from shared.store.session import with_database
from shared.vault import Keyring, Vault

app = typer.Typer(name="vault", help="Key rotation.", no_args_is_help=True)

#: Documents read and written at a time.
BATCH = 500


class _Rewrap(VaultKeys, SourceKeys, Mongo):
    """What a rotation needs."""


@app.callback()
def _group() -> None:
    """Key rotation."""


@app.command()
def rewrap() -> None:
    """Wrap the data keys of all people and raw deliveries, and the secrets of all sources, under the first
    key of their rings.
    """
    settings = load(_Rewrap)
    vault = Vault(Keyring.parse(settings.vault_keys.get_secret_value()))
    ring = Keyring.parse(settings.source_keys.get_secret_value())

    async def work(database: Database) -> tuple[int, int]:
        people = await rewrap_data_keys(database["people"], vault)
        deliveries = await rewrap_data_keys(database["deliveries"], vault)
        return people + deliveries, await rewrap_sources(database, ring)

    data_keys, sources = with_database(work)
    typer.echo(f"{data_keys} data keys and {sources} source secrets rewrapped")


async def rewrap_data_keys(collection: Collection, vault: Vault) -> int:
    """Rewraps what is not under the first key yet; returns how many. Whoever was erased has nothing left to
    rewrap.
    """

    def change(card: Document) -> dict[str, Any]:
        fresh = vault.rewrap(card["data_key"])
        return {} if fresh == card["data_key"] else {"data_key": fresh}

    return await _each(collection, {"data_key": {"$ne": None}}, ("data_key",), change)


async def rewrap_sources(database: Database, ring: Keyring) -> int:
    """Seals the sources' secrets and credentials anew under the first key; returns how many sources that
    were.
    """

    def change(source: Document) -> dict[str, Any]:
        name = source["_id"]
        sealed = {
            f"secrets.{which}": (value, name.encode())
            for which, value in source["secrets"].items()
            if isinstance(value, bytes)
        }
        if "credentials" in source:
            sealed["credentials"] = (source["credentials"], bound_to(name))
        return {
            field: ring.seal(ring.open(value, aad), aad)
            for field, (value, aad) in sealed.items()
            if ring.kid(value) != ring.first
        }

    return await _each(database["sources"], {}, ("secrets", "credentials"), change)


async def _each(
    collection: Collection,
    query: Document,
    fields: tuple[str, ...],
    change: Callable[[Document], dict[str, Any]],
) -> int:
    """Writes each document's change, by sets; a document that changed meanwhile is left for the next run."""
    changed, updates = 0, list[UpdateOne]()
    async for found in collection.find(query, dict.fromkeys(fields, 1), batch_size=BATCH):
        if fresh := change(found):
            expected = {"_id": found["_id"], **{name: found.get(name) for name in fields}}
            updates.append(UpdateOne(expected, {"$set": fresh}))
        if len(updates) >= BATCH:
            changed += (await collection.bulk_write(updates, ordered=False)).modified_count
            updates = []
    if updates:
        changed += (await collection.bulk_write(updates, ordered=False)).modified_count
    return changed
