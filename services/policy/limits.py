"""How many follow-ups a case's recruiter, tenant and source may have, as policy and probation say. Pure.

The rules judge by it, and the gates count by it, so both always mean the same.
"""

from dataclasses import dataclass
from datetime import timedelta

from services.policy.context import Context
from services.policy.document import Policy
from services.policy.tallies import is_new

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many within a sliding window, its very end included."""

    most: int
    within: timedelta


def recruiter(context: Context, policy: Policy) -> tuple[Limit, ...]:
    """The limits of one recruiter. All who name none are one only while they are new: they may be many."""
    rules = policy.document.velocity
    limits = [Limit(rules.recruiter_per_hour, HOUR), Limit(rules.recruiter_per_day, DAY)]
    if context.recruiter is None:
        limits = []
    if is_new(context.standing, policy.document.reputation):
        limits.append(Limit(policy.document.reputation.probation_per_day, DAY))
    return tuple(limits)


def tenant(policy: Policy) -> tuple[Limit, ...]:
    """The limits of the tenant."""
    return (Limit(policy.document.velocity.tenant_per_day, DAY),)


def source(policy: Policy) -> tuple[Limit, ...]:
    """The limits of one source."""
    return (Limit(policy.document.velocity.source_per_day, DAY),)
