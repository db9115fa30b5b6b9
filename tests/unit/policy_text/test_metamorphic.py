"""What does not change a meaning never turns a refusal into a permission."""

import json
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from services.policy.document import load_base
from services.policy.rulebook import DEFAULT
from services.policy.text.lexicon import lexicon
from services.policy.text.thread import Turn, judge_thread

SETS = Path(__file__).parents[2] / "eval" / "sets"
THREADS = [json.loads(line) for line in (SETS / "threads.jsonl").read_text("utf-8").splitlines()]
POLICY = load_base(DEFAULT.read_text("utf-8"), "default")


def _typo(text: str) -> str:
    """Two letters of the longest word of ASCII letters change places."""
    words = re.findall(r"[A-Za-z]{6,}", text)
    if not words:
        return text
    longest = max(words, key=len)
    return text.replace(longest, longest[:2] + longest[3] + longest[2] + longest[4:], 1)


CHANGES: dict[str, Callable[[str], str]] = {
    "a polite frame": lambda text: f"Hello, I hope you are well. {text} Thank you and kind regards.",
    "capitals": str.upper,
    "other quotes": lambda text: text.replace("'", "\u2019").replace('"', "\u201d"),
    "full width": lambda text: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text),
    "a typo": _typo,
    "another name": lambda text: re.sub(r"^(Hi|Hello|Dear) [A-Z]\w+", r"\1 Zoltan", text),
}


def verdict(thread: list[dict[str, Any]], change: Callable[[str], str]) -> str:
    """What is said of a thread whose every text is changed."""
    turns = [
        Turn(turn["from"] == "recruiter", datetime.fromisoformat(turn["at"]), change(turn["text"]))
        for turn in thread
    ]
    return judge_thread(turns, None, None, lexicon(), POLICY).verdict


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_refused_stays_refused(change: str) -> None:
    """Over all threads that are to be denied and are."""
    denied = [
        line for line in THREADS if line["verdict"] == "deny" and verdict(line["thread"], str) == "deny"
    ]
    assert len(denied) > 150
    turned = [line["id"] for line in denied if verdict(line["thread"], CHANGES[change]) == "approve"]
    assert turned == []
