"""`afterword source credentials`: with what a source's platform is asked, or its mailbox polled."""

from pathlib import Path
from typing import Annotated

import typer

from services.intake.registry import Sources
from services.intake.trial_cli import read_object
from shared.clock import SystemClock
from shared.errors import Invalid
from shared.settings import SourceKeys, load
from shared.store.client import Database
from shared.store.session import with_database
from shared.vault import Keyring

app = typer.Typer()


@app.command()
def credentials(
    name: Annotated[str, typer.Argument(help="Of the source.")],
    *,
    file: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="A JSON object: what opens it."),
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Ask its platform, or mailbox, no more.")] = False,
) -> None:
    """Store what opens the API of a source's platform, or its mailbox, sealed; or take it away."""
    if (file is None) is not remove:
        raise Invalid.at("", "either --file FILE or --remove is expected")
    given = None if file is None else read_object(file, "--file")
    keyring = None if given is None else Keyring.parse(load(SourceKeys).source_keys.get_secret_value())

    async def work(database: Database) -> str:
        sources = Sources(database, SystemClock())
        if given is None or keyring is None:
            return await sources.forget_credentials(name)
        return await sources.keep_credentials(name, given, keyring)

    use = with_database(work)
    typer.echo(f"{name} is not {use} any more" if remove else f"{name} is {use} from now on")
