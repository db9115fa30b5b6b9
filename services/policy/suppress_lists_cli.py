"""`afterword suppress import` and `export`: who must not be written to, read from a file and written out."""

import csv
import json
import sys
from collections import Counter
from collections.abc import AsyncIterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Literal

import typer

from services.policy.commands import Everyone, Tenant, fingerprints_here, known_list, scope_of
from services.policy.listed import OtherPepper
from services.policy.listed_file import Refused, entries_of
from services.policy.suppress import Entry
from shared.clock import SystemClock
from shared.settings import VaultKeys, load
from shared.store import audit
from shared.store.client import Database, Document
from shared.store.session import with_database
from shared.store.suppressions import EVERYONE
from shared.vault import Keyring, Vault

app = typer.Typer()

#: Lines that go to the database at once.
SET = 200
_STRANGE = (
    "made under another pepper (AFTERWORD_PEPPER), they can be read by installations with that one only"
)
_COLUMNS = ("fingerprint", "scope", "kind", "at", "pepper")


@app.command(name="import")
def import_list(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="CSV or JSONL.")],
    *,
    tenant: Tenant = None,
    everyone: Everyone = False,
) -> None:
    """Put everybody in a file on the list: FILE.csv with a line of names above, or FILE.jsonl.

    Members of a line: email, phone, region, profile_url, external_id, source, at, or what an export holds: it
    is read again without --tenant and --everyone, each line for its own. Each line that cannot be used is
    named, all others are taken. Exit 1 where there was one. May be repeated.
    """
    scope = scope_of(tenant, everyone=everyone) if tenant or everyone else None
    made, now = fingerprints_here(), SystemClock().now()

    counts = Counter[str]()

    async def work(database: Database) -> None:
        people = await known_list(database, scope)
        lines = entries_of(file, scope, {EVERYONE, *await people.tenants()}, made, now)
        while found := list(islice(lines, SET)):
            by_scope: dict[str, list[Entry]] = {}
            for one in found:
                if not isinstance(one, Refused):
                    by_scope.setdefault(one[0], []).append(one[1])
                elif isinstance(one.why, OtherPepper):
                    counts["strange"] += 1
                else:
                    counts["refused"] += 1
                    typer.echo(str(one), err=True)
            for of, entries in by_scope.items():
                counts["touched"] += await people.add(entries, of)
                counts["taken"] += len(entries)

    with_database(work)
    if counts["strange"]:
        typer.echo(f"{counts['strange']} lines: {_STRANGE}", err=True)
    refused = counts["refused"] + counts["strange"]
    touched = f"open cases that are looked at anew: {counts['touched']}"
    typer.echo(f"{counts['taken']} lines taken, {refused} refused; {touched}")
    if refused:
        raise typer.Exit(1)


@app.command()
def export(
    *,
    tenant: Tenant = None,
    everyone: Everyone = False,
    as_format: Annotated[Literal["jsonl", "csv"], typer.Option("--format")] = "jsonl",
    with_addresses: Annotated[
        bool, typer.Option("--with-addresses", help="E-mail addresses too, where they are known.")
    ] = False,
    by: Annotated[str, typer.Option(help="Who asks for addresses; kept.")] = "",
    reason: Annotated[str, typer.Option(help="Why; kept.")] = "",
) -> None:
    """Write the list out: fingerprints only, which say nothing without this installation's pepper.

    Addresses are for an administrator with a reason: it takes the vault's keys, and who asked is kept.
    """
    scope = scope_of(tenant, everyone=everyone) if tenant or everyone else None
    if with_addresses and not (by.strip() and reason.strip()):
        raise typer.BadParameter("--by and --reason are expected with it", param_hint="--with-addresses")
    pepper = fingerprints_here().pepper_mark()
    vault = Vault(Keyring.parse(load(VaultKeys).vault_keys.get_secret_value())) if with_addresses else None
    columns = (*_COLUMNS, "email") if with_addresses else _COLUMNS
    table = csv.DictWriter(sys.stdout, columns) if as_format == "csv" else None

    async def work(database: Database) -> None:
        people = await known_list(database, scope)
        tenants: list[str] = []
        if vault is not None:
            tenants = await people.tenants()
            told = {"what": "suppress export", "of": "addresses", "by": by.strip(), "why": reason.strip()}
            await audit.keep(database, **told, at=SystemClock().now())
        async for some in _sets(people.all(scope)):
            emails: dict[str, str] = {}
            if vault is not None:
                emails = await people.addresses([found["fp"] for found in some], tenants, vault)
            for found in some:
                told = {"fingerprint": found["fp"], "at": found["at"].isoformat(), "pepper": pepper}
                row = {**found, **told, "email": emails.get(found["fp"])}
                row = {name: row[name] for name in columns}
                if table is not None:
                    table.writerow(row)
                else:
                    typer.echo(json.dumps(row))

    if table is not None:
        table.writeheader()
    with_database(work)


async def _sets(found: AsyncIterator[Document]) -> AsyncIterator[list[Document]]:
    some: list[Document] = []
    async for one in found:
        some.append(one)
        if len(some) == SET:
            yield some
            some = []
    if some:
        yield some
