"""`afterword source test`: whether what a source sends arrives."""

import json
from typing import Annotated

import typer

from services.intake.probe import followed, sample
from services.intake.registry import Sources
from services.intake.samples import Try
from services.intake.sources import configured
from shared.clock import SystemClock
from shared.errors import Conflict
from shared.settings import IntakeUrl, SourceKeys, load
from shared.store.client import Database
from shared.store.session import with_database
from shared.vault import Keyring

app = typer.Typer()

_NAME_BYTES = 12


@app.command("test")
def probe(
    name: Annotated[str, typer.Argument(help="As `afterword source list` has it.")],
    *,
    url: Annotated[str | None, typer.Option(help="Intake, as this command reaches it.")] = None,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds to wait for each step.")] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object a line.")] = False,
) -> None:
    """Send a sample about nobody through the real door, signed, and follow it to its end.

    Exit 1, and where it stopped, if it does not arrive. Policy denies it as a test, so that nothing is sent.
    """
    keyring = Keyring.parse(load(SourceKeys).source_keys.get_secret_value())
    told = load(IntakeUrl)
    door = f"{(url or told.intake_inner_url or told.intake_url).rstrip('/')}/v1/sources/{name}/events"
    clock = SystemClock()

    async def work(database: Database) -> bool:
        source = await Sources(database, clock).get(name)
        if not source["enabled"]:
            raise Conflict(f"the source {name!r} is disabled; `afterword source enable {name}` lets it in")
        secret = keyring.open(bytes(source["secrets"]["current"]), name.encode()).decode()
        one = Try(
            clock.token(_NAME_BYTES), clock.now(), secret, configured(source["kind"], source.get("config"))
        )
        made = True
        async for step in followed(sample(source, one), door, database, timeout):
            made = step.made
            typer.echo(
                json.dumps({"step": step.name, "made": step.made, "told": step.told})
                if as_json
                else f"{'ok' if step.made else 'stopped'}  {step.name}  {step.told}"
            )
        return made

    if not with_database(work):
        raise typer.Exit(1)
