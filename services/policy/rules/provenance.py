"""Provenance: is this truly a no of the candidate, to something that was written to them before?

A decline is the permission to write, so an invented one is the first thing that an abuser sends.
"""

from collections.abc import Iterable
from datetime import timedelta

from services.policy.context import Context, Evidence, Finding
from services.policy.document import Policy
from services.policy.facts import Intent, Message
from services.policy.tallies import total
from shared.interval import lower, upper

#: How fast a no was is asked of what was gathered since; decisions before that stay what they were.
_SINCE_EDITION = 2
#: So are the replies around a no.
_REPLIES_SINCE_EDITION = 5
_NO_CLEAR_NO: frozenset[Intent | None] = frozenset({"interested", "later", "unclear", "out_of_office"})
_NO_NO: frozenset[Intent | None] = frozenset({"interested", "later"})


def who_declined(context: Context, _policy: Policy, /) -> Iterable[Finding]:
    """Only the candidate's own no counts: the company's denies, an unclear one holds."""
    reading, known = context.reading, context.known
    if known is not None and known.who is None:
        yield Finding(
            code="provenance.not_declined",
            severity="deny",
            evidence={"source": context.source, "why": known.why},
            says="The platform says that what was reported here is no decline.",
        )
    elif reading is not None and reading.who is None:
        yield Finding(
            code="provenance.no_decline",
            severity="deny",
            evidence=_read_from(context),
            says="The operator of this source says that this reason is no decline.",
        )
    elif context.who == "company":
        yield Finding(
            code="provenance.declined_by_company",
            severity="deny",
            evidence={"who": context.who, "source": context.source, **_read_from(context)},
            says="The company said no here, not the candidate; there is nothing to thank for.",
        )
    elif context.who == "unknown":
        yield _nobody_knows(context)


def _nobody_knows(context: Context) -> Finding:
    evidence = {"who": context.who, "source": context.source, **_read_from(context)}
    if context.reading is None:
        return Finding(
            code="provenance.unclear_who",
            severity="hold",
            evidence=evidence,
            says="The source does not say who declined; a person must see that it was the candidate.",
        )
    if any(reason.side for reason in context.reading.reasons):
        return Finding(
            code="provenance.ambiguous_reason",
            severity="hold",
            evidence=evidence,
            says="What is said of whose no this is contradicts itself; a person must see who declined.",
        )
    return Finding(
        code="provenance.unmapped_reason",
        severity="hold",
        evidence=evidence,
        says="Neither the source nor its map of reasons says whose no this reason is.",
    )


def _read_from(context: Context) -> Evidence:
    """What whose no it is was read from, where a reason was named."""
    if context.reading is None:
        return {"reason": context.reason} if context.known is not None and context.reason else {}
    return {
        "told": context.reading.told,
        "reasons": [reason.name for reason in context.reading.reasons],
        "mapped_to": [reason.side for reason in context.reading.reasons],
        "mapped_by": [reason.by for reason in context.reading.reasons],
    }


def somebodys(context: Context, _policy: Policy, /) -> Iterable[Finding]:
    """A person who does not exist, by whom somebody tries a source, is thanked for nothing."""
    if context.sample:
        yield Finding(
            code="provenance.test",
            severity="deny",
            evidence={"source": context.source},
            says="This is a test of the source, about nobody; it has arrived, and ends here.",
        )


def not_the_companys(context: Context, _policy: Policy, /) -> Iterable[Finding]:
    """A company's no and then the candidate's to the same messages: somebody may have changed the label."""
    before = [no for no in context.earlier_declines if no.who == "company" and no.at <= context.declined_at]
    if not before or any(before[-1].at < message.at < context.declined_at for message in context.outreach):
        return
    yield Finding(
        code="provenance.company_declined_first",
        severity="hold",
        evidence={"case": before[-1].case, "at": before[-1].at.isoformat()},
        says="The company had said no to this person, and nobody wrote between that and this no.",
    )


def looked_up(context: Context, policy: Policy, /) -> Iterable[Finding]:
    """Where the platform is asked what came before the no, nothing is decided before it has answered.

    That it does not answer is nobody's fault: after the grace a person looks. Once one has, nothing waits.
    """
    if context.lookup is None or context.looked_up:
        return
    until = context.received_at + policy.grace
    if context.lookup.state == "pending" and context.review is None and context.now < until:
        yield Finding(
            code="provenance.awaiting_lookup",
            severity="hold",
            evidence={"source": context.source, "until": until.isoformat()},
            says="The platform is being asked what came before this no, so the case waits.",
        )
        return
    yield Finding(
        code="provenance.not_looked_up",
        severity="hold",
        evidence={"source": context.source, "why": context.lookup.why or "no answer yet"},
        says="What the platform knows of before this no could not be had.",
    )


