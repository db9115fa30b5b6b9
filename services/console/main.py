"""The `afterword` command: every service's own commands under one roof."""

import asyncio
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from services.console import dead, vault
from services.console.secrets import write_secrets
from services.console.serving import Service, serve
from services.desk import cli as desk
from services.intake import cli as intake
from services.policy import cli as policy
from shared.clock import SystemClock
from shared.errors import AfterwordError, SettingsError, Unanswered
from shared.migrate import migrate as bring_up_to_date
from shared.settings import Mongo, Rabbit, load

app = typer.Typer(
    name="afterword",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

for commands in (intake.app, policy.app, dead.app, vault.app):
    app.add_typer(commands)
app.add_typer(desk.app, name="key")


def _tell_version(asked: bool) -> None:  # noqa: FBT001 - as typer calls it
    if asked:
        typer.echo(f"afterword {version('afterword')}")
        raise typer.Exit


@app.callback()
def afterword(
    *,
    _version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """One courteous word after a candidate's no, and never two."""


@app.command()
def migrate() -> None:
    """Create indexes, exchanges and queues; safe to run twice, and by two at once."""
    asyncio.run(bring_up_to_date(load(Mongo).mongo_url, load(Rabbit).amqp_url))


@app.command()
def run(service: Service) -> None:
    """Run a service until it is told to stop."""
    serve(service)


@app.command()
def secrets(
    directory: Annotated[Path, typer.Argument(help="Made when it is not there.")],
) -> None:
    """Write fresh secrets into files that only their owner can read; never over one that is there."""
    written = write_secrets(directory, SystemClock())
    typer.echo(f"{directory}: {', '.join(written) if written else 'nothing was missing'}")


def main() -> None:
    """Run the command. What Afterword itself finds wrong is told in a line for each fault: exit 2 for
    settings and for what could not be answered, else 1.
    """
    try:
        app()
    except AfterwordError as error:
        for line in str(error).splitlines():
            typer.echo(f"afterword: {line}", err=True)
        sys.exit(2 if isinstance(error, SettingsError | Unanswered) else 1)


if __name__ == "__main__":
    main()
