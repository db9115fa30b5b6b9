"""`afterword case explain`: one decision as a short page, with the proof that it can be repeated."""

import json
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Column, Table

from services.policy.explain import Explanation, explain
from services.policy.findings import entries
from services.policy.releases import Releases
from services.policy.rollout import ledger
from shared.decision import Verifier
from shared.errors import NotFound
from shared.settings import VerifyKey, load
from shared.store.client import Database
from shared.store.session import with_database

app = typer.Typer()


@app.command(name="explain")
def explain_case(
    case_id: Annotated[str, typer.Argument(metavar="ID")],
    *,
    json_wanted: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Tell why a case was decided so, how far it was from otherwise, and prove it by judging it again.

    Exit 1 where the proof fails.
    """
    verifier = Verifier(load(VerifyKey).verify_key)

    async def work(database: Database) -> Explanation:
        case = await database["cases"].find_one({"_id": case_id})
        if case is None:
            raise NotFound(f"there is no case {case_id}")
        policies = {found["_id"]: found["text"] async for found in database["policies"].find()}
        log = await Releases(database).read()
        return explain(case, verifier, policies, ledger(log.steps).releases.values())

    told = with_database(work)
    if json_wanted:
        typer.echo(json.dumps(_plain(told), indent=2))
    else:
        _print(told)
    if not told.holds:
        raise typer.Exit(1)


def _plain(told: Explanation) -> dict[str, Any]:
    return {
        "case": told.case,
        "state": told.state,
        "verdict": told.verdict,
        "version": told.version,
        "at": told.at,
        "released": told.released.model_dump(mode="json", exclude={"text"}) if told.released else None,
        "looked_at": dict(told.looked_at),
        "findings": [
            {**found.model_dump(mode="json"), "differs": asdict(far) if far else None}
            for found, far in told.findings
        ],
        "decisive": list(told.decisive),
        "proofs": [asdict(proof) for proof in told.proofs],
        "faults": list(told.faults),
        "holds": told.holds,
    }


def _print(told: Explanation) -> None:
    console = Console()
    console.print(
        f"[bold]{told.case}[/bold] is {told.state}: decided [bold]{told.verdict}[/bold] at {told.at}"
    )
    console.print(f"Policy {told.version}, {_origin(told)}")
    _print_table(console, "What was looked at", list(told.looked_at.items()))
    console.print("\n[bold]What spoke[/bold]")
    if not told.findings:
        console.print("  No rule spoke against it.")
    for found, far in told.findings:
        console.print(f"  [bold]{found.severity}[/bold] {found.code}: {found.says}")
        for name, value in found.evidence.items():
            shown = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
            console.print(Padding(f"{name}: {shown}", (0, 0, 0, 6)), style="dim", markup=False)
        if far is not None:
            console.print(Padding(f"to differ: {far.says}", (0, 0, 0, 6)))
        if found.severity != "note" and (entry := entries().get(found.code)):
            console.print(Padding(f"better: {entry.better}", (0, 0, 0, 6)), markup=False)
    if told.findings:
        console.print("  What each code means: docs/findings.md")
    if told.decisive:
        console.print(f"  For another verdict all of these would have to differ: {', '.join(told.decisive)}")
    rows = [
        (
            f"{'same' if proof.holds else 'OTHER'}  {proof.what}",
            proof.again if proof.holds else f"{proof.stored} stored, {proof.again} now",
        )
        for proof in told.proofs
    ]
    _print_table(console, "Judged again", rows)
    for fault in told.faults:
        console.print(f"  [bold red]fault[/bold red] {escape(fault)}")


def _origin(told: Explanation) -> str:
    if told.released is None:
        return "from the files of the settings"
    step = told.released
    return f"put live by {escape(step.by)} at {step.at.isoformat(timespec='seconds')}: {escape(step.why)}"


def _print_table(console: Console, title: str, rows: list[tuple[str, str]]) -> None:
    table = Table(
        Column(overflow="fold"), Column(overflow="fold"), show_header=False, box=None, padding=(0, 2)
    )
    for name, value in rows:
        table.add_row(name, escape(value))
    console.print(f"\n[bold]{title}[/bold]")
    console.print(table)