def outreach_came_first(context: Context, policy: Policy, /) -> Iterable[Finding]:
    """A message must be on record before the no; until the grace is over, the record may still be on its way.

    So it is while imported history waits to be read. A message at the very time of the no did not come before
    it. Once a person has reviewed, nothing waits.
    What is missing because the platform could not be asked is not held against anybody, nor where it says
    that this was no decline of the candidate's.
    """
    if not context.looked_up or (context.known is not None and context.known.who in {None, "company"}):
        return
    rules = policy.document.provenance
    earliest = context.declined_at - timedelta(days=rules.outreach_within_days)
    if any(earliest <= message.at < context.declined_at for message in context.outreach):
        return
    later = [message for message in context.outreach if message.at >= context.declined_at]
    evidence = {"declined_at": context.declined_at.isoformat(), "messages": [message.id for message in later]}
    until = context.outreach_until(policy.grace)
    if context.review is None and context.now < until:
        yield Finding(
            code="provenance.awaiting_outreach",
            severity="hold",
            evidence={**evidence, "until": until.isoformat()},
            says="No message is on record before this no yet; it may still be reported, so the case waits.",
        )
    elif later:
        yield Finding(
            code="provenance.declined_before_outreach",
            severity=rules.reversed_order,
            evidence=evidence,
            says="All messages on record came after the no, which therefore cannot have answered them.",
        )
    else:
        yield Finding(
            code="provenance.no_outreach",
            severity=rules.no_outreach,
            evidence={**evidence, "looked_back_days": rules.outreach_within_days},
            says="Nobody wrote to this person before the no, as far as the record goes.",
        )


def answered_by_a_person(context: Context, policy: Policy, /) -> Iterable[Finding]:
    """A no within seconds of the message that it answers was not read by anybody."""
    seconds = policy.document.provenance.too_fast_seconds
    before = [message for message in context.outreach if message.at < context.declined_at]
    if context.edition < _SINCE_EDITION or not before:
        return
    took = context.declined_at - before[-1].at
    if took < timedelta(seconds=seconds):
        yield Finding(
            code="provenance.too_fast",
            severity="hold",
            evidence={
                "message": before[-1].id,
                "took_seconds": took.total_seconds(),
                "at_least_seconds": seconds,
            },
            says="The no came sooner after the message than a person could have read it.",
        )


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


def confirmed_by_others(context: Context, policy: Policy, /) -> Iterable[Finding]:
    """A source whose conversations nobody else knows of, in a house whose other sources confirm each other.

    Certain means that the upper end of what is confirmed of it is below the least, and the lower end of what
    is confirmed of the others is not.
    """
    if context.standing is None:
        return
    rules = policy.document.provenance
    own, house = context.standing.source, context.standing.tenant
    declines, confirmed = total(own, "declines"), total(own, "confirmed")
    others = total(house, "declines") - declines
    others_confirmed = total(house, "confirmed") - confirmed
    if min(declines, others) < rules.confirm_min_declines:
        return
    least = rules.confirmed_at_least_percent
    if upper(confirmed, declines) * 100 < least <= lower(others_confirmed, others) * 100:
        yield Finding(
            code="provenance.unconfirmed_source",
            severity="hold",
            evidence={
                "source": own.subject,
                "declines": declines,
                "confirmed": confirmed,
                "declines_of_others": others,
                "confirmed_of_others": others_confirmed,
                "at_least_percent": least,
            },
            says="No other source knows of the conversations that this source reports, as they do of others.",
        )


def not_from_the_future(context: Context, policy: Policy, /) -> Iterable[Finding]:
    """A no dated after its own arrival, by more than clocks may differ, is invented or broken."""
    tolerance = policy.document.provenance.future_tolerance_seconds
    if context.declined_at - context.received_at > timedelta(seconds=tolerance):
        yield Finding(
            code="provenance.from_the_future",
            severity="deny",
            evidence={
                "declined_at": context.declined_at.isoformat(),
                "received_at": context.received_at.isoformat(),
                "tolerance_seconds": tolerance,
            },
            says="The no is dated after it arrived.",
        )


def not_stale(context: Context, policy: Policy, /) -> Iterable[Finding]:
    """Thanks that come weeks late are no courtesy; measured at the judgment, so that waiting counts too."""
    days = policy.document.provenance.decline_max_age_days
    if context.now - context.declined_at > timedelta(days=days):
        yield Finding(
            code="provenance.stale",
            severity="deny",
            evidence={"declined_at": context.declined_at.isoformat(), "max_age_days": days},
            says="The no is too long ago to be thanked for now.",
        )


def not_withdrawn(context: Context, _policy: Policy, /) -> Iterable[Finding]:
    """A no that was taken back is none, whenever that was said."""
    if context.withdrawn_at is not None:
        yield Finding(
            code="provenance.withdrawn",
            severity="deny",
            evidence={"withdrawn_at": context.withdrawn_at.isoformat()},
            says="The no was taken back.",
        )
