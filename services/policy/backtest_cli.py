"""`afterword policy backtest`: which stored decisions a draft would change, before it decides anything."""

import asyncio
import json
import time
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from services.policy.backtest import NEEDED, replay
from services.policy.backtest_report import as_json, html, print_tally
from services.policy.commands import document_of, write
from services.policy.compare import Tally
from services.policy.rollout import Release
from services.policy.rollout_cli import plan_of
from services.policy.rulebook import Rulebook
from shared import moments
from shared.clock import SystemClock
from shared.store import tenants
from shared.store.client import Database
from shared.store.session import with_database

app = typer.Typer()

#: Cases read at once: large enough that the journey to the database does not count, small enough to hold.
SET = 2_000


@app.command()
def backtest(
    draft: Annotated[str, typer.Argument(metavar="DRAFT", help="A version of `policy list`, or a file.")],
    *,
    since: Annotated[
        str | None, typer.Option(help="Cases received from this day (UTC) or this time on.")
    ] = None,
    tenant: Annotated[
        str | None, typer.Option(help="This tenant's cases only; a file is then its override.")
    ] = None,
    json_wanted: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    page: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a page with charts.")
    ] = None,
) -> None:
    """Judge the stored cases again under a draft and show, by rule, which decisions would change.

    Nothing is stored or sent. Counts of the time (follow-ups of a day and the like) are those of the time.
    """
    began = time.perf_counter()
    moment = moments.since(since) if since else None

    async def work(database: Database) -> tuple[Release, Tally]:
        if tenant is not None:
            await tenants.named(database, tenant)
        plan, _ = await plan_of(database)
        release = plan.book.releases.get(draft) or plan.drafted(document_of(Path(draft)), draft, tenant)
        rulebook = plan.with_release(release)
        return release, await run(database, rulebook, since=moment, tenant=tenant or release.tenant)

    release, tally = with_database(work)
    about = {
        "draft": release.version,
        "since": moment.isoformat() if moment else "the first case",
        "tenant": tenant or release.tenant or "all",
        "made at": SystemClock().now().isoformat(timespec="seconds"),
        "seconds": f"{time.perf_counter() - began:.1f}",
    }
    if page:
        write(page, html(tally, about))
    if json_wanted:
        typer.echo(json.dumps({**about, **as_json(tally)}, indent=2))
        return
    console = Console()
    console.print("  ".join(f"{name} [bold]{value}[/bold]" for name, value in about.items()))
    print_tally(console, tally)


async def run(database: Database, draft: Rulebook, *, since: datetime | None, tenant: str | None) -> Tally:
    """Replays the decided cases by sets, newest first."""
    query: dict[str, Any] = {"decision": {"$exists": True}}
    if since:
        query["received_at"] = {"$gte": since}
    if tenant:
        query["tenant"] = tenant
    tally = Tally()
    order = [("received_at", -1), ("_id", -1)]
    cursor = database["cases"].find(query, NEEDED, batch_size=SET).sort(order)
    cases = await cursor.to_list(SET)
    while cases:  # the database looks for the next set while this one is judged
        cases, _ = await asyncio.gather(cursor.to_list(SET), asyncio.to_thread(replay, cases, draft, tally))
    return tally
