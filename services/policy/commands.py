"""What the commands of this service share: the files and the lists that somebody names."""

from pathlib import Path
from typing import Annotated

import typer

from services.policy.suppress import SuppressionList
from shared.identity import Fingerprints
from shared.settings import Pepper, load
from shared.store import tenants
from shared.store.client import Database
from shared.store.suppressions import EVERYONE

Tenant = Annotated[str | None, typer.Option(help="By this tenant.")]
Everyone = Annotated[bool, typer.Option("--everyone", help="By every tenant of this installation.")]


def document_of(path: Path) -> str:
    """The text of a policy document (`-`: standard input); what cannot be read is told in one line, exit 1.

    Nothing at all would stand for the packaged policy: whoever means that says `{}`.
    """
    try:
        text = typer.get_text_stream("stdin").read() if str(path) == "-" else path.read_text(encoding="utf-8")
    except OSError as error:
        typer.echo(f"{path}: expected a readable file: {error.strerror}", err=True)
    except UnicodeDecodeError as error:
        typer.echo(f"{path}: expected UTF-8: byte {error.start} is not", err=True)
    else:
        if text.strip():
            return text
        typer.echo(f"{path}: expected a document, and nothing is there; {{}} has every default", err=True)
    raise typer.Exit(1)


def write(path: Path, text: str) -> None:
    """Writes a file; one that cannot be written is told in one line, exit 1."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        typer.echo(f"{path}: expected a file that can be written: {error.strerror}", err=True)
        raise typer.Exit(1) from None


def scope_of(tenant: str | None, *, everyone: bool) -> str:
    """Whose list is meant: a tenant's, or everyone's."""
    if bool(tenant) == everyone:
        raise typer.BadParameter("either this or --everyone is expected", param_hint="--tenant")
    return tenant or EVERYONE


async def known_list(database: Database, scope: str | None) -> SuppressionList:
    """Who must not be written to. Raises NotFound where the scope is of a tenant that is none."""
    if scope is not None and scope != EVERYONE:
        await tenants.named(database, scope)
    return SuppressionList(database)


def fingerprints_here() -> Fingerprints:
    """Fingerprints under the pepper of this installation."""
    return Fingerprints(load(Pepper).pepper.get_secret_value())
