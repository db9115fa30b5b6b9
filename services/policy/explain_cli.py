"""`afterword case explain`: one decision as a short page, with the proof that it can be repeated."""

import json
from collections.abc import Mapping
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
from services.policy.spoken import Spans, read_again, words_of
from services.policy.text.lexicon import lexicon
from shared.clock import SystemClock
from shared.decision import Verifier
from shared.errors import NotFound
from shared.settings import VaultKeys, VerifyKey, load
from shared.store import audit
from shared.store.client import Database
from shared.store.session import with_database
from shared.vault import Keyring, Vault

app = typer.Typer()


@app.command(name="explain")
def explain_case(
    case_id: Annotated[str, typer.Argument(metavar="ID")],
    *,
    json_wanted: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    with_words: Annotated[
        bool, typer.Option("--with-words", help="The words too that the findings rest on.")
    ] = False,
    by: Annotated[str, typer.Option(help="Who asks for the words; kept.")] = "",
    reason: Annotated[str, typer.Option(help="Why; kept.")] = "",
) -> None:
    """Tell why a case was decided so, how far it was from otherwise, and prove it by judging it again.

    What was written is opened for a reason only: it takes the vault's keys, and who asked is kept. Exit 1
    where the proof fails.
    """
    verifier = Verifier(load(VerifyKey).verify_key)
    if with_words and not (by.strip() and reason.strip()):
        raise typer.BadParameter("--by and --reason are expected with it", param_hint="--with-words")
    vault = Vault(Keyring.parse(load(VaultKeys).vault_keys.get_secret_value())) if with_words else None

    async def work(database: Database) -> tuple[Explanation, Mapping[str, Spans] | None]:
        case = await database["cases"].find_one({"_id": case_id})
        if case is None:
            raise NotFound(f"there is no case {case_id}")
        policies = {found["_id"]: found["text"] async for found in database["policies"].find()}
        log = await Releases(database).read()
        told = explain(case, verifier, policies, ledger(log.steps).releases.values())
        if vault is None:
            return told, None
        at, who = SystemClock().now(), by.strip()
        await audit.keep(database, what="case explain", of=case_id, by=who, why=reason.strip(), at=at)
        return told, await read_again(database, (found for found, _ in told.findings), vault, lexicon())

    told, read = with_database(work)
    if json_wanted:
        typer.echo(json.dumps(_plain(told, read), indent=2))
    else:
        _print(told, read)
    if not told.holds:
        raise typer.Exit(1)


def _plain(told: Explanation, read: Mapping[str, Spans] | None) -> dict[str, Any]:
    return {
        "case": told.case,
        "state": told.state,
        "verdict": told.verdict,
        "version": told.version,
        "at": told.at,
        "released": told.released.model_dump(mode="json", exclude={"text"}) if told.released else None,
        "looked_at": dict(told.looked_at),
        "findings": [
            {
                **found.model_dump(mode="json"),
                "differs": asdict(far) if far else None,
                **({} if read is None else {"words": words_of(found, read)}),
            }
            for found, far in told.findings
        ],
        "decisive": list(told.decisive),
        "proofs": [asdict(proof) for proof in told.proofs],
        "faults": list(told.faults),
        "holds": told.holds,
    }


def _print(told: Explanation, read: Mapping[str, Spans] | None) -> None:
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
        for words in words_of(found, read) if read is not None else ():
            console.print(Padding(f"words: {words}", (0, 0, 0, 6)), markup=False)
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
