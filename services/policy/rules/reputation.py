"""Reputation: what earlier conversations of this recruiter, team and tenant say, over 90 days. Pure.

A conversation ends with a no or with something worse; the share of bad ends is judged by what it surely is
not below (see ``interval``), the older the lighter, and never below a number of them. New senders start on
probation, and when a tenant's bad ends jump, a breaker holds all that it does until three days were quiet.
"""

from collections.abc import Iterable, Sequence

from services.policy.context import Context, Evidence, Finding
from services.policy.document import Policy
from services.policy.facts import TALLY_DAYS, Severity, Tally
from services.policy.tallies import (
    BAD,
    GRAVE,
    STOPS,
    Kind,
    good_follow_ups,
    is_new,
    total,
    weighed,
    weighed_good,
)
from shared.interval import lower, upper

#: The days, from today back, whose bad ends may be a jump; as many quiet ones close the breaker.
_LATELY = 3
#: Conversations below which the weeks before say nothing about what is usual.
_USUAL_AT_LEAST = 20


def recruiter_record(context: Context, policy: Policy, /) -> Iterable[Finding]:
    """Too many conversations with this recruiter ended badly, or gravely (complaints, invented declines)."""
    if context.standing is None:
        return
    tally, rules = context.standing.recruiter, policy.document.reputation
    bounds = (rules.recruiter_hold_percent, rules.recruiter_deny_percent, rules.recruiter_min_bad)
    says = "Too many conversations with this recruiter ended badly."
    yield from _ended("reputation.recruiter", tally, policy, kinds=BAD, bounds=bounds, says=says)
    bounds = (rules.grave_hold_percent, rules.grave_deny_percent, rules.grave_min_bad)
    says = "Too many conversations with this recruiter ended in a complaint, or never took place."
    yield from _ended("reputation.recruiter_grave", tally, policy, kinds=GRAVE, bounds=bounds, says=says)


def team_record(context: Context, policy: Policy, /) -> Iterable[Finding]:
    """The same for the recruiter's team, where one is named: beside the other two, never for them."""
    if context.standing is None or context.standing.team is None:
        return
    tally, rules = context.standing.team, policy.document.reputation
    bounds = (rules.team_hold_percent, rules.team_deny_percent, rules.team_min_bad)
    says = "Too many conversations with this team ended badly."
    yield from _ended("reputation.team", tally, policy, kinds=BAD, bounds=bounds, says=says)


def tenant_record(context: Context, policy: Policy, /) -> Iterable[Finding]:
    """The same for the tenant, whoever of its recruiters it was; grave ends are not told apart here."""
    if context.standing is None:
        return
    rules = policy.document.reputation
    bounds = (rules.tenant_hold_percent, rules.tenant_deny_percent, rules.tenant_min_bad)
    says = "Too many conversations with this tenant ended badly."
    tally = context.standing.tenant
    yield from _ended("reputation.tenant", tally, policy, kinds=BAD, bounds=bounds, says=says)


def probation(context: Context, policy: Policy, /) -> Iterable[Finding]:
    """A recruiter whom nobody knows yet gets few follow-ups a day, until enough of them went well."""
    rules, standing = policy.document.reputation, context.standing
    if standing is None or not is_new(standing, rules):
        return
    if context.permits_day + 1 > rules.probation_per_day:
        yield Finding(
            code="reputation.probation",
            severity="hold",
            evidence={
                "count": context.permits_day + 1,
                "limit": rules.probation_per_day,
                "good_follow_ups": good_follow_ups(standing),
                "needed": rules.probation_follow_ups,
            },
            says="This recruiter is new, and has more follow-ups in a day than a new one may have.",
        )


def no_breaker_open(context: Context, policy: Policy, /) -> Iterable[Finding]:
    """Complaints, opt-outs and bounces of the tenant jumped in three days, against its own weeks before.

    A jump is certain when the intervals of both shares do not overlap. It holds everything of the tenant, and
    ends by itself when three days passed without one.
    """
    if context.standing is None:
        return
    rules, tally = policy.document.reputation, context.standing.tenant
    bad, bad_before = total(tally, *STOPS, until=_LATELY), total(tally, *STOPS, since=_LATELY)
    ended = bad + total(tally, "declines", until=_LATELY)
    ended_before = bad_before + total(tally, "declines", since=_LATELY)
    surely = lower(bad, ended)
    usual = upper(bad_before, ended_before) if ended_before >= _USUAL_AT_LEAST else 0.0
    if bad >= rules.breaker_min_bad and surely * 100 >= rules.breaker_floor_percent and surely > usual:
        yield Finding(
            code="reputation.breaker_open",
            severity="hold",
            evidence={
                "tenant": tally.subject,
                "days": _LATELY,
                **{kind: total(tally, kind, until=_LATELY) for kind in STOPS},
                "ended": ended,
                "at_least_percent": _percent(surely),
                "bad_before": bad_before,
                "ended_before": ended_before,
                "usual_at_most_percent": _percent(usual),
                "floor_percent": rules.breaker_floor_percent,
            },
            says="Complaints, opt-outs and bounces of this tenant jumped, so all of it is held for now.",
        )


def _ended(
    code: str, tally: Tally, policy: Policy, *, kinds: Sequence[Kind], bounds: tuple[int, int, int], says: str
) -> Iterable[Finding]:
    hold_at, deny_at, floor = bounds
    rules = policy.document.reputation
    bad = total(tally, *kinds)
    # bad ends of other kinds are no part of the whole: they must never make this share smaller
    heavy = weighed(tally, *kinds, half_life=rules.bad_half_life_days)
    surely = lower(heavy, heavy + weighed_good(tally, rules.good_half_life_days))
    severity: Severity
    if bad >= 2 * floor and surely * 100 >= deny_at:
        severity = "deny"
    elif bad >= floor and surely * 100 >= hold_at:
        severity = "hold"
    else:
        return
    evidence: Evidence = {
        "subject": tally.subject,
        "days": TALLY_DAYS,
        "declines": total(tally, "declines"),
        **{kind: total(tally, kind) for kind in BAD},
        "at_least_percent": _percent(surely),
        "hold_percent": hold_at,
        "deny_percent": deny_at,
        "floor": floor,
    }
    yield Finding(code=code, severity=severity, evidence=evidence, says=says)


def _percent(share: float) -> float:
    return round(100 * share, 1)
