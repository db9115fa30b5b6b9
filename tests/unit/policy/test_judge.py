import inspect
import random
from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.policy import rules as families
from services.policy.context import Context, Finding, Verdict, digest
from services.policy.document import Policy, load_base, tighten
from services.policy.facts import Severity, Stop
from services.policy.judge import judge
from services.policy.rules import RULES, Rule
from tests.unit.policy.building import DEFAULTS, NOW, PLAIN, but, reviewed, written
from tests.unit.policy.strategies import CONTEXTS, DOCUMENTS, STOPS, accepted

_MILD_TO_HARSH = ["approve", "hold", "deny"]


def _harshness(verdict: Verdict) -> int:
    return _MILD_TO_HARSH.index(verdict.verdict)


def _saying(code: str, severity: Severity) -> Rule:
    def rule(_context: Context, _policy: Policy, /) -> Iterable[Finding]:
        yield Finding(code=code, severity=severity, evidence={}, says="so")

    return rule


def _broken(_context: Context, _policy: Policy, /) -> Iterable[Finding]:
    raise KeyError("channel")


def test_a_plain_decline_is_approved() -> None:
    """A clear no after decent outreach passes without a finding; a judge that holds everything is useless."""
    verdict = judge(PLAIN, DEFAULTS)
    assert (verdict.verdict, verdict.findings, verdict.wait_until) == ("approve", (), None)
    assert (verdict.version, verdict.digest) == (DEFAULTS.version, digest(PLAIN))


@pytest.mark.parametrize(
    ("severities", "expected"),
    [
        ([], "approve"),
        (["note"], "approve"),
        (["hold", "note"], "hold"),
        (["note", "hold", "deny"], "deny"),
        (["deny", "hold", "hold"], "deny"),
    ],
)
def test_the_worst_finding_decides_in_any_order(severities: list[Severity], expected: str) -> None:
    """Deny beats hold beats approve, and the findings are listed worst first."""
    rules = [_saying(f"x.{number}", severity) for number, severity in enumerate(severities)]
    verdicts = [judge(PLAIN, DEFAULTS, order) for order in (rules, rules[::-1])]
    assert verdicts[0] == verdicts[1]
    assert verdicts[0].verdict == expected
    ranks = ["deny", "hold", "note"]
    listed = [ranks.index(finding.severity) for finding in verdicts[0].findings]
    assert listed == sorted(listed)


def test_every_rule_runs_whatever_the_others_say() -> None:
    """There is no early exit: all reasons are told at once."""
    context = but(
        who="company",
        messages=written(3, 2, 1),
        stops=(Stop(kind="opt_out", scope="tenant", at=NOW, event_id="e"),),
        tangled=True,
    )
    codes = {finding.code for finding in judge(context, DEFAULTS).findings}
    assert codes == {
        "provenance.declined_by_company",
        "conduct.burst",
        "conduct.reminded",
        "consent.opted_out",
        "single.identity_tangled",
    }


def test_a_rule_that_raises_holds_the_case_and_says_so() -> None:
    """The others still speak, the finding names the rule, and the caller gets the error to log."""
    verdict = judge(PLAIN, DEFAULTS, [_broken, _saying("x.note", "note")])
    assert verdict.verdict == "hold"
    assert [finding.code for finding in verdict.findings] == ["judge.rule_failed", "x.note"]
    assert verdict.findings[0].evidence == {"rule": "test_judge._broken", "error": "KeyError"}
    [fault] = verdict.faults
    assert isinstance(fault.error, KeyError)
    assert judge(PLAIN, DEFAULTS, [_broken, _saying("x.deny", "deny")]).verdict == "deny"


def test_no_review_lifts_a_rule_that_failed() -> None:
    """What it would have said is unknown and may have been a deny."""
    assert judge(reviewed(PLAIN, "approve"), DEFAULTS, [*RULES, _broken]).verdict == "hold"


def test_a_review_lifts_holds_and_keeps_them_listed() -> None:
    """The reviewer's name stands beside what was held."""
    held = but(tangled=True, who="unknown")
    assert judge(held, DEFAULTS).verdict == "hold"
    verdict = judge(reviewed(held, "approve"), DEFAULTS)
    assert verdict.verdict == "approve"
    assert [(finding.code, finding.severity) for finding in verdict.findings] == [
        ("provenance.unclear_who", "hold"),
        ("single.identity_tangled", "hold"),
        ("review.approved", "note"),
    ]
    assert verdict.findings[-1].evidence["by"] == "key-7"


def test_a_reviewers_no_denies() -> None:
    """Also where the rules would have let it pass."""
    verdict = judge(reviewed(PLAIN, "deny"), DEFAULTS)
    assert (verdict.verdict, verdict.findings[0].code) == ("deny", "review.denied")


