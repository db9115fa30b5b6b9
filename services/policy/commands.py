"""What the commands of this service share: the files and the tenants that somebody names."""

from pathlib import Path

import typer

from shared.errors import NotFound
from shared.store.client import Database


def text_of(path: Path) -> str:
    """The text of a file (`-`: standard input); what cannot be read is told in one line, exit 1."""
    try:
        if str(path) == "-":
            return typer.get_text_stream("stdin").read()
        return path.read_text(encoding="utf-8")
    except OSError as error:
        typer.echo(f"{path}: expected a readable file: {error.strerror}", err=True)
    except UnicodeDecodeError as error:
        typer.echo(f"{path}: expected UTF-8: byte {error.start} is not", err=True)
    raise typer.Exit(1)


def write(path: Path, text: str) -> None:
    """Writes a file; one that cannot be written is told in one line, exit 1."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        typer.echo(f"{path}: expected a file that can be written: {error.strerror}", err=True)
        raise typer.Exit(1) from None


async def must_be_tenant(database: Database, name: str | None) -> None:
    """Raises NotFound where a tenant is named that is none."""
    if name is not None and await database["tenants"].find_one({"_id": name}, {"_id": 1}) is None:
        raise NotFound(f"there is no tenant {name!r}; `afterword tenant list` shows those there are")
