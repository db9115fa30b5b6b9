"""`afterword policy judge|reply|content` and `afterword identity same`: a line of JSON in, an answer out."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

import typer
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from services.policy.context import Finding
from services.policy.document import load_base
from services.policy.facts import ToldMoment
from services.policy.lines import answer_lines
from services.policy.policy_cli import policy
from services.policy.rulebook import DEFAULT
from services.policy.same_person import Described, compare
from services.policy.text.content import examine
from services.policy.text.lexicon import lexicon
from services.policy.text.reply import understand
from services.policy.text.thread import Turn, judge_thread

identity = typer.Typer(name="identity", help="Tell people apart.", no_args_is_help=True)

_Lines = Annotated[
    Path | None,
    typer.Argument(metavar="[FILE]", help="JSON lines; else standard input.", show_default=False),
]
_AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]
_COLOURS = {"approve": "green", "hold": "yellow", "deny": "red"}


def _id(value: object) -> object:
    """True is no number, and 5.0 would come back as another id."""
    if isinstance(value, str | int) and not isinstance(value, bool):
        return value
    raise PydanticCustomError("id", "a string or a whole number is expected")


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str | int, BeforeValidator(_id)]


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    sender: Annotated[Literal["recruiter", "candidate"], Field(alias="from")]
    at: ToldMoment
    text: str
    channel: str = "thread"


class _Thread(_Line):
    thread: Annotated[tuple[_Said, ...], Field(min_length=1)]
    declined_at: ToldMoment | None = None
    note: str | None = None


class _Reply(_Line):
    text: str


class _Content(_Line):
    text: str
    field: Literal["note", "name", "title", "company"]
    company: str | None = None


class _Pair(_Line):
    a: Described
    b: Described


def _shown(findings: tuple[Finding, ...]) -> list[dict[str, object]]:
    return [
        {
            "code": finding.code,
            "severity": finding.severity,
            "evidence": finding.evidence.get("words") or dict(finding.evidence),
            "says": finding.says,
        }
        for finding in findings
    ]


@policy.command()
def judge(file: _Lines = None, *, as_json: _AsJson = False) -> None:
    """Judge threads, as if provenance and permits were in order: approve, hold or deny, and why.

    A line is {"id", "thread": [{"from", "at", "text"}], "declined_at"?, "note"?}. Exit 2 on a malformed one.
    """
    words, rules = lexicon(), load_base(DEFAULT.read_text("utf-8"), DEFAULT.name)

    def answer(line: _Thread) -> dict[str, object]:
        turns = [Turn(said.sender == "recruiter", said.at, said.text, said.channel) for said in line.thread]
        judged = judge_thread(turns, line.declined_at, line.note, words, rules)
        return {"id": line.id, "verdict": judged.verdict, "findings": _shown(judged.findings)}

    answer_lines(file, _Thread, answer, _printer("verdict") if not as_json else None)


@policy.command()
def reply(file: _Lines = None, *, as_json: _AsJson = False) -> None:
    """Tell what candidates said: a line is {"id", "text"}. Exit 2 on a malformed one."""
    words = lexicon()

    def answer(line: _Reply) -> dict[str, object]:
        found = understand(line.text, words)
        return {"id": line.id, "intent": found.intent, "language": found.language, "evidence": found.evidence}

    answer_lines(file, _Reply, answer, _printer("intent") if not as_json else None)


@policy.command()
def content(file: _Lines = None, *, as_json: _AsJson = False) -> None:
    """Tell whether texts may be sent: a line is {"id", "text", "field", "company"?}.

    Exit 2 on a malformed line.
    """
    words = lexicon()

    def answer(line: _Content) -> dict[str, object]:
        examined = examine(line.text, line.field, words, line.company)
        return {"id": line.id, "ok": examined.ok, "findings": _shown(examined.findings)}

    answer_lines(file, _Content, answer, _printer("ok") if not as_json else None)


@identity.command()
def same(file: _Lines = None, *, as_json: _AsJson = False) -> None:
    """Tell whether two descriptions are one person: a line is {"id", "a": {...}, "b": {...}}.

    Each has any of name, email, profile_url, phone, region, external_id. Exit 2 on a malformed line.
    """

    def answer(line: _Pair) -> dict[str, object]:
        found = compare(line.a, line.b)
        return {"id": line.id, "same": found.same, "findings": _shown(found.findings)}

    answer_lines(file, _Pair, answer, _printer("same") if not as_json else None)


def _printer(main: str) -> Callable[[dict[str, object]], None]:
    """For a person: the answer first, then what was found, a line each."""

    def show(answered: dict[str, object]) -> None:
        found = answered[main]
        said = str(found) if not isinstance(found, bool) else "yes" if found else "no"
        colour = _COLOURS.get(said, "cyan")
        more = " ".join(str(answered[name]) for name in ("language", "evidence") if answered.get(name))
        typer.echo(
            f"{answered['id']}: " + typer.style(said, fg=colour, bold=True) + (f"  {more}" if more else "")
        )
        findings = answered.get("findings")
        for finding in findings if isinstance(findings, list) else []:
            typer.echo(
                f"    {finding['severity']:5} {finding['code']}: {finding['says']}  [{finding['evidence']}]"
            )

    return show
