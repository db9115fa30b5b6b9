"""`make policy-eval`: the judgments on the labelled sets, costly errors first, beside the baselines in the
same run.
"""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer  # type: ignore[import-untyped]

from tests.eval import public
from tests.eval.judging import COMMANDS, Line, afterword, keywords_reply, keywords_thread, vader_thread

HERE = Path(__file__).parent
LABEL = {"threads": "verdict", "replies": "intent", "contents": "ok", "identity": "same"}
FOLDERS = {
    "sets": "sets open to the rules' authors",
    "held_out": "kept unread",
    "fresh": "written last and unread",
}
#: Costly errors, worst first: label, answer, what it is.
COSTLY = {
    "threads": (
        ("deny", "approve", "a thread to be denied is approved"),
        ("hold", "approve", "a thread to be held is approved"),
    ),
    "replies": (
        ("declined_permanent_optout", "declined_soft", "an opt-out is read as a soft decline"),
        ("hostile_optout", "declined_soft", "a hostile opt-out is read as a soft decline"),
        ("declined_permanent_optout", "later", "an opt-out is read as later"),
        ("declined_permanent_optout", "interested", "an opt-out is read as interest"),
        ("declined_permanent_optout", "unclear", "an opt-out is missed"),
    ),
    "contents": (("False", "True", "bad content is let through"),),
    "identity": (("False", "True", "two strangers are merged"),),
}
#: What must pass, or the system is useless.
USEFUL = {
    "threads": ("approve", "of those to be approved, approved"),
    "replies": ("declined_soft", "of soft declines, read as such"),
    "contents": ("True", "of good content, passed"),
    "identity": ("True", "of the same people, recognised"),
}


def _lines(folder: str, kind: str) -> list[Line]:
    text = (HERE / folder / f"{kind}.jsonl").read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]


def _report(console: Console, title: str, kind: str, labels: Sequence[str], answers: Sequence[str]) -> None:
    pairs = Counter(zip(labels, answers, strict=True))
    exact = sum(count for (label, answer), count in pairs.items() if label == answer)
    console.print(f"\n[bold]{title}[/bold]: {exact}/{len(labels)} exact, {exact / len(labels):.1%}")
    for label, answer, what in COSTLY[kind]:
        of = sum(count for (wanted, _), count in pairs.items() if wanted == label)
        console.print(f"  {pairs[label, answer]:4d} of {of:4d}  {what}")
    wanted, what = USEFUL[kind]
    of = sum(count for (label, _), count in pairs.items() if label == wanted)
    console.print(f"  {pairs[wanted, wanted] / of:6.1%} {what}")
    names = sorted(set(labels) | set(answers))
    table = Table("label \\ answer", *names)
    for name in names:
        table.add_row(name, *(str(pairs[name, answer] or "") for answer in names))
    console.print(table)


def _baselines(kind: str) -> dict[str, Callable[[Line], str]]:
    if kind == "replies":
        return {"a keyword list": keywords_reply}
    if kind == "threads":
        vader = SentimentIntensityAnalyzer()
        return {
            "a keyword list": keywords_thread,
            "VADER": vader_thread(lambda text: float(vader.polarity_scores(text)["compound"])),
        }
    return {}


def main() -> None:
    """Print the tables: the sets that the rules' authors may read, the ones kept unread, the public ones."""
    console = Console(width=150)
    for folder, what in FOLDERS.items():
        for kind in COMMANDS:
            lines = _lines(folder, kind)
            labels = [str(line[LABEL[kind]]) for line in lines]
            _report(console, f"{kind}, {what}", kind, labels, afterword(kind, lines))
            for name, judge in _baselines(kind).items():
                _report(console, f"{kind}, {what}: {name}", kind, labels, [judge(line) for line in lines])
    public.report(console, _baselines("threads"))


if __name__ == "__main__":
    main()
