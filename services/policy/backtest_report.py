"""What came of comparing policies, for a person, for a machine, and as a page that stands alone.

Pure but for the template, which is read once.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from rich.console import Console

from services.policy.compare import Difference, RuleChange, Tally
from services.policy.context import Outcome
from shared.tables import table

VERDICTS: tuple[Outcome, ...] = ("approve", "hold", "deny")
#: Width of the charts' plots, in the units of their view boxes.
_PLOT = 560


def as_json(tally: Tally) -> dict[str, Any]:
    """The whole tally as plain values, rules in the order of by_rule."""
    return {
        "cases": tally.cases,
        "changed": tally.changed,
        "other_reasons": tally.other_reasons,
        "unreadable": tally.unreadable,
        "verdicts": [
            {"before": before, "after": after, "cases": count}
            for (before, after), count in sorted(tally.verdicts.items())
        ],
        "rules": [{"code": code, **_rule(change)} for code, change in tally.by_rule()],
    }


def _rule(change: RuleChange) -> dict[str, Any]:
    return {
        "appears": change.appears,
        "disappears": change.disappears,
        "weighs_otherwise": change.weighs_otherwise,
        "changed": [
            {"before": before, "after": after, "cases": count}
            for (before, after), count in sorted(change.moved.items())
        ],
        "examples": [_example(one) for one in change.examples],
    }


def _example(one: Difference) -> dict[str, Any]:
    return {
        "case": one.case,
        "before": one.before,
        "after": one.after,
        "gone": [f"{code} ({severity})" for code, severity in sorted(one.gone)],
        "new": [f"{code} ({severity})" for code, severity in sorted(one.new)],
    }


def print_tally(console: Console, tally: Tally) -> None:
    """The tally as tables."""
    console.print(
        f"{tally.cases} cases: [bold]{tally.changed}[/bold] with another verdict, "
        f"{tally.other_reasons} with the same for other reasons"
    )
    if tally.unreadable:
        console.print(
            f"[bold red]{len(tally.unreadable)} could not be read[/bold red], such as {tally.unreadable[0]}"
        )
    moved = table("before", "after", "cases", title="Other verdicts")
    for (before, after), count in sorted(tally.verdicts.items()):
        if before != after:
            moved.add_row(before, after, str(count))
    if moved.row_count:
        console.print(moved)
    rules = table("rule", "appears", "disappears", "weighs otherwise", "other verdicts", "such as")
    for code, change in tally.by_rule():
        rules.add_row(
            code,
            str(change.appears),
            str(change.disappears),
            str(change.weighs_otherwise),
            ", ".join(f"{count} {b} → {a}" for (b, a), count in sorted(change.moved.items())) or "none",
            "\n".join(one.case for one in change.examples[:2]),
        )
    if rules.row_count:
        console.print(rules)


@dataclass(frozen=True, slots=True)
class Bar:
    """A piece of a chart, in the units of its view box."""

    x: float
    width: float
    kind: str
    count: int


def _stack(parts: Mapping[str, int], whole: int) -> Iterator[Bar]:
    at = 0.0
    for kind, count in parts.items():
        width = _PLOT * count / whole if whole else 0.0
        if count:
            yield Bar(round(at, 2), round(width, 2), kind, count)
        at += width


def html(tally: Tally, about: Mapping[str, str]) -> str:
    """A page with charts and the same numbers as tables, that loads nothing and runs no script.

    `about` is shown on top, line by line.
    """
    rules = tally.by_rule()
    most = max((change.cases for _, change in rules), default=0)
    page = Environment(
        loader=PackageLoader("services.policy"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    ).get_template("backtest.html")
    return page.render(
        about=about,
        tally=tally,
        verdicts=VERDICTS,
        rules=[(code, change, [_example(one) for one in change.examples]) for code, change in rules],
        before=list(_stack(_sums(tally, 0), tally.cases)),
        after=list(_stack(_sums(tally, 1), tally.cases)),
        sums=(_sums(tally, 0), _sums(tally, 1)),
        bars=[(code, list(_stack(_parts(change), most)), change.cases) for code, change in rules],
    )


def _sums(tally: Tally, side: int) -> dict[str, int]:
    return {
        verdict: sum(count for pair, count in tally.verdicts.items() if pair[side] == verdict)
        for verdict in VERDICTS
    }


def _parts(change: RuleChange) -> dict[str, int]:
    return {
        "appears": change.appears,
        "weighs otherwise": change.weighs_otherwise,
        "disappears": change.disappears,
    }
