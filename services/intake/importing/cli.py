"""`afterword import`: past outreach and replies from a file, so that a first decline is judged with them."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from services.intake.envelope import Sender
from services.intake.importing.feed import Feed
from services.intake.importing.files import records
from services.intake.importing.journal import Journal
from services.intake.registry import Sources
from shared.bus_session import open_bus
from shared.clock import SystemClock
from shared.errors import Conflict
from shared.store.session import with_database

app = typer.Typer(name="import", help="What happened before.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Past events from files."""


@app.command()
def interactions(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help=".csv or .jsonl")],
    source: Annotated[str, typer.Option(help="The source whose messages they are.")],
) -> None:
    """Take in past messages. Run it again after a stop: it goes on where it was, and repeats change nothing.

    Exit 1 where lines were refused; FILE.refused.jsonl says which and why.
    """
    clock = SystemClock()
    found = with_database(lambda database: Sources(database, clock).get(source))
    if not found["enabled"]:
        raise Conflict(f"the source {source!r} is disabled; `afterword source enable` lets it in")
    with Journal(file, source) as journal, _bar() as bar:
        task = bar.add_task("", total=file.stat().st_size, state="reading")
        asyncio.run(_feed(file, journal, Sender(source, found["kind"], found["tenant"]), clock, bar, task))
        bar.update(task, completed=file.stat().st_size, state=_told(journal))
    typer.echo(_told(journal))
    if journal.progress.refused:
        typer.echo(f"see {journal.report}", err=True)
        raise typer.Exit(1)


async def _feed(
    file: Path, journal: Journal, sender: Sender, clock: SystemClock, bar: Progress, task: TaskID
) -> None:
    def tell(offset: int, waits: bool) -> None:  # noqa: FBT001 - Feed's port
        state = "the broker is full or away, waiting" if waits else _told(journal)
        bar.update(task, completed=offset, state=state)

    async with open_bus("import") as publisher:
        feed = Feed(publisher, sender, clock=clock, tell=tell)
        await feed.take_in(records(file), journal)


def _told(journal: Journal) -> str:
    return f"{journal.progress.taken} taken in, {journal.progress.refused} refused"


def _bar() -> Progress:
    return Progress(
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[state]}"),
        console=Console(stderr=True),
    )
