"""`afterword source reasons` and `source map`: whose no each reason is that a company made up itself."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console

from services.intake.reasons import Reasons, SeenReason, has_come, held_for_reading, nearest
from services.intake.registry import Sources
from shared.bus import Bus
from shared.bus_session import open_bus
from shared.clock import SystemClock
from shared.errors import Transient
from shared.events import Event
from shared.reasons import Side
from shared.store.client import Database
from shared.store.session import with_database
from shared.tables import table

app = typer.Typer()

#: Policy judges all that is open by the new word before it answers.
SETTLED_TIMEOUT_S = 60

_Name = Annotated[str, typer.Argument(help="The source.")]
_AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def reasons(name: _Name, *, as_json: _AsJson = False) -> None:
    """List the reasons that came with a source's declines, and how each is read now."""

    async def work(database: Database) -> list[SeenReason]:
        source = await Sources(database, SystemClock()).get(name)
        return await Reasons(database, SystemClock()).seen(source)

    rows = with_database(work)
    if as_json:
        typer.echo(json.dumps([asdict(row) for row in rows], indent=2, ensure_ascii=False))
        return
    if not rows:
        typer.echo("no decline of this source has named a reason yet")
        return
    shown = table("reason", "platform says", "read as", "by", "declines", "held")
    for row in rows:
        names = "  ".join(row.names)
        shown.add_row(names, row.told, row.read_as, row.by, str(row.seen), str(row.held))
    Console().print(shown)
    if held_for_reading(rows):
        typer.echo(
            f"`afterword source map {name} REASON candidate|company|ignore` settles what is held for it"
        )


@app.command(name="map")
def map_reason(
    name: _Name,
    reason: Annotated[str, typer.Argument(help="Its text or its id; letter case and spaces do not count.")],
    side: Annotated[Side, typer.Argument(help="Whose no it is; ignore: it is none.")],
    *,
    by: Annotated[str, typer.Option(help="Who maps it; stands in the timeline of each case.")],
    as_json: _AsJson = False,
) -> None:
    """Say whose no a reason is: for declines to come, and for all that are open and name it.

    May be repeated, which changes nothing. A case that was sent, denied or cancelled stays as it is. A reason
    may be mapped before it comes; one that has not come yet is told, with those that are written like it.
    """

    async def work(database: Database) -> tuple[Event, bool, dict[str, int], list[SeenReason]]:
        mapped = Reasons(database, SystemClock())
        source = await Sources(database, SystemClock()).get(name)
        rows = await mapped.seen(source)
        async with open_bus("console") as bus:
            event = await mapped.map(source, reason, side, by)
            done = await _told(bus, event)
        return event, done, await mapped.settled(event), rows

    event, done, settled, rows = with_database(work)
    came = has_come(reason, rows)
    like = [] if came else nearest(reason, rows)
    if as_json:
        told: dict[str, object] = {"source": name, "reason": reason, "side": side, "event_id": event.id}
        told |= {"in_force": done, "cases": settled, "seen": came, "nearest": like}
        typer.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    typer.echo(f"{reason!r} is read as {side} from now on")
    if not came:
        others = f"; of those that have, nearest are {', '.join(map(repr, like))}" if like else ""
        typer.echo(f"no decline of {name} has named this reason yet{others}")
    if not done:
        typer.echo("policy has not answered yet; the word is kept, and what is open will be judged by it")
    counts = ", ".join(f"{count} {state}" for state, count in sorted(settled.items()))
    typer.echo(f"cases that it settled: {counts or 'none'}")


async def _told(bus: Bus, event: Event) -> bool:
    """Whether policy has judged all that is open by it; False where that is still to come.

    Raises Transient where the word is in the source's configuration and not safe on the bus: the same command
    is to be given again.
    """
    try:
        return (await bus.request([event], timeout_s=SETTLED_TIMEOUT_S)).get(event.id) == "done"
    except Transient:
        try:
            await bus.publish([event])  # silence does not tell whether the bus has it, a confirm does
        except Transient as error:
            what = "the reason is mapped for declines to come, but what is open is not judged by it"
            raise Transient(f"{what}: give the same command again ({error})") from error
        return False
