"""Provenance, by what the candidate wrote: is it the no that the source reports, in words of their own?"""

from collections.abc import Iterable

from services.policy.context import Context, Finding
from services.policy.document import Policy
from services.policy.facts import Intent, Message

#: The replies around a no are asked of what was gathered since; decisions before that stay what they were.
_REPLIES_SINCE_EDITION = 5
_NO_CLEAR_NO: frozenset[Intent | None] = frozenset({"interested", "later", "unclear", "out_of_office"})
_NO_NO: frozenset[Intent | None] = frozenset({"interested", "later"})


def text_agrees(context: Context, _policy: Policy, /) -> Iterable[Finding]:
    """A no whose own words say something else needs a look, and so does one beside a reply that says
    something else: after the last message that the no can have answered, or after the no itself.

    Words that nobody read say nothing.
    """
    intent = context.reply_intent
    replies = _said_otherwise(context)
    if replies:
        yield Finding(
            code="provenance.text_disagrees",
            severity="hold",
            evidence={
                "intent": intent,
                "messages": [reply.id for reply in replies],
                "intents": [reply.intent for reply in replies],
            },
            says="The source reports a no, but what the candidate wrote around it says something else.",
        )
    elif intent in _NO_CLEAR_NO:
        yield Finding(
            code="provenance.text_disagrees",
            severity="hold",
            evidence={"intent": intent},
            says="The source reports a no, but the candidate's own words do not clearly say one.",
        )


def _said_otherwise(context: Context) -> list[Message]:
    """The replies around this no that are none; what answered an earlier message was said of that one."""
    if context.edition < _REPLIES_SINCE_EDITION:
        return []
    answered = max((sent.at for sent in context.outreach if sent.at < context.declined_at), default=None)
    return [
        message
        for message in context.messages
        if message.direction == "reply"
        and message.intent in _NO_NO
        and (answered is None or message.at >= answered)
    ]


def own_words(context: Context, policy: Policy, /) -> Iterable[Finding]:
    """Many people who decline in the same long words at one tenant are one hand, or a form."""
    others = context.sameness.decline if context.sameness is not None else 0
    most = policy.document.provenance.same_words_at
    if others >= most:
        yield Finding(
            code="provenance.same_words",
            severity="hold",
            evidence={"other_people": others, "hold_at": most},
            says="Many other people declined in the very same words.",
        )
