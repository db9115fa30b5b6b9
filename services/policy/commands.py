"""What the commands of this service share: the database for the length of one command."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import typer

from shared.settings import Mongo, load
from shared.store import client
from shared.store.client import Database

Answer = TypeVar("Answer")


def with_database(work: Callable[[Database], Awaitable[Answer]]) -> Answer:
    """What `work` returns. A database that is away is told in one line, exit 1."""

    async def run() -> Answer:
        mongo, database = client.connect(load(Mongo).mongo_url, app="console")
        try:
            return await work(database)
        finally:
            mongo.close()

    try:
        return asyncio.run(run())
    except client.AWAY as error:
        typer.echo(f"MongoDB cannot be reached: {type(error).__name__}", err=True)
        raise typer.Exit(1) from error


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
