"""Judgments for the evaluation: Afterword's own commands, and the baselines that it is held against."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Line = Mapping[str, Any]
#: Command, what of a line it is given, and the field of its answer that is compared.
COMMANDS: dict[str, tuple[tuple[str, ...], tuple[str, ...], str]] = {
    "threads": (("policy", "judge"), ("id", "thread", "declined_at", "note"), "verdict"),
    "replies": (("policy", "reply"), ("id", "text"), "intent"),
    "contents": (("policy", "content"), ("id", "text", "field", "company"), "ok"),
    "identity": (("identity", "same"), ("id", "a", "b"), "same"),
}


def afterword(kind: str, lines: Sequence[Line]) -> list[str]:
    """What the `afterword` command says of each line, in order."""
    command, given, field = COMMANDS[kind]
    asked = [{name: line[name] for name in given if name in line} for line in lines]
    done = subprocess.run(
        [sys.executable, "-m", "services.console.main", *command, "--json"],
        input="\n".join(json.dumps(line, ensure_ascii=False) for line in asked) + "\n",
        capture_output=True,
        text=True,
        check=True,
    )
    return [str(json.loads(answer)[field]) for answer in done.stdout.splitlines()]


_OPT_OUT = re.compile(
    r"\b(unsubscribe|remove me|stop|opt.?out|do not contact|don'?t contact"
    r"|never contact|delete my|leave me alone)\b",
    re.IGNORECASE,
)
_NO = re.compile(
    r"\b(not interested|no thank|no,? thanks|not looking|pass on this|decline|happy where)\b", re.IGNORECASE
)
_RUDE = re.compile(r"\b(fuck|idiot|stupid|spam|lawyer|sue|harass\w*)\b", re.IGNORECASE)
_PUSHY = re.compile(
    r"\b(urgent|last chance|immediately|mistake|regret|ignor\w+ me|disappoint\w+|must|asap)\b", re.IGNORECASE
)


def keywords_reply(line: Line) -> str:
    """A keyword list, as anybody would write one in an hour."""
    text = line["text"]
    if _RUDE.search(text):
        return "hostile_optout"
    if _OPT_OUT.search(text):
        return "declined_permanent_optout"
    return "declined_soft" if _NO.search(text) else "unclear"


def keywords_thread(line: Line) -> str:
    """The same for a thread."""
    said = {
        side: "\n".join(turn["text"] for turn in line["thread"] if turn["from"] == side)
        for side in ("recruiter", "candidate")
    }
    if (
        _PUSHY.search(said["recruiter"])
        or _OPT_OUT.search(said["candidate"])
        or _RUDE.search(said["candidate"])
    ):
        return "deny"
    return "approve" if _NO.search(said["candidate"]) else "hold"


def vader_thread(score: Callable[[str], float]) -> Callable[[Line], str]:
    """VADER on the recruiter's words: hostile tone denies, a sour one holds."""

    def judge(line: Line) -> str:
        tone = score("\n".join(turn["text"] for turn in line["thread"] if turn["from"] == "recruiter"))
        return "deny" if tone <= -0.05 else "approve"

    return judge
