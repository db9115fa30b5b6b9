"""`afterword suppress ...`: who must not be written to, added, imported, written out and asked for."""

import csv
import json
import sys
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from services.policy.listed import Listed, read_line
from services.policy.listed_file import entries_of, entry_of
from services.policy.suppress import Entry, SuppressionList
from shared.clock import SystemClock
from shared.errors import Invalid
from shared.identity import Fingerprints
from shared.settings import Pepper, VaultKeys, load
from shared.store import tenants
from shared.store.audit import keep_look
from shared.store.client import Database, Document
from shared.store.session import with_database
from shared.store.suppressions import EVERYONE
from shared.vault import Keyring, Vault

app = typer.Typer(name="suppress", help="Who must not be written to.", no_args_is_help=True)

#: Lines that go to the database at once.
SET = 200
_COLUMNS = ("fingerprint", "scope", "kind", "at", "pepper")

_Tenant = Annotated[str | None, typer.Option(help="By this tenant.")]
_Everyone = Annotated[bool, typer.Option("--everyone", help="By every tenant of this installation.")]
_Email = Annotated[str | None, typer.Option(help="An address.")]
_Phone = Annotated[str | None, typer.Option(help="A number, with country code or --region.")]
_Region = Annotated[str | None, typer.Option(help="ISO 3166-1 alpha-2, for a national number.")]
_Profile = Annotated[list[str] | None, typer.Option("--profile-url", help="A profile; may be repeated.")]
_ExternalId = Annotated[str | None, typer.Option(help="The id of the person at --source.")]
_Source = Annotated[str | None, typer.Option(help="The source that calls the person so.")]


@app.command()
def add(  # noqa: PLR0913 - each is an option
    *,
    tenant: _Tenant = None,
    everyone: _Everyone = False,
    email: _Email = None,
    phone: _Phone = None,
    region: _Region = None,
    profile_url: _Profile = None,
    external_id: _ExternalId = None,
    source: _Source = None,
) -> None:
    """Put a person on the list, for good: no command takes anybody off it."""
    scope, made = _scope(tenant, everyone=everyone), _fingerprints()
    entry = entry_of(_person(email, phone, region, profile_url, external_id, source), made, _now())

    async def work(database: Database) -> int:
        people = await _known(database, scope)
        return await people.add([entry], scope)

    typer.echo(f"on the list; open cases that are looked at anew: {with_database(work)}")


@app.command(name="import")
def import_list(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="CSV or JSONL.")],
    *,
    tenant: _Tenant = None,
    everyone: _Everyone = False,
) -> None:
    """Put everybody in a file on the list: FILE.csv with a line of names above, or FILE.jsonl.

    Members of a line: email, phone, region, profile_url, external_id, source, at, or what an export holds.
    Each line that cannot be used is named, all others are taken. Exit 1 where there was one. May be repeated.
    """
    scope, made, now = _scope(tenant, everyone=everyone), _fingerprints(), _now()
    entries, refused = entries_of(file, scope, made, now), [0]

    async def work(database: Database) -> tuple[int, int]:
        people = await _known(database, scope)
        taken = touched = 0
        while found := list(islice(entries, SET)):
            usable = [one for one in found if isinstance(one, Entry)]
            for fault in found:
                if isinstance(fault, str):
                    typer.echo(fault, err=True)
            refused[0] += len(found) - len(usable)
            touched += await people.add(usable, scope)
            taken += len(usable)
        return taken, touched

    taken, touched = with_database(work)
    typer.echo(f"{taken} lines taken, {refused[0]} refused; open cases that are looked at anew: {touched}")
    if refused[0]:
        raise typer.Exit(1)


@app.command()
def export(
    *,
    tenant: _Tenant = None,
    everyone: _Everyone = False,
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
    scope = _scope(tenant, everyone=everyone) if tenant or everyone else None
    if with_addresses and not (by.strip() and reason.strip()):
        raise typer.BadParameter("--by and --reason are expected with it", param_hint="--with-addresses")
    pepper = _fingerprints().pepper_mark()
    vault = Vault(Keyring.parse(load(VaultKeys).vault_keys.get_secret_value())) if with_addresses else None
    columns = (*_COLUMNS, "email") if with_addresses else _COLUMNS
    table = csv.DictWriter(sys.stdout, columns) if as_format == "csv" else None

    async def work(database: Database) -> None:
        people = await _known(database, scope)
        tenants: list[str] = []
        if vault is not None:
            tenants = await people.tenants()
            told = {"what": "suppress export", "of": "addresses", "by": by.strip(), "why": reason.strip()}
            await keep_look(database, **told, at=_now())
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


@app.command()
def check(  # noqa: PLR0913 - each is an option
    *,
    tenant: _Tenant = None,
    email: _Email = None,
    phone: _Phone = None,
    region: _Region = None,
    profile_url: _Profile = None,
    external_id: _ExternalId = None,
    source: _Source = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Tell whether a person is on the list, of one tenant or of any. Nothing is stored."""
    person = _person(email, phone, region, profile_url, external_id, source)
    fingerprints = person.fingerprints(_fingerprints())

    async def work(database: Database) -> list[dict[str, Any]]:
        people = await _known(database, tenant)
        found = await people.of(fingerprints, [tenant] if tenant else await people.tenants())
        rows = [{"kind": one["kind"], "scope": one["scope"], "since": one["at"].isoformat()} for one in found]
        return [row for place, row in enumerate(rows) if row not in rows[:place]]

    stops = with_database(work)
    if as_json:
        typer.echo(json.dumps({"listed": bool(stops), "stops": stops}, indent=2))
        return
    for stop in stops:
        by = "everyone" if stop["scope"] == EVERYONE else stop["scope"]
        typer.echo(f"on the list: {stop['kind']}, by {by}, since {stop['since']}")
    if not stops:
        typer.echo("not on the list")


def _person(
    email: str | None,
    phone: str | None,
    region: str | None,
    profile_urls: Sequence[str] | None,
    external_id: str | None,
    source: str | None,
) -> Listed:
    if not (email or phone or profile_urls or external_id):
        raise Invalid.at("", "--email, --phone, --profile-url or --external-id is expected")
    return read_line(
        {
            "email": email,
            "phone": phone,
            "region": region,
            "profile_urls": profile_urls,
            "external_id": external_id,
            "source": source,
        }
    )


def _scope(tenant: str | None, *, everyone: bool) -> str:
    if bool(tenant) == everyone:
        raise typer.BadParameter("either this or --everyone is expected", param_hint="--tenant")
    return tenant or EVERYONE


async def _known(database: Database, scope: str | None) -> SuppressionList:
    if scope is not None and scope != EVERYONE:
        await tenants.named(database, scope)
    return SuppressionList(database)


def _fingerprints() -> Fingerprints:
    return Fingerprints(load(Pepper).pepper.get_secret_value())


def _now() -> datetime:
    return SystemClock().now()
