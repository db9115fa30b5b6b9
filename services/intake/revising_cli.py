"""`afterword source set` and `remove`: a source is told otherwise, or taken away."""

from pathlib import Path
from typing import Annotated, Any

import typer

from services.intake.deliveries.cli import some_words
from services.intake.registry import Sources
from services.intake.revising import Revising, Word
from services.intake.trial_cli import read_config
from shared.clock import SystemClock
from shared.errors import Invalid
from shared.store.client import Database
from shared.store.session import with_database

app = typer.Typer()

_Name = Annotated[str, typer.Argument(help="As `afterword source list` has it.")]
_By = Annotated[str, typer.Option(prompt="Who does it", help="Who does it; kept.")]
_Why = Annotated[str, typer.Option("--reason", prompt="Why", help="Why; kept.")]


@app.command(name="set")
def set_source(
    name: _Name,
    *,
    tenant: Annotated[str | None, typer.Option(help="Whose candidates it tells of.")] = None,
    rate_per_second: Annotated[
        float | None, typer.Option(min=0.01, help="Deliveries a second in the long run.")
    ] = None,
    burst: Annotated[float | None, typer.Option(min=1, help="Deliveries at once.")] = None,
    config: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="A JSON object: what its kind is told."),
    ] = None,
    by: _By,
    why: _Why,
) -> None:
    """Tell a source otherwise than it was when it was added; in force at once, also in what runs.

    The file takes the place of the one so far, but that reasons which are mapped stay mapped. The tenant is
    fixed as soon as anything has come.
    """
    given = {"per_second": rate_per_second, "burst": burst}
    rate = {part: value for part, value in given.items() if value is not None}
    if tenant is None and config is None and not rate:
        raise Invalid.at("", "--tenant, --rate-per-second, --burst or --config is expected")
    word = _word(by, why)

    async def work(database: Database) -> dict[str, Any]:
        clock = SystemClock()
        source = await Sources(database, clock).get(name)
        told = read_config(source["kind"], config) if config else None
        return await Revising(database, clock).change(source, word, tenant=tenant, rate=rate, config=told)

    changed = with_database(work)
    typer.echo(f"{name}: {', '.join(sorted(changed))} changed" if changed else f"{name} is so already")


@app.command()
def remove(name: _Name, *, by: _By, why: _Why) -> None:
    """Take a source away through which nothing has come yet; `disable` ends any other."""
    word = _word(by, why)

    async def work(database: Database) -> None:
        clock = SystemClock()
        await Revising(database, clock).remove(await Sources(database, clock).get(name), word)

    with_database(work)
    typer.echo(f"{name} is removed")


def _word(by: str, why: str) -> Word:
    return Word(some_words(by, "--by"), some_words(why, "--reason"))
