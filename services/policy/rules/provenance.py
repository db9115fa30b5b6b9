"""Provenance, by what is on record: is this truly a no to something that was written to them before?

A decline is the permission to write, so an invented one is the first thing that an abuser sends.
"""

from collections.abc import Iterable
from datetime import timedelta

from services.policy.context import Context, Finding
from services.policy.document import Policy
from services.policy.tallies import total
from shared.interval import lower, upper

#: How fast a no was is asked of what was gathered since; decisions before that stay what they were.
_SINCE_EDITION = 2
#: So is of whom a message was asked where the source itself said that it was no no of theirs.
_OTHERS_SINCE_EDITION = 6


def looked_up(context: Context, policy: Policy, /) -> Iterable[Finding]:
    """Where the platform is asked what came before the no, nothing is decided before it has answered.

    That it does not answer is nobody's fault: after the grace a person looks. Once one has, nothing waits.
    """
    if context.lookup is None or context.looked_up:
        return
    until = context.grace_until(policy.grace)
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
    it. Once a person has reviewed, nothing waits. What is missing because the platform could not be asked is
    not held against anybody, nor where this was no decline of the candidate's.
    """
    if not context.looked_up or _of_somebody_else(context):
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


def _of_somebody_else(context: Context) -> bool:
    """Whether this is known to be the company's no, or none at all: for those nobody need have written."""
    if context.known is not None:
        return context.known.who in {None, "company"}
    ignored = context.reading is not None and context.reading.who is None
    return context.edition >= _OTHERS_SINCE_EDITION and (context.who == "company" or ignored)


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
    if context.now > policy.thanked_until(context.declined_at):
        days = policy.document.provenance.decline_max_age_days
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
