"""Runs every rule over a context; deny beats hold beats approve, in whatever order they spoke."""

from collections.abc import Sequence
from datetime import datetime

from services.policy.context import Context, Finding, Outcome, RuleFault, Verdict, canonical_json, digest
from services.policy.document import Policy
from services.policy.facts import Severity
from services.policy.rules import RULES, Rule

#: A rule failed, so what it would have said is unknown, and it may have been a deny: no review lifts this.
RULE_FAILED = "judge.rule_failed"
#: History may still arrive; these are waits and not questions to a person.
AWAITING_OUTREACH, AWAITING_LOOKUP = "provenance.awaiting_outreach", "provenance.awaiting_lookup"

_RANK: dict[Severity, int] = {"deny": 0, "hold": 1, "note": 2}


def judge(context: Context, policy: Policy, rules: Sequence[Rule] = RULES) -> Verdict:
    """The verdict on `context` under `policy`. Total: it raises nothing, whatever a rule does.

    A review that approves lifts the holds (they stay listed) and never a deny.
    """
    verdict, findings, faults = weigh(context, policy, rules)
    findings.sort(key=_order)
    return Verdict(
        verdict=verdict,
        findings=tuple(findings),
        version=policy.version,
        digest=digest(context),
        wait_until=_wait_until(context, policy, findings) if verdict == "hold" else None,
        faults=tuple(faults),
    )


def weigh(
    context: Context, policy: Policy, rules: Sequence[Rule] = RULES
) -> tuple[Outcome, list[Finding], list[RuleFault]]:
    """What `judge` bases its verdict on, without order and digest, which cost as much as the rules do: for
    trials that sign nothing.
    """
    findings: list[Finding] = []
    faults: list[RuleFault] = []
    for rule in rules:
        try:
            findings.extend(rule(context, policy))
        except Exception as error:  # noqa: BLE001 # any failure must hold the case, and is handed to the caller
            name = f"{rule.__module__.rpartition('.')[2]}.{rule.__name__}"
            faults.append(RuleFault(name, error))
            findings.append(_rule_failed(name, error))
    return _worst(findings, context), findings, faults


def _order(finding: Finding) -> tuple[int, str, str]:
    return _RANK[finding.severity], finding.code, canonical_json(finding.evidence)


def _worst(findings: Sequence[Finding], context: Context) -> Outcome:
    if any(finding.severity == "deny" for finding in findings):
        return "deny"
    holds = {finding.code for finding in findings if finding.severity == "hold"}
    if context.review is not None and context.review.decision == "approve":
        holds &= {RULE_FAILED}
    return "hold" if holds else "approve"


def _wait_until(context: Context, policy: Policy, findings: Sequence[Finding]) -> datetime | None:
    codes = {finding.code for finding in findings}
    if AWAITING_OUTREACH in codes:
        return context.outreach_until(policy.grace)
    return context.grace_until(policy.grace) if AWAITING_LOOKUP in codes else None


def _rule_failed(name: str, error: Exception) -> Finding:
    return Finding(
        code=RULE_FAILED,
        severity="hold",
        evidence={"rule": name, "error": type(error).__name__},
        says=f"The rule {name} failed and might have denied; nothing goes out until it is mended.",
    )
