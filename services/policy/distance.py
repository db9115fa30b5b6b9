"""How far a case was from being decided otherwise: for each finding what was measured, where the line is, and
what would have to differ. Pure.

Where a finding's evidence has a measure and a line, the distance follows from their names, so that a new rule
that names them alike is explained as well; what has no line (a person's wish, who said no) is said in words.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.policy.context import Context, Finding
from services.policy.document import Policy

_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Distance:
    """What would silence one finding. `by` is how far the measure lies beyond the line, in `unit`; None where
    there is no line.
    """

    code: str
    measured: str | None
    line: str | None
    by: float | None
    unit: str
    says: str


#: Measure and line as evidence names them, whether the measure must stay below the line or may reach it, and
#: the unit. The first pair that evidence has is taken.
_LINES: tuple[tuple[str, str, str, str], ...] = (
    ("count", "limit", "at most", "follow-ups"),
    ("other_people", "hold_at", "fewer than", "people"),
    ("other_tenants", "hold_at", "fewer than", "tenants"),
    ("took_seconds", "at_least_seconds", "at least", "seconds"),
    ("at_least_percent", "hold_percent", "less than", "percent"),
    ("at_least_percent", "floor_percent", "less than", "percent"),
    ("messages", "deny_at", "fewer than", "messages"),
    ("messages", "hold_at", "fewer than", "messages"),
)

#: What has no line: who or what would have to be otherwise.
_WORDS = {
    "stage.set_apart": "The policy would have to thank for a no at this stage (section `stages`).",
    "consent.opted_out": "Nothing lifts this but the person's own word.",
    "consent.complained": "Nothing lifts this: a complaint stands.",
    "consent.erased": "Nothing lifts this: the person asked to be forgotten.",
    "consent.bounced": "The address would have to take mail.",
    "consent.unwanted": "The person would have to say that a follow-up is welcome.",
    "consent.not_asked_for": "The person would have to have said that a follow-up is welcome.",
    "consent.opted_out_in_words": "Nothing lifts this but the person's own word.",
    "provenance.declined_by_company": "The no would have to be the candidate's own.",
    "provenance.unclear_who": "The source would have to say that it was the candidate who declined.",
    "provenance.unmapped_reason": "The reason would have to be mapped to the candidate (`source map`).",
    "provenance.ambiguous_reason": "The source and its map of reasons would have to agree.",
    "provenance.no_decline": "The reason would have to be mapped to somebody's no.",
    "provenance.not_declined": "The platform would have to know it as a no.",
    "provenance.not_looked_up": "The platform would have to answer what came before the no.",
    "provenance.no_outreach": "A message from before the no would have to be on record.",
    "provenance.declined_before_outreach": "A message from before the no would have to be on record.",
    "provenance.test": "The person would have to exist; this one was made up to try the source.",
    "provenance.withdrawn": "The no would have to stand; it was taken back.",
    "provenance.text_disagrees": "The candidate's own words would have to say no.",
    "single.already_thanked": "Nothing lifts this: one no is thanked for once.",
    "single.identity_tangled": "The identifiers would have to belong to one person.",
    "conduct.wrote_on": "Nobody of the tenant may have written after the no.",
    "review.denied": "The reviewer would have to decide otherwise.",
    "review.cancelled": "Nothing lifts this: a reviewer cancelled it.",
    "judge.rule_failed": "The rule that failed has to be mended; then the case is judged again.",
}
_NO_LINE = "What the evidence names would have to be otherwise; there is no threshold to it."


def distance(finding: Finding, context: Context, policy: Policy) -> Distance:
    """What would have to differ for this finding not to have been made."""
    special = _SPECIAL.get(finding.code)
    if special is not None:
        return special(finding, context, policy)
    for measure, line, word, unit in _LINES:
        if measure in finding.evidence and line in finding.evidence:
            return _numbers(finding, measure, line, word, unit)
    return Distance(finding.code, None, None, None, "", _WORDS.get(finding.code, _NO_LINE))


def _numbers(finding: Finding, measure: str, line: str, word: str, unit: str) -> Distance:
    value, bound = finding.evidence[measure], _number(finding.evidence[line])
    measured = float(len(value)) if isinstance(value, list | tuple) else _number(value)
    by = {
        "at most": measured - bound,
        "at least": bound - measured,
        "less than": measured - bound,
        "fewer than": measured - bound + 1,
    }[word]
    direction = "more" if word == "at least" else "fewer" if word != "less than" else "less"
    beyond = f"more than {by:g}" if word == "less than" else f"{by:g}"
    return Distance(
        finding.code,
        f"{measured:g} {unit}",
        f"{word} {bound:g}",
        by,
        unit,
        f"{beyond} {unit} {direction} would be within the line ({word} {bound:g}; it was {measured:g}).",
    )


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        message = f"expected a number as evidence, got {value!r}"
        raise TypeError(message)
    return float(value)


def _until(finding: Finding, context: Context, name: str) -> Distance:
    line = datetime.fromisoformat(str(finding.evidence[name]))
    days = (line - context.now).total_seconds() / _DAY_S
    says = (
        f"Judged {days:.1f} days later, from {line.isoformat(timespec='minutes')} on, this would not speak."
    )
    return Distance(
        finding.code, context.now.isoformat(), f"not before {line.isoformat()}", days, "days", says
    )


def _cooldown(finding: Finding, context: Context, _policy: Policy) -> Distance:
    return _until(finding, context, "until")


def _not_before(finding: Finding, context: Context, _policy: Policy) -> Distance:
    return _until(finding, context, "not_before")


def _stale(finding: Finding, context: Context, policy: Policy) -> Distance:
    days = policy.document.provenance.decline_max_age_days
    age = (context.now - context.declined_at) / timedelta(days=1)
    return _apart(finding, age, days, "at most", "days")


def _future(finding: Finding, context: Context, policy: Policy) -> Distance:
    tolerance = policy.document.provenance.future_tolerance_seconds
    ahead = (context.declined_at - context.received_at).total_seconds()
    return _apart(finding, ahead, tolerance, "at most", "seconds")


def _burst(finding: Finding, _context: Context, policy: Policy) -> Distance:
    most = policy.document.conduct.burst_messages
    times = _times(finding)
    within = f" within {policy.document.conduct.burst_window_hours} hours"
    return _apart(finding, len(times), most - 1, "at most", f"messages{within}")


def _channels(finding: Finding, _context: Context, policy: Policy) -> Distance:
    first, second = _times(finding)
    hours = (second - first) / timedelta(hours=1)
    return _apart(
        finding, hours, policy.document.conduct.channels_window_hours, "more than", "hours between them"
    )


def _spray(finding: Finding, context: Context, policy: Policy) -> Distance:
    volume, share = context.volume, policy.document.velocity.spray_declines_per_hundred_outreach
    # the most declines for which declines * 100 < share * outreach
    allowed = max(0, -(-share * volume.recruiter_outreach_30d // 100) - 1)
    return _apart(
        finding,
        volume.recruiter_declines_30d,
        max(allowed, policy.document.velocity.spray_min_declines - 1),
        "at most",
        f"declines of {volume.recruiter_outreach_30d} messages in 30 days",
    )


def _apart(finding: Finding, measured: float, bound: float, word: str, unit: str) -> Distance:
    by = measured - bound if word == "at most" else bound - measured
    says = f"The line is {word} {bound:g} {unit}; it was {round(measured, 2):g}, {round(by, 2):g} beyond."
    return Distance(
        finding.code, f"{round(measured, 2):g} {unit}", f"{word} {bound:g}", round(by, 4), unit, says
    )


def _times(finding: Finding) -> list[datetime]:
    times = finding.evidence["times"]
    return [datetime.fromisoformat(str(at)) for at in times] if isinstance(times, list | tuple) else []


_SPECIAL: dict[str, Callable[[Finding, Context, Policy], Distance]] = {
    "single.cooldown": _cooldown,
    "provenance.awaiting_outreach": _cooldown,
    "provenance.awaiting_lookup": _cooldown,
    "consent.not_before": _not_before,
    "provenance.stale": _stale,
    "provenance.from_the_future": _future,
    "conduct.burst": _burst,
    "conduct.several_channels": _channels,
    "velocity.spray_and_pray": _spray,
}
