"""Velocity: more declines, or faster, than honest work brings, for one recruiter, tenant or source."""

from collections.abc import Iterable

from services.policy.context import Context, Finding
from services.policy.document import Policy
from services.policy.facts import Severity


def recruiter_per_hour(context: Context, policy: Policy, /) -> Iterable[Finding]:
    """A burst: one recruiter's follow-ups within an hour."""
    rules = policy.document.velocity
    yield from _over(
        "velocity.recruiter_hour",
        context.volume.recruiter_hour,
        rules.recruiter_per_hour,
        rules.when_exceeded,
        "This recruiter has more follow-ups in an hour than the policy allows.",
    )


def recruiter_per_day(context: Context, policy: Policy, /) -> Iterable[Finding]:
    """One recruiter's follow-ups within 24 hours."""
    rules = policy.document.velocity
    yield from _over(
        "velocity.recruiter_day",
        context.volume.recruiter_day,
        rules.recruiter_per_day,
        rules.when_exceeded,
        "This recruiter has more follow-ups in a day than the policy allows.",
    )


def tenant_per_day(context: Context, policy: Policy, /) -> Iterable[Finding]:
    """One tenant's follow-ups within 24 hours."""
    rules = policy.document.velocity
    yield from _over(
        "velocity.tenant_day",
        context.volume.tenant_day,
        rules.tenant_per_day,
        rules.when_exceeded,
        "This tenant has more follow-ups in a day than the policy allows.",
    )


def source_per_day(context: Context, policy: Policy, /) -> Iterable[Finding]:
    """Follow-ups that come from one source within 24 hours."""
    rules = policy.document.velocity
    yield from _over(
        "velocity.source_day",
        context.volume.source_day,
        rules.source_per_day,
        rules.when_exceeded,
        "This source brings more follow-ups in a day than the policy allows.",
    )


def no_spray_and_pray(context: Context, policy: Policy, /) -> Iterable[Finding]:
    """Too many declines for the messages on record in 30 days: sent to anybody, or invented."""
    rules, volume = policy.document.velocity, context.volume
    declines = volume.recruiter_declines_30d
    share = rules.spray_declines_per_hundred_outreach
    if declines >= rules.spray_min_declines and declines * 100 >= share * volume.recruiter_outreach_30d:
        yield Finding(
            code="velocity.spray_and_pray",
            severity=rules.when_spraying,
            evidence={
                "declines_30d": declines,
                "outreach_30d": volume.recruiter_outreach_30d,
                "declines_per_hundred_outreach": share,
            },
            says="Too many of this recruiter's messages end in a no.",
        )


def _over(code: str, others: int, limit: int, severity: Severity, says: str) -> Iterable[Finding]:
    if others + 1 > limit:
        yield Finding(code=code, severity=severity, evidence={"count": others + 1, "limit": limit}, says=says)
