"""`afterword policy ...`, `suppress ...` and `case ...`: check a document, show a case, prove its history."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from services.policy import backtest_cli, explain_cli, rollout_cli, rollout_views_cli, suppress_cli
from services.policy.judge_cli import identity
from services.policy.policy_cli import policy
from services.policy.verify import faults
from shared.decision import Verifier
from shared.errors import NotFound
from shared.settings import VerifyKey, load
from shared.store.client import Database, Document
from shared.store.session import with_database
from shared.tables import table

app = typer.Typer()
app.add_typer(policy)
app.add_typer(identity)
app.add_typer(suppress_cli.app)
for commands in (rollout_cli.app, rollout_views_cli.app, backtest_cli.app):
    policy.add_typer(commands)
case_app = typer.Typer(name="case", help="Look at cases and prove their history.", no_args_is_help=True)
app.add_typer(case_app)
case_app.add_typer(explain_cli.app)

#: What a case keeps for machines, or for the notifier alone.
_INTERNAL = ("keys", "card", "digest", "announce", "rev")


@case_app.command()
def show(
    case_id: Annotated[str, typer.Argument(metavar="ID")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show what became of a case and why: state, findings, timeline. Exit 1 where there is none of this
    id.
    """
    case: Document | None = with_database(lambda database: database["cases"].find_one({"_id": case_id}))
    if case is None:
        raise NotFound(f"there is no case {case_id}")
    if as_json:
        shown = {name: value for name, value in case.items() if name not in _INTERNAL}
        typer.echo(json.dumps(shown, default=str, indent=2))
        return
    _print(case)


def _print(case: Document) -> None:
    console = Console()
    console.print(
        f"[bold]{case['_id']}[/bold]  {case['tenant']}  {case['source']}  [bold]{case['state']}[/bold]"
    )
    decision = case.get("recheck") or case.get("decision")
    if decision:
        console.print(
            f"{decision['verdict']} under policy {decision['version']}, inputs {decision['digest'][:16]}"
        )
        findings = table("code", "severity", "says", "evidence", title="Findings")
        for finding in decision["findings"]:
            evidence = json.dumps(finding["evidence"], default=str)
            findings.add_row(finding["code"], finding["severity"], finding["says"], escape(evidence))
        console.print(findings if decision["findings"] else "No rule spoke against it.")
    timeline = table("at", "to", "by", "why", "event", title="Timeline")
    for line in case["timeline"]:
        by, why = escape(line["by"]), escape(line["why"])
        timeline.add_row(line["at"], line["to_state"], by, why, line["event_id"] or "")
    console.print(timeline)


@case_app.command()
def verify(case_id: Annotated[str | None, typer.Argument(metavar="[ID]")] = None) -> None:
    """Check timelines and signatures, and judge each decision again: of one case, or of all. Exit 1 on any
    fault.
    """
    verifier = Verifier(load(VerifyKey).verify_key)
    checked, wrong = with_database(lambda database: _verify(database, verifier, case_id))
    if case_id and not checked:
        raise NotFound(f"there is no case {case_id}")
    typer.echo(f"{checked} cases checked, {wrong} with faults")
    if wrong:
        raise typer.Exit(1)


async def _verify(database: Database, verifier: Verifier, case_id: str | None) -> tuple[int, int]:
    policies = {found["_id"]: found["text"] async for found in database["policies"].find()}
    checked = wrong = 0
    async for case in database["cases"].find({"_id": case_id} if case_id else {}):
        checked += 1
        found = list(faults(case, verifier, policies))
        wrong += bool(found)
        for fault in found:
            typer.echo(f"{case['_id']}: {fault}")
    return checked, wrong
