"""The labelled texts that the weights are learnt from."""

import hashlib
import json
from pathlib import Path
from typing import Any

from services.policy.text.lexicon import lexicon
from services.policy.text.scorer import GROUPS

HERE = Path(__file__).parent
_OPEN_SETS = {"replies": "replies", "content": "contents", "labels": "contents"}

Line = dict[str, Any]


def lines_of(group: str) -> list[Line]:
    """The labelled texts of a group, and those of the open sets that are of its kind."""
    files = sorted((HERE / "training" / group).glob("*.jsonl"))
    lines = [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]
    if group in _OPEN_SETS:
        opened = (HERE / "sets" / f"{_OPEN_SETS[group]}.jsonl").read_text("utf-8")
        also = [json.loads(line) for line in opened.splitlines()]
        lines += [line | {"tells": GROUPS[group][:1]} for line in also if _is_of(group, line)]
    return lines + _examples() if group == "replies" else lines


def _is_of(group: str, line: Line) -> bool:
    """Names, titles and companies are weighed apart."""
    return bool(line.get("field", "note") != "note") == (group == "labels")


def _examples() -> list[Line]:
    """What the rules of the languages give as examples of an intent."""
    return [
        {"text": text, "intent": _INTENTS[rule.meaning], "tells": GROUPS["replies"][:1]}
        for rule in lexicon().rules
        if rule.meaning in _INTENTS
        for text in rule.entry.examples
    ]


_INTENTS = {
    "reply.decline": "declined_soft",
    "reply.opt_out": "declined_permanent_optout",
    "reply.hostile": "hostile_optout",
    "reply.legal": "hostile_optout",
    "reply.later": "later",
    "reply.interested": "interested",
    "reply.out_of_office": "out_of_office",
}


def digest() -> str:
    """What the texts and their labels are, in 64 hex digits: other texts, another digest."""
    said = [json.dumps([group, *lines_of(group)], sort_keys=True) for group in GROUPS]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()
