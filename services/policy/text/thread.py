"""A whole conversation judged: who wrote how often and when, and what the words say."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.policy.context import Context, Finding, Outcome
from services.policy.document import Policy
from services.policy.facts import Intent, Message, Severity, Volume
from services.policy.rules import conduct as structure
from services.policy.text import conduct
from services.policy.text.content import examine
from services.policy.text.datafile import Meaning
from services.policy.text.lexicon import Lexicon
from services.policy.text.reply import Reply, understand
from services.policy.text.said import Said

_RANK: dict[Severity, int] = {"deny": 0, "hold": 1, "note": 2}
_NO: frozenset[Intent] = frozenset({"declined_soft", "declined_permanent_optout", "hostile_optout"})
_DENIES: frozenset[Meaning] = frozenset({"reply.opt_out", "reply.hostile", "reply.legal"})
#: Whenever they were said, they matter; anything else only in the latest answer.
_EVER: frozenset[Meaning] = frozenset(
    {
        "reply.life_event",
        "reply.minor",
        "reply.machine",
        "reply.data_source",
        "reply.irritated",
        "reply.sarcasm",
    }
)
_NOTES: frozenset[Meaning] = frozenset({"reply.decline", "reply.keep_in_mind"})
_STRUCTURE = (
    structure.no_burst,
    structure.no_insisting,
    structure.no_writing_on,
    structure.one_channel_at_a_time,
)


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a thread."""

    recruiter: bool
    at: datetime
    text: str
    channel: str = "thread"


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict on a thread, with its findings, worst first."""

    verdict: Outcome
    findings: tuple[Finding, ...]


def judge_thread(
    turns: Sequence[Turn], declined_at: datetime | None, note: str | None, lexicon: Lexicon, policy: Policy
) -> Judged:
    """Judge a thread as if provenance and permits were in order. `note` is the line that is to be sent."""
    ordered = sorted(enumerate(turns), key=lambda numbered: numbered[1].at)
    replies = [(turn, understand(turn.text, lexicon)) for _, turn in ordered if not turn.recruiter]
    found = list(_replies(ordered, replies))
    for number, turn in ordered:
        if turn.recruiter:
            found += conduct.findings(turn.text, lexicon, where=str(number))
    context = _context(ordered, _declined(ordered, replies, declined_at))
    if context is not None:
        found += [finding for rule in _STRUCTURE for finding in rule(context, policy)]
    if note is not None:
        found += examine(note, "note", lexicon).findings
    found.sort(key=lambda finding: (_RANK[finding.severity], finding.code))
    severities = {finding.severity for finding in found}
    verdict: Outcome = "deny" if "deny" in severities else "hold" if "hold" in severities else "approve"
    return Judged(verdict, tuple(found))


def _declined(
    ordered: Sequence[tuple[int, Turn]], replies: Sequence[tuple[Turn, Reply]], given: datetime | None
) -> datetime | None:
    """The first no: what comes after it comes too late."""
    said = [turn.at for turn, reply in replies if reply.intent in _NO]
    if given is not None:
        said.append(given)
    if said:
        return min(said)
    return max((turn.at for _, turn in ordered), default=None)


def _replies(ordered: Sequence[tuple[int, Turn]], replies: Sequence[tuple[Turn, Reply]]) -> Iterable[Finding]:
    if not replies:
        yield _finding("reply.none", "hold", "", "There is no answer, so nobody said no.")
        return
    asked = [turn.at for _, turn in ordered if turn.recruiter and turn.at < replies[-1][0].at]
    answers = [reply for turn, reply in replies if not asked or turn.at > max(asked)]
    latest = [reply for reply in answers if reply.intent != "out_of_office"] or answers
    for _, reply in replies:
        yield from standing(reply, now=reply in latest)
    last = latest[-1]
    if last.intent != "declined_soft":  # also beside a no before it, which may be taken back
        yield _finding(f"reply.{last.intent}", "hold", last.evidence, _INTENTS[last.intent])


def standing(reply: Reply, *, now: bool) -> Iterable[Finding]:
    """What an answer says beside its intent. `now`: it is the latest, so passing things in it count too."""
    for said in reply.said:
        if said.meaning in _DENIES:
            yield _from(said, "deny")
        elif said.meaning not in _NOTES and (now or said.meaning in _EVER):
            yield _from(said, "hold")
    if reply.quoted_optout:
        says = "Words that ask to be left alone stand in quoted text; a person must see whose they are."
        yield _finding("reply.quoted_opt_out", "hold", reply.quoted_optout, says)
    if now and not reply.covered:
        says = "The answer is in a language without a full set of rules."
        yield _finding("reply.language", "hold", reply.language, says)
    if reply.oddities & {"direction", "mixed_script", "too_long"}:
        says = "The answer carries hidden or disguised letters."
        yield _finding("reply.disguised", "hold", ", ".join(sorted(reply.oddities)), says)


_INTENTS: dict[Intent, str] = {
    "declined_soft": "The answer is a plain no.",
    "declined_permanent_optout": "The answer asks not to be written to again.",
    "hostile_optout": "The answer is hostile or threatens with the law.",
    "later": "The answer names a later time, which is no clear no.",
    "interested": "The answer shows interest.",
    "out_of_office": "The answer was sent by a machine while the person is away.",
    "unclear": "The answer is not a clear no.",
}


def _from(said: Said, severity: Severity) -> Finding:
    return Finding(
        code=said.meaning,
        severity=severity,
        evidence={"words": said.words, "rule": said.rule},
        says=said.means,
    )


def _finding(code: str, severity: Severity, words: str, says: str) -> Finding:
    return Finding(code=code, severity=severity, evidence={"words": words}, says=says)


def _context(ordered: Sequence[tuple[int, Turn]], declined_at: datetime | None) -> Context | None:
    if declined_at is None:
        return None
    end = max([declined_at, *(turn.at for _, turn in ordered)]) + timedelta(seconds=1)
    return Context(
        case="thread", tenant="thread", source="thread", source_kind="thread", event_id="thread",
        now=end, received_at=end, declined_at=declined_at, who="candidate", stage=None, reason=None, recruiter=None,
        keys=(), earlier_declines=(), withdrawn_at=None, stops=(), claims=(), contacts=(), review=None,
        not_before=None, follow_up_wanted=None, tangled=False,
        volume=Volume(recruiter_day=0, tenant_day=0, source_day=0, recruiter_hour=0, recruiter_declines_30d=0,
                      recruiter_outreach_30d=0),
        messages=tuple(
            Message(id=str(number), at=turn.at, direction="outreach" if turn.recruiter else "reply",
                    channel=turn.channel, recruiter=None)
            for number, turn in ordered
        ),
    )  # fmt: skip
