"""Words: what was read in the messages themselves. The reading is done once, when a message comes in.

Here only its marks are weighed, so a decision never holds anybody's words and can still be judged again.
"""

from collections.abc import Iterable

from services.policy.context import Context, Finding
from services.policy.document import Policy
from services.policy.facts import Mark


def outreach_was_decent(context: Context, _policy: Policy, /) -> Iterable[Finding]:
    """Whatever a recruiter of this tenant wrote to this person: pressure, guilt, threats, insults and their
    like.
    """
    for message in context.outreach:
        yield from (_finding(mark, message.id) for mark in message.marks)


def answers_allow(context: Context, _policy: Policy, /) -> Iterable[Finding]:
    """What the candidate's own words say beside the no: a wish, a grief, an age, a question, hidden
    letters.
    """
    for message in context.messages:
        if message.direction == "reply":
            yield from (_finding(mark, message.id) for mark in message.marks)
    yield from (_finding(mark, context.event_id) for mark in context.reply_marks)


def _finding(mark: Mark, where: str) -> Finding:
    return Finding(
        code=mark.code,
        severity=mark.severity,
        evidence={"message": where, "rule": mark.rule},
        says=mark.says,
    )