def test_whoever_cancels_is_named_and_no_review_lifts_it() -> None:
    """It is no word of the candidate's: a code of its own tells whose act it was, and why."""
    cancel = {"by": "Ada", "reason": "She called.", "at": NOW}
    verdict = judge(reviewed(but(cancel=cancel), "approve"), DEFAULTS)
    [finding] = [found for found in verdict.findings if found.severity == "deny"]
    assert (verdict.verdict, finding.code) == ("deny", "review.cancelled")
    assert (finding.evidence["by"], finding.evidence["reason"]) == ("Ada", "She called.")


def test_a_case_without_outreach_waits_until_the_grace_is_over() -> None:
    """The wait is told apart from a hold for a person, and ends with a judgment."""
    waiting = judge(but(messages=()), DEFAULTS)
    assert (waiting.verdict, waiting.wait_until) == ("hold", NOW + timedelta(seconds=120))
    then = judge(but(messages=(), now=waiting.wait_until), DEFAULTS)
    assert (then.verdict, then.wait_until) == ("deny", None)


def test_nothing_waits_for_what_is_denied_already() -> None:
    """A deny stays one, whatever may still be reported."""
    verdict = judge(but(messages=(), who="company"), DEFAULTS)
    assert (verdict.verdict, verdict.wait_until) == ("deny", None)


@settings(max_examples=80)
@given(CONTEXTS, st.randoms(use_true_random=False))
def test_the_order_of_rules_does_not_matter(context: Context, chance: random.Random) -> None:
    """The same verdict with the same findings in the same order, however the rules are listed."""
    shuffled = [*RULES]
    chance.shuffle(shuffled)
    assert judge(context, DEFAULTS, shuffled) == judge(context, DEFAULTS)


@settings(max_examples=80)
@given(CONTEXTS)
def test_a_decision_can_be_repeated_from_what_was_stored(context: Context) -> None:
    """The stored context under the stored document gives the same verdict to the letter."""
    verdict = judge(context, DEFAULTS)
    again = judge(Context.model_validate_json(context.model_dump_json()), load_base(DEFAULTS.text, "stored"))
    assert again == verdict
    assert not verdict.faults


@settings(max_examples=80)
@given(CONTEXTS)
def test_a_deny_is_never_lifted_by_a_review(context: Context) -> None:
    """A reviewer can be mistaken or bribed; a deny does not ask."""
    alone = judge(context.model_copy(update={"review": None}), DEFAULTS)
    approved = judge(reviewed(context, "approve"), DEFAULTS)
    if alone.verdict == "deny":
        assert approved.verdict == "deny"
    assert judge(reviewed(context, "deny"), DEFAULTS).verdict == "deny"


@settings(max_examples=80)
@given(CONTEXTS, STOPS)
def test_a_stop_always_denies(context: Context, stop: Stop) -> None:
    """Whatever else is known, one more stop never makes a verdict milder: it makes it a deny."""
    stopped = Context.model_validate({**context.model_dump(), "stops": (*context.stops, stop)})
    assert judge(stopped, DEFAULTS).verdict == "deny"


@settings(max_examples=150)
@given(CONTEXTS, DOCUMENTS, DOCUMENTS)
def test_a_tightened_policy_is_never_milder(
    context: Context, base_fields: dict[str, Any], override_fields: dict[str, Any]
) -> None:
    """For each override that is accepted, every case is judged at least as strictly as under the base."""
    base = accepted(load_base, base_fields)
    tightened = accepted(partial(tighten, base), override_fields)
    assert _harshness(judge(context, tightened)) >= _harshness(judge(context, base))


def test_the_map_of_rules_is_complete() -> None:
    """A rule that is written but not listed would never speak."""
    listed = {(rule.__module__, rule.__name__) for rule in RULES}
    assert len(listed) == len(RULES)
    modules = [module for _, module in inspect.getmembers(families, inspect.ismodule)]
    written_down = {
        (module.__name__, name)
        for module in modules
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
    }
    assert written_down == listed
    assert all(inspect.getdoc(rule) for rule in RULES)


@settings(max_examples=80)
@given(CONTEXTS)
def test_a_code_names_the_family_that_spoke(context: Context) -> None:
    """Codes are stable names: family, dot, what was found; each comes with a sentence.

    A family may be several modules, of which each is named after it: FAMILY, FAMILY_of_SOMETHING.
    """
    for rule in RULES:
        family = rule.__module__.rpartition(".")[2].partition("_of_")[0]
        for finding in rule(context, DEFAULTS):
            assert finding.code.startswith(family + ".")
            assert finding.says.endswith(".")
