"""`afterword key`: who may come to the desk."""

from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from services.desk.keys import EVERY_TENANT, Keys, Role
from shared.clock import SystemClock
from shared.store import tenants
from shared.store.client import Database
from shared.store.session import with_database
from shared.tables import table

#: Enough of an id to name a key, and as much as `revoke` needs.
SHOWN_DIGITS = 12

app = typer.Typer(name="key", help="Keys of the desk's API.", no_args_is_help=True)


@app.command()
def add(
    tenant: Annotated[str, typer.Option(help='Whose cases the key sees; "*" for those of every tenant.')],
    role: Annotated[Role, typer.Option(help="viewer reads, reviewer decides, admin may all.")],
    name: Annotated[str, typer.Option(help="Who holds it; stands in the timeline of the cases they decide.")],
) -> None:
    """Make a key. It is shown this once only: just its hash is stored."""
    holder = name.strip()
    if not 0 < len(holder) <= 200:  # noqa: PLR2004 - what a reviewer's name may be in an event
        raise typer.BadParameter("expected 1 to 200 characters", param_hint="--name")

    async def work(database: Database) -> str:
        if tenant != EVERY_TENANT:
            await tenants.named(database, tenant)
        return await Keys(database).add(holder, role, tenant, SystemClock())

    typer.echo(with_database(work))


@app.command("list")
def list_keys(
    tenant: Annotated[str | None, typer.Option(help="Only this tenant's keys.")] = None,
) -> None:
    """Show the keys: who holds them, and since when they are revoked."""

    async def work(database: Database) -> Table:
        rows = table("id", "name", "role", "tenant", "created", "revoked")
        for key in await Keys(database).all(tenant):
            moments = (_moment(key["created_at"]), _moment(key.get("revoked_at")))
            rows.add_row(key["_id"][:SHOWN_DIGITS], key["name"], key["role"], key["tenant"], *moments)
        return rows

    Console().print(with_database(work))


@app.command()
def revoke(
    id_prefix: Annotated[
        str, typer.Argument(help="The first 8 or more digits of its id.", metavar="ID-PREFIX")
    ],
) -> None:
    """Revoke a key; from the next request on it is worth nothing."""

    async def work(database: Database) -> str:
        key = await Keys(database).revoke(id_prefix, SystemClock().now())
        return f"{key['_id'][:SHOWN_DIGITS]} of {key['name']} is revoked"

    typer.echo(with_database(work))


def _moment(at: datetime | None) -> str:
    return "" if at is None else at.isoformat(timespec="seconds")
