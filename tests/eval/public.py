"""Public sets of abusive and ordinary posts, each judged as if a recruiter had sent it."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.eval.judging import Line, afterword

HERE = Path(__file__).parent / "public_sets"


@dataclass(frozen=True, slots=True)
class Post:
    """A post, and whether its labellers found it abusive."""

    text: str
    abusive: bool


def surge() -> list[Post]:
    """English: half toxic, half not."""
    with (HERE / "surge_toxicity_en.csv").open(encoding="utf-8", newline="") as file:
        return [Post(row["text"], row["is_toxic"] == "Toxic") for row in csv.DictReader(file)]


def germeval() -> list[Post]:
    """German: a third offensive."""
    lines = (HERE / "germeval2018_de.tsv").read_text("utf-8").splitlines()
    return [Post(text, label == "OFFENSE") for text, label, _ in (line.split("\t") for line in lines)]


#: The set, and the no that its posts are answered with.
SETS: dict[str, tuple[Callable[[], list[Post]], str]] = {
    "surge toxicity, English": (surge, "Thank you, but I am not interested."),
    "GermEval 2018, German": (germeval, "Vielen Dank, aber ich habe kein Interesse."),
}


def report(console: Console, baselines: dict[str, Callable[[Line], str]]) -> None:
    """Prints how much of the abuse each judge lets pass, and how much of the rest it stops."""
    table = Table("public set", "judge", "abusive, approved", "others, approved")
    for title, (posts_of, answer) in SETS.items():
        posts = posts_of()
        lines = [_thread(post.text, answer) for post in posts]
        table.add_row(title, "Afterword", *_shares(posts, afterword("threads", lines)))
        for name, judge in baselines.items():
            table.add_row("", name, *_shares(posts, [judge(line) for line in lines]))
    console.print(table)


def _thread(text: str, answer: str) -> Line:
    said = (("recruiter", "2026-03-02T09:00:00Z", text), ("candidate", "2026-03-03T09:00:00Z", answer))
    return {"id": "post", "thread": [{"from": who, "at": at, "text": words} for who, at, words in said]}


def _shares(posts: Sequence[Post], verdicts: Sequence[str]) -> tuple[str, str]:
    shares = []
    for abusive in (True, False):
        mine = [verdict for post, verdict in zip(posts, verdicts, strict=True) if post.abusive is abusive]
        shares.append(f"{mine.count('approve')} of {len(mine)}")
    return shares[0], shares[1]
