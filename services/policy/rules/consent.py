"""Consent: did this person say, anywhere and to anybody, that nothing should be written to them?"""

from collections.abc import Iterable

from services.policy.context import Context, Finding
from services.policy.document import Policy
from services.policy.facts import Intent, StopKind

#: What each standing wish or fact is called in findings, and means to a recruiter. None is for choosing.
_STOPS: dict[StopKind, tuple[str, str]] = {
    "opt_out": ("consent.opted_out", "This person asked not to be written to again."),
    "complaint": ("consent.complained", "This person complained about a message."),
    "erasure": ("consent.erased", "This person asked to be forgotten."),
    "bounce": ("consent.bounced", "The address of this person does not take mail."),
    "preference": ("consent.unwanted", "This person prefers to get no follow-ups."),
}

_LEAVE_ME_ALONE: frozenset[Intent | None] = frozenset({"declined_permanent_optout", "hostile_optout"})


def nothing_forbids(context: Context, _policy: Policy, /) -> Iterable[Finding]:
    """Any opt-out, complaint, erasure, bounce or preference in force denies, of this tenant or everywhere.

    Its date does not matter: one that came after the decline counts as well.
    """
    for kind, (code, says) in _STOPS.items():
        found = [stop for stop in context.stops if stop.kind == kind]
        if found:
            yield Finding(
                code=code,
                severity="deny",
                evidence={
                    "events": [stop.event_id for stop in found],
                    "since": found[0].at.isoformat(),
                    "everywhere": any(stop.scope == "installation" for stop in found),
                },
                says=says,
            )


def words_forbid_nothing(context: Context, _policy: Policy, /) -> Iterable[Finding]:
    """Whoever asks in their own words to be left alone is, with the no or in any earlier reply.

    To any recruiter of the tenant and in any channel. Words that nobody read say nothing.
    """
    replies = [
        message
        for message in context.messages
        if message.direction == "reply" and message.intent in _LEAVE_ME_ALONE
    ]
    if context.reply_intent in _LEAVE_ME_ALONE or replies:
        yield Finding(
            code="consent.opted_out_in_words",
            severity="deny",
            evidence={
                "intent": context.reply_intent,
                "messages": [message.id for message in replies],
                "intents": [message.intent for message in replies],
            },
            says="This person asked in their own words not to be written to again.",
        )


def preference_allows(context: Context, policy: Policy, /) -> Iterable[Finding]:
    """No follow-up for who wants none, nor before the date from which it is wanted (on it is fine)."""
    if context.follow_up_wanted is False:
        yield Finding(
            code="consent.unwanted",
            severity="deny",
            evidence={"follow_up_wanted": False},
            says="This person prefers to get no follow-ups.",
        )
    elif context.follow_up_wanted is None and policy.document.consent.only_if_wanted:
        yield Finding(
            code="consent.not_asked_for",
            severity="deny",
            evidence={"follow_up_wanted": None},
            says="This tenant writes only to who said that a follow-up is welcome; this person did not.",
        )
    if context.not_before is not None and context.now < context.not_before:
        yield Finding(
            code="consent.not_before",
            severity="deny",
            evidence={"not_before": context.not_before.isoformat()},
            says="This person wants to hear nothing before a date that has not come.",
        )
