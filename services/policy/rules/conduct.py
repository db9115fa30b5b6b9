"""Conduct: did anybody of the tenant press this person? The part that counts and times show, without words.

All recruiters of the tenant are one here: taking turns is no way round.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from services.policy.context import HISTORY_LIMIT, Context, Evidence, Finding
from services.policy.document import Policy
from services.policy.facts import EarlierDecline, Message

#: That a history may have been cut is asked of what was gathered since.
_SINCE_EDITION = 3
#: So is whose no it was that somebody wrote after, and whether it stood.
_WHOSE_SINCE_EDITION = 6


def whole_history(context: Context, _policy: Policy, /) -> Iterable[Finding]:
    """Only so much is remembered of one person: past that, what was pushed out may have been the worst."""
    kept = max(len(context.messages), len(context.earlier_declines) + 1)
    if context.edition >= _SINCE_EDITION and kept >= HISTORY_LIMIT:
        yield Finding(
            code="conduct.history_cut",
            severity="hold",
            evidence={"kept": kept, "hold_at": HISTORY_LIMIT},
            says="So much is on record between this tenant and this person that the oldest is not looked at.",
        )


def no_burst(context: Context, policy: Policy, /) -> Iterable[Finding]:
    """Three messages within 24 hours, anywhere in the history; the very end of the window is inside."""
    rules = policy.document.conduct
    window, count = timedelta(hours=rules.burst_window_hours), rules.burst_messages
    sent = context.outreach
    for first in range(len(sent) - count + 1):
        if sent[first + count - 1].at - sent[first].at > window:
            continue
        burst = [message for message in sent[first:] if message.at - sent[first].at <= window]
        yield Finding(
            code="conduct.burst",
            severity="deny",
            evidence={**_shown(burst), "window_hours": rules.burst_window_hours},
            says=f"{len(burst)} messages were sent within {rules.burst_window_hours} hours.",
        )
        return


def no_insisting(context: Context, policy: Policy, /) -> Iterable[Finding]:
    """Four messages before an answer deny and three hold, counted anew after each answer up to this no.

    An answer at the same time as a message does not come before it.
    """
    rules = policy.document.conduct
    longest = max(_unanswered(context), key=len)
    if len(longest) >= rules.unanswered_deny_at:
        yield Finding(
            code="conduct.insisted",
            severity="deny",
            evidence={**_shown(longest), "deny_at": rules.unanswered_deny_at},
            says=f"{len(longest)} messages were sent before there was an answer.",
        )
    elif len(longest) >= rules.unanswered_hold_at:
        yield Finding(
            code="conduct.reminded",
            severity="hold",
            evidence={**_shown(longest), "hold_at": rules.unanswered_hold_at},
            says=f"{len(longest)} messages were sent before there was an answer; a person should read them.",
        )


def no_writing_on(context: Context, _policy: Policy, /) -> Iterable[Finding]:
    """A message after any no of this person to this tenant, this one or an earlier one, whoever sent it.

    The company's own no is none of theirs, and neither is one that was taken back.
    """
    noes = _own_noes(context)
    if not noes:
        return
    first_no, case = min(noes)
    after = [message for message in context.outreach if message.at > first_no]
    if after:
        yield Finding(
            code="conduct.wrote_on",
            severity="deny",
            evidence={**_shown(after), "declined_at": first_no.isoformat(), "case": case},
            says="This person had said no already, and was written to again.",
        )


def one_channel_at_a_time(context: Context, policy: Policy, /) -> Iterable[Finding]:
    """Two channels within the window, its very end included; case in a channel's name does not matter."""
    hours = policy.document.conduct.channels_window_hours
    for one, other in pairwise(context.outreach):
        if _channel(one) != _channel(other) and other.at - one.at <= timedelta(hours=hours):
            yield Finding(
                code="conduct.several_channels",
                severity="deny",
                evidence={
                    **_shown([one, other]),
                    "channels": [_channel(one), _channel(other)],
                    "window_hours": hours,
                },
                says=f"This person was written to on two channels within {hours} hours.",
            )
            return


def no_mailing(context: Context, policy: Policy, /) -> Iterable[Finding]:
    """Templates are normal; the same words to hundreds of people in a day are a mailing, not outreach."""
    others = context.sameness.outreach if context.sameness is not None else 0
    most = policy.document.conduct.same_template_at
    if others >= most:
        yield Finding(
            code="conduct.mailing",
            severity="hold",
            evidence={"other_people": others, "hold_at": most},
            says="The message before this no went in the same words to very many others within a day.",
        )


def _own_noes(context: Context) -> list[tuple[datetime, str]]:
    judged = EarlierDecline(
        case=context.case,
        at=context.declined_at,
        recruiter=context.recruiter,
        who=context.who,
        withdrawn_at=context.withdrawn_at,
    )
    return [
        (no.at, no.case)
        for no in (*context.earlier_declines, judged)
        if context.edition < _WHOSE_SINCE_EDITION or (no.who != "company" and no.withdrawn_at is None)
    ]


def _unanswered(context: Context) -> list[list[Message]]:
    runs: list[list[Message]] = [[]]
    known = (message for message in context.messages if message.at <= context.declined_at)
    for message in sorted(known, key=lambda message: (message.at, message.direction == "reply")):
        if message.direction == "outreach":
            runs[-1].append(message)
        elif runs[-1]:
            runs.append([])
    return runs


def _channel(message: Message) -> str:
    return message.channel.strip().casefold()


def _shown(messages: Sequence[Message]) -> Evidence:
    return {
        "messages": [message.id for message in messages],
        "times": [message.at.isoformat() for message in messages],
    }
