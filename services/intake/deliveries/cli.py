"""`afterword source watch`, `replay`, `raw` and `health`: what came, what it was read as, and how it goes."""

import base64
import json
from contextlib import nullcontext, suppress
from datetime import timedelta
from typing import Annotated, Any

import typer

from services.intake.deliveries import health as healths
from services.intake.deliveries.record import opened, shown
from services.intake.deliveries.replay import Replay
from services.intake.deliveries.replay import line as line_again
from services.intake.deliveries.replay import shown as shown_again
from services.intake.deliveries.store import Hours
from services.intake.deliveries.watch import line, watched
from services.intake.registry import Sources
from services.intake.sources import Delivery
from shared import moments
from shared.bus_session import open_bus
from shared.clock import SystemClock
from shared.errors import Invalid, NotFound
from shared.settings import VaultKeys, load
from shared.store import audit
from shared.store.client import Database, Document
from shared.store.session import with_database
from shared.vault import Keyring, Vault

app = typer.Typer()

_GONE = "it may have ended, or been forgotten"

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
JsonLines = Annotated[bool, typer.Option("--json", help="Print a JSON object a line.")]
Name = Annotated[str, typer.Argument(help="As `afterword source list` has it.")]


@app.command()
def watch(
    name: Name,
    *,
    last: Annotated[int, typer.Option(min=0, help="So many of the last ones first.")] = 10,
    as_json: JsonLines = False,
) -> None:
    """Show deliveries as they come, until Ctrl-C: what each was read as, or why it was refused."""

    async def work(database: Database) -> None:
        await Sources(database, SystemClock()).get(name)
        async for document in watched(database["deliveries"], name, last):
            typer.echo(json.dumps(shown(document)) if as_json else line(document))

    with suppress(KeyboardInterrupt):
        with_database(work)


@app.command()
def raw(
    delivery_id: Annotated[str, typer.Argument(metavar="ID", help="As `watch` shows it.")],
    *,
    by: Annotated[str, typer.Option(prompt="Who looks", help="Who looks; kept.")],
    reason: Annotated[str, typer.Option(prompt="Why", help="Why; kept.")],
    as_json: AsJson = False,
) -> None:
    """Print a delivery as it came, without its credentials. That somebody looked, and why, is kept."""
    who, why = some_words(by, "--by"), some_words(reason, "--reason")
    vault = _vault()

    async def work(database: Database) -> Delivery:
        document = await database["deliveries"].find_one({"_id": delivery_id})
        if document is None:
            raise NotFound(f"there is no delivery {delivery_id!r}; {_GONE}")
        at = SystemClock().now()
        await audit.keep(database, what="source raw", of=delivery_id, by=who, why=why, at=at)
        return opened(document, vault)

    _print_raw(with_database(work), as_json=as_json)


@app.command()
def replay(
    name: Name,
    *,
    since: Annotated[str | None, typer.Option(help="All that came since (RFC 3339).")] = None,
    delivery_id: Annotated[str | None, typer.Option("--id", help="This one alone.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what they are read as.")] = False,
    as_json: JsonLines = False,
) -> None:
    """Read stored deliveries by today's mapping and configuration, and publish their events again.

    Ids are the same as the first time, so what arrived then changes nothing now. What was refused when it
    came is passed over.
    """
    query = {"source": name, **_chosen(since, delivery_id)}
    vault = _vault()

    counts = dict.fromkeys(("deliveries", "events", "ignored", "skipped"), 0)

    async def work(database: Database) -> None:
        source = await Sources(database, SystemClock()).get(name)
        async with nullcontext() if dry_run else open_bus("console") as bus:
            publish = bus.publish if bus else None
            async for one in Replay(database["deliveries"], source, vault, publish).run(query):
                counts["deliveries"] += 1
                counts["events"] += len(one.events)
                counts["ignored"] += len(one.ignored)
                counts["skipped"] += one.skipped is not None
                typer.echo(json.dumps(shown_again(one)) if as_json else line_again(one))

    with_database(work)
    if delivery_id is not None and not counts["deliveries"]:
        raise NotFound(f"there is no delivery {delivery_id!r} of {name}; {_GONE}")
    if as_json:
        typer.echo(json.dumps({**counts, "published": not dry_run}))
        return
    done = "would be published" if dry_run else "published"
    typer.echo(
        f"{counts['deliveries']} deliveries: {counts['events']} events {done}, {counts['ignored']} ignored,"
        f" {counts['skipped']} deliveries skipped"
    )


@app.command()
def health(*, as_json: AsJson = False) -> None:
    """Say which sources have gone quiet, or fail more than they used to; exit 1 where any does.

    The last 24 whole hours against the seven days before them.
    """
    until = SystemClock().now().replace(minute=0, second=0, microsecond=0)

    async def work(database: Database) -> list[healths.Health]:
        enabled = [one["_id"] for one in await Sources(database, SystemClock()).all(None) if one["enabled"]]
        hours = await Hours(database).since(until - timedelta(hours=1), healths.SPAN)
        return healths.diagnosed(enabled, hours, until)

    found = with_database(work)
    if as_json:
        typer.echo(json.dumps([one.shown() for one in found], indent=2))
    else:
        for one in found:
            usual = sum(sum(day.values()) for day in one.before) / healths.BEFORE
            typer.echo(
                f"{one.source}  {', '.join(one.verdicts)}: {sum(one.last.values())} deliveries,"
                f" {one.last.get('refused', 0)} of them refused; usually {usual:.1f} a day"
            )
    if any(one.unwell for one in found):
        raise typer.Exit(1)


def _chosen(since: str | None, delivery_id: str | None) -> Document:
    if (since is None) == (delivery_id is None):
        raise Invalid.at("", "either --since or --id is expected")
    if since is None:
        return {"_id": delivery_id}
    return {"at": {"$gte": moments.since(since)}}


def _print_raw(delivery: Delivery, *, as_json: bool) -> None:
    try:
        text: str | None = delivery.body.decode()
    except UnicodeDecodeError:
        text = None
    if as_json:
        told: dict[str, Any] = {
            "method": delivery.method,
            "query": delivery.query,
            "headers": dict(delivery.headers),
            "body": text,
            "body_base64": base64.b64encode(delivery.body).decode() if text is None else None,
        }
        typer.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    typer.echo(f"{delivery.method} {'?' + delivery.query if delivery.query else ''}".rstrip())
    for header, value in delivery.headers.items():
        typer.echo(f"{header}: {value}")
    typer.echo(f"\n{delivery.body.decode(errors='replace')}")


def some_words(text: str, option: str) -> str:
    """What somebody says of himself. Raises Invalid that names the option where he says nothing."""
    if not text.strip():
        raise Invalid.at("", f"{option}: some words are expected")
    return text.strip()


def _vault() -> Vault:
    return Vault(Keyring.parse(load(VaultKeys).vault_keys.get_secret_value()))
