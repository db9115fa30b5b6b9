"""`afterword suppress ...`: who must not be written to; here one person, added and asked for."""

import json
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from services.policy import suppress_lists_cli
from services.policy.commands import Everyone, Tenant, fingerprints_here, known_list, scope_of
from services.policy.listed import Listed, read_line
from services.policy.listed_file import entry_of
from shared.clock import SystemClock
from shared.errors import AfterwordError, Invalid, Unanswered
from shared.store.client import Database
from shared.store.session import with_database
from shared.store.suppressions import EVERYONE

app = typer.Typer(name="suppress", help="Who must not be written to.", no_args_is_help=True)
app.add_typer(suppress_lists_cli.app)

_Email = Annotated[list[str] | None, typer.Option(help="An address; may be repeated, as the others may.")]
_Phone = Annotated[list[str] | None, typer.Option(help="A number, with country code or --region.")]
_Region = Annotated[str | None, typer.Option(help="ISO 3166-1 alpha-2, for a national number.")]
_Profile = Annotated[list[str] | None, typer.Option("--profile-url", help="A profile.")]
_ExternalId = Annotated[list[str] | None, typer.Option(help="The id of the person at --source.")]
_Source = Annotated[str | None, typer.Option(help="The source that calls the person so.")]


@app.command()
def add(  # noqa: PLR0913 - each is an option
    *,
    tenant: Tenant = None,
    everyone: Everyone = False,
    email: _Email = None,
    phone: _Phone = None,
    region: _Region = None,
    profile_url: _Profile = None,
    external_id: _ExternalId = None,
    source: _Source = None,
) -> None:
    """Put a person on the list, by all that is given, for good: no command takes anybody off it."""
    scope, made = scope_of(tenant, everyone=everyone), fingerprints_here()
    now = SystemClock().now()
    named = _named(email, phone, region, profile_url, external_id, source)
    entries = [entry_of(line, made, now) for line in named]

    async def work(database: Database) -> int:
        people = await known_list(database, scope)
        return await people.add(entries, scope)

    typer.echo(f"on the list; open cases that are looked at anew: {with_database(work)}")


@app.command()
def check(  # noqa: PLR0913 - each is an option
    *,
    tenant: Tenant = None,
    email: _Email = None,
    phone: _Phone = None,
    region: _Region = None,
    profile_url: _Profile = None,
    external_id: _ExternalId = None,
    source: _Source = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Tell whether a person is on the list, of one tenant or of any, by anything given. Nothing is stored.

    Exit 0 where they are, 1 where they are not, 2 where that could not be found out.
    """
    with _asked():
        named, made = _named(email, phone, region, profile_url, external_id, source), fingerprints_here()
        stops = _stops(frozenset().union(*(line.fingerprints(made) for line in named)), tenant)
    _tell(stops, as_json=as_json)
    if not stops:
        raise typer.Exit(1)


@contextmanager
def _asked() -> Iterator[None]:
    try:
        yield
    except AfterwordError as error:
        raise Unanswered(str(error)) from None
    except Exception as error:
        traceback.print_exc()  # as it would be told if it ended the command by itself, with 1
        raise Unanswered(type(error).__name__) from error


def _stops(fingerprints: frozenset[str], tenant: str | None) -> list[dict[str, Any]]:
    async def work(database: Database) -> list[dict[str, Any]]:
        people = await known_list(database, tenant)
        found = await people.of(fingerprints, [tenant] if tenant else await people.tenants())
        rows = [{"kind": one["kind"], "scope": one["scope"], "since": one["at"].isoformat()} for one in found]
        return [row for place, row in enumerate(rows) if row not in rows[:place]]

    return with_database(work)


def _tell(stops: Sequence[Mapping[str, Any]], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"listed": bool(stops), "stops": stops}, indent=2))
        return
    for stop in stops:
        by = "everyone" if stop["scope"] == EVERYONE else stop["scope"]
        typer.echo(f"on the list: {stop['kind']}, by {by}, since {stop['since']}")
    if not stops:
        typer.echo("not on the list")


def _named(
    emails: Sequence[str] | None,
    phones: Sequence[str] | None,
    region: str | None,
    profile_urls: Sequence[str] | None,
    external_ids: Sequence[str] | None,
    source: str | None,
) -> list[Listed]:
    """A line for each identifier, so that none is lost beside another of its kind."""
    lines: list[dict[str, Any]] = [
        *({"email": email} for email in emails or ()),
        *({"phone": phone, "region": region} for phone in phones or ()),
        *({"profile_url": url} for url in profile_urls or ()),
        *({"external_id": identity, "source": source} for identity in external_ids or ()),
    ]
    if not lines:
        raise Invalid.at("", "--email, --phone, --profile-url or --external-id is expected")
    return [read_line(line) for line in lines]
