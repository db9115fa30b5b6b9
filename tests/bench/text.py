"""`make bench-text`: what the text judgments cost, beside a keyword list and VADER in the same run.

Times are of the processor and not of the clock, so that a busy machine spoils them less. The first texts are
pieces of many replies of many languages in a row, which hit many rules; each is met once before it counts. An
honest reply is of one language and one intent, and counts when it is new to a judge that has read others, and
when it is met again. Start and memory are of fresh processes.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer  # type: ignore[import-untyped]

from services.policy.document import Policy, load_base
from services.policy.rulebook import DEFAULT
from services.policy.text.lexicon import Lexicon, lexicon
from services.policy.text.reply import understand
from services.policy.text.thread import Turn, judge_thread
from tests.eval.judging import keywords_reply

LENGTH = 400
MONDAY = datetime(2026, 5, 4, 9, tzinfo=UTC)
EVAL = Path(__file__).parent.parent / "eval"
#: Honest texts of each language, and how many of them are read before any counts.
EACH, READ_BEFORE = 60, 40
#: What an attacker may send to keep the judge busy, each to be as long as what is read at all.
HOSTILE = {
    "one letter": "a",
    "blanks": " ",
    "letters spaced out": "s ",
    "half an opt-out": "please do not ",
    "words torn by dots": "do. not. ",
    "misspelt words": "unsubcsribe remvoe contcat ",
    "ends of lines": "> \n",
    "marks without end": "e\u0301\u0302",
    "look-alikes": "\u0430a\u0435e ",
    "invisible letters": "s\u200bt\u200bo\u200bp ",
    "three scripts": "stop \u0441\u0442\u043e\u043f \u505c\u6b62 ",
}
_FRESH = """
import json, time
from pathlib import Path
def highest():
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
bare, began = highest(), time.process_time()
from services.policy.text.conduct import findings
from services.policy.text.content import examine
from services.policy.text.lexicon import lexicon
from services.policy.text.prepared import prepared
from services.policy.text.reply import understand
from services.policy.text.scorer import scales
if {model}:
    prepared()
scales()
understand("Thank you, but no.", lexicon())
findings("Would you like to talk?", lexicon(), where="")
examine("Thank you.", "note", lexicon())
print(json.dumps([time.process_time() - began, highest() - bare]))
"""


def texts() -> list[str]:
    """Replies of the evaluation in a row, cut to the length that is measured."""
    lines = (EVAL / "sets" / "replies.jsonl").read_text("utf-8").splitlines()
    together = " ".join(json.loads(line)["text"] for line in lines)
    return [together[at : at + LENGTH] for at in range(0, len(together) - LENGTH, LENGTH)]


def honest(language: str) -> list[str]:
    """Plain noes of one language, joined until they are of the length that is measured."""
    lines = (EVAL / "training" / "replies" / f"{language}.jsonl").read_text("utf-8").splitlines()
    noes = iter([said["text"] for said in map(json.loads, lines) if said["intent"] == "declined_soft"])
    joined: list[str] = []
    while len(joined) < EACH:
        text = ""
        while len(text) < LENGTH:
            text += next(noes) + " "
        joined.append(text[:LENGTH])
    return joined


def thread(text: str) -> list[Turn]:
    """Outreach, a reminder, and an answer."""
    first = (
        "Hi Anna, our client in Leeds is looking for a backend engineer. Would that interest you? Best, Tom"
    )
    second = "Hi Anna, did my message reach you? No hurry at all. Best wishes, Tom"
    said = ((True, 0, first), (True, 3, second), (False, 4, text))
    return [Turn(recruiter, MONDAY + timedelta(days=days), words) for recruiter, days, words in said]


def timed(judge: Callable[[str], object], text: str) -> float:
    """Microseconds of processor time."""
    began = time.thread_time_ns()
    judge(text)
    return (time.thread_time_ns() - began) / 1000


def measured(judge: Callable[[str], object], given: Sequence[str], rounds: int) -> tuple[float, float]:
    """Median and 99th percentile in microseconds of processor time."""
    for text in given:
        judge(text)
    took = [timed(judge, text) for _ in range(rounds) for text in given]
    return statistics.median(took), statistics.quantiles(took, n=100)[98]


def fresh(rounds: int, *, model: bool) -> tuple[float, float]:
    """Seconds of the processor and megabytes over the bare interpreter, until each judgment was made once.

    `model`: with the statistical model of languages, which a service loads and a command may never need.
    """
    runs = []
    for _ in range(rounds):
        code = _FRESH.replace("{model}", str(model))
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
        runs.append(json.loads(done.stdout))
    return statistics.median(run[0] for run in runs), statistics.median(run[1] for run in runs) / 1024


def worst(rules: Lexicon) -> dict[str, float]:
    """Milliseconds of the processor for the longest text of each nasty shape, met for the first time."""
    took: dict[str, float] = {}
    for name, piece in HOSTILE.items():
        text = (piece * 20_000)[:20_000]
        began = time.thread_time_ns()
        understand(text, rules)
        took[name] = (time.thread_time_ns() - began) / 1_000_000
    return took


def _judges(rules: Lexicon, policy: Policy) -> dict[str, Callable[[str], object]]:
    vader = SentimentIntensityAnalyzer()
    return {
        "a reply": lambda text: understand(text, rules),
        "a thread of 3 messages, all families": lambda text: judge_thread(
            thread(text), None, None, rules, policy
        ),
        "a keyword list, a reply": lambda text: keywords_reply({"text": text}),
        "VADER, a reply": vader.polarity_scores,
    }


def print_honest(given: Sequence[str], rules: Lexicon, policy: Policy, rounds: int) -> None:
    """What the first ones leave to be learnt from new ones, and what is left when they are met again."""
    before, new = given[:READ_BEFORE], given[READ_BEFORE:]
    judges = _judges(rules, policy)
    reply, whole = judges["a reply"], judges["a thread of 3 messages, all families"]
    measured(reply, before, 1)
    first = [timed(reply, text) for text in new]
    print(f"  a reply, new: median {statistics.median(first):.0f} us, highest {max(first):.0f} us")
    for name, judge in (("a reply, met again", reply), ("a thread of 3 messages, met again", whole)):
        median, high = measured(judge, given, rounds)
        print(f"  {name}: median {median:.0f} us, p99 {high:.0f} us")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="make bench-text", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    for model, what in ((False, "start in a fresh process"), (True, "with the model of languages")):
        seconds, megabytes = fresh(options.rounds, model=model)
        print(f"{what}: {seconds:.2f} s, {megabytes:.0f} MB over the bare interpreter")
    given, rules = texts(), lexicon()
    policy = load_base(DEFAULT.read_text("utf-8"), DEFAULT.name)
    print(f"{len(given)} texts of {LENGTH} letters, {options.rounds} times:")
    for name, judge in _judges(rules, policy).items():
        median, high = measured(judge, given, options.rounds)
        print(f"  {name}: median {median:.0f} us, p99 {high:.0f} us")
    for language in ("en", "de"):
        print(f"honest noes of {LENGTH} letters, {language}:")
        print_honest(honest(language), rules, policy, options.rounds)
    print("20,000 hostile letters, read once:")
    for name, milliseconds in sorted(worst(rules).items(), key=lambda pair: -pair[1]):
        print(f"  {name}: {milliseconds:.0f} ms")


if __name__ == "__main__":
    main()
