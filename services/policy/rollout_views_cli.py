"""`afterword policy list|diff|differences`: what is in force, what a document changes, what it would do."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from services.policy.backtest_report import as_json, print_tally
from services.policy.commands import document_of
from services.policy.compare import Tally
from services.policy.document import Policy, load_base
from services.policy.plan import Plan, differing
from services.policy.releases import Log
from services.policy.rollout import Refused, Release
from services.policy.rollout_cli import plan_of
from services.policy.shadow import recorded
from shared.store.client import Database
from shared.store.session import with_database
from shared.tables import table

app = typer.Typer()

_Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
#: In place of the last step, where there is none.
_OF_FILES = {"at": "", "by": "the files of the settings", "why": ""}
_Either = Annotated[str, typer.Argument(help="A version, `live`, or a file.")]


@app.command(name="list")
def list_releases(*, json_wanted: _Json = False) -> None:
    """Show every document: where it stands, who put it there and why, and what is not as it should be."""
    plan, log = with_database(plan_of)
    told = _standing(plan, log)
    if json_wanted:
        typer.echo(json.dumps(told, indent=2))
        return
    console = Console()
    for tenant, version in told["in_force"].items():
        console.print(f"in force for {'all' if tenant == '*' else tenant}: [bold]{version}[/bold]")
    rows = table("version", "for", "stands", "since", "by", "why")
    for row in told["releases"]:
        last = row["steps"][-1] if row["steps"] else _OF_FILES
        rows.add_row(
            row["version"],
            row["tenant"] or "all",
            row["stage"],
            last["at"][:19],
            escape(last["by"]),
            escape(last["why"]),
        )
    console.print(rows)
    for one in told["set_aside"]:
        console.print(f"[bold red]not in force[/bold red] {one['version']}: {escape(one['why'])}")
    for fault in told["unreadable"]:
        console.print(f"[bold red]unreadable[/bold red] {fault}")


def _standing(plan: Plan, log: Log) -> dict[str, Any]:
    rulebook = plan.in_force
    return {
        "in_force": {
            "*": rulebook.base.version,
            **{tenant: policy.version for tenant, policy in rulebook.overrides.items()},
        },
        "releases": [_row(release) for release in plan.book.releases.values()],
        "set_aside": [asdict(one) for one in rulebook.aside],
        "unreadable": log.faults,
    }


def _row(release: Release) -> dict[str, Any]:
    steps = [step.model_dump(mode="json", exclude={"text", "version", "tenant"}) for step in release.steps]
    return {
        "version": release.version,
        "tenant": release.tenant,
        "stage": release.stage,
        "steps": steps,
    }


@app.command()
def diff(a: _Either, b: _Either, *, json_wanted: _Json = False) -> None:
    """Show the fields that two policies have otherwise, and which way B is."""
    plan, _ = with_database(plan_of)
    tenant = next((t for t in (_tenant(plan, a), _tenant(plan, b)) if t is not None), None)
    fields = list(differing(_policy(plan, a, tenant), _policy(plan, b, tenant)))
    if json_wanted:
        typer.echo(json.dumps([asdict(field) for field in fields], indent=2))
        return
    rows = table("field", a, b, "B is")
    for field in fields:
        rows.add_row(field.path, str(field.a), str(field.b), field.way)
    Console().print(rows if fields else "They decide the same.")


def _tenant(plan: Plan, named: str) -> str | None:
    release = plan.book.releases.get(named)
    return release.tenant if release else None


def _policy(plan: Plan, named: str, tenant: str | None) -> Policy:
    if named == "live":
        return plan.in_force.of(tenant)
    if named not in plan.book.releases and Path(named).is_file():
        return load_base(document_of(Path(named)), named)
    release = plan.book.find(named)
    if tenant is None:
        return load_base(release.text, named)
    return plan.with_release(release).of(tenant)


@app.command()
def differences(
    version: Annotated[str, typer.Argument(metavar="VERSION", help="As `policy list` names it.")],
    *,
    json_wanted: _Json = False,
) -> None:
    """Show what a document decided otherwise while it was in the shadow, by rule."""

    async def work(database: Database) -> tuple[Release, Tally, int]:
        plan, _ = await plan_of(database)
        release = plan.book.find(version)
        return release, await _tally(database, release), await _received(database, release)

    release, tally, received = with_database(work)
    about = {"version": version, "tenant": release.tenant, "cases_received_meanwhile": received}
    if json_wanted:
        typer.echo(json.dumps({**about, **as_json(tally)}, indent=2))
        return
    console = Console()
    console.print(f"[bold]{version}[/bold] in the shadow: {received} cases received meanwhile")
    print_tally(console, tally)


async def _tally(database: Database, release: Release) -> Tally:
    tally = Tally()
    async for one in recorded(database, release.version):
        tally.differs(one)
    return tally


async def _received(database: Database, release: Release) -> int:
    """Cases that came while it was in the shadow: what the differences are a share of."""
    times = [(step.stage, step.at) for step in release.steps]
    spans = [
        (at, next((later for _, later in times[place + 1 :]), None))
        for place, (stage, at) in enumerate(times)
        if stage == "shadow"
    ]
    if not spans:
        raise Refused(f"{release.version} was never in the shadow")
    within: list[dict[str, Any]] = [
        {"received_at": {"$gte": since, **({"$lt": until} if until else {})}} for since, until in spans
    ]
    scope = {"tenant": release.tenant} if release.tenant else {}
    return await database["cases"].count_documents({**scope, "$or": within})
