from datetime import datetime, timedelta
from typing import Any

import pytest

from services.policy.context import Context, Finding
from services.policy.distance import distance
from services.policy.explain import explain
from services.policy.facts import Claim, Message, Stop
from services.policy.judge import judge
from services.policy.rollout import Stage, Step, ledger
from shared.decision import Decision, Signer, Verifier, new_seed
from shared.errors import Invalid, NotFound
from shared.states import State, entry
from tests.unit.policy.building import DECLINED, DEFAULTS, NO_VOLUME, NOW, PLAIN, but, message, written

DAY = timedelta(days=1)
SIGNER = Signer(new_seed())
POLICIES = {DEFAULTS.version: DEFAULTS.text}


def finding(context: Context, code: str) -> Finding:
    """What the judge found under this code."""
    return next(one for one in judge(context, DEFAULTS).findings if one.code == code)


def volume(**counts: int) -> Any:
    """Counts, the rest nought."""
    return NO_VOLUME.model_copy(update=counts)


def spoke(context: Context, code: str) -> bool:
    """Whether this code is among what the judge found."""
    return code in {one.code for one in judge(context, DEFAULTS).findings}


def _on_two_channels(hours: float) -> tuple[Message, ...]:
    last = message("b", timedelta(hours=1), channel="phone")
    return message("a", timedelta(hours=1 + hours)), last


def _claim(days_ago: float) -> tuple[Claim, ...]:
    at = NOW - days_ago * DAY
    return (Claim(case="other", at=at, until=at + 180 * DAY, recruiter=None),)


@pytest.mark.parametrize(
    ("code", "over", "by", "mended"),
    [
        # ten an hour are allowed, and the case at hand is one of them
        (
            "velocity.recruiter_hour",
            {"volume": volume(recruiter_hour=12)},
            3,
            {"volume": volume(recruiter_hour=9)},
        ),
        (
            "conduct.insisted",
            {"messages": written(500, 400, 300, 200, 100)},
            2,
            {"messages": written(3, 2, 1)},
        ),
        ("conduct.reminded", {"messages": written(300, 200, 100)}, 1, {"messages": written(200, 100)}),
        ("conduct.burst", {"messages": written(3, 2, 1)}, 1, {"messages": written(3, 2)}),
        (
            "conduct.several_channels",
            {"messages": _on_two_channels(70)},
            2,
            {"messages": _on_two_channels(72.1)},
        ),
        ("single.cooldown", {"claims": _claim(170)}, 10, {"claims": _claim(180)}),
        ("provenance.stale", {"now": DECLINED + 33 * DAY}, 3, {"now": DECLINED + 30 * DAY}),
        (
            "provenance.from_the_future",
            {"declined_at": NOW + timedelta(seconds=310)},
            10,
            {"declined_at": NOW + timedelta(seconds=300)},
        ),
        ("consent.not_before", {"not_before": NOW + 4 * DAY}, 4, {"not_before": NOW}),
        (
            "velocity.spray_and_pray",
            {"volume": volume(recruiter_declines_30d=35, recruiter_outreach_30d=50)},
            6,
            {"volume": volume(recruiter_declines_30d=29, recruiter_outreach_30d=50)},
        ),
    ],
)
def test_a_case_that_differs_by_the_distance_is_not_found_at_fault(
    code: str, over: dict[str, Any], by: float, mended: dict[str, Any]
) -> None:
    """The distance is true: nearer by less still speaks, nearer by it does not."""
    context = but(**over)
    assert distance(finding(context, code), context, DEFAULTS).by == pytest.approx(by)
    assert not spoke(but(**mended), code)


def test_what_has_no_threshold_is_said_in_words() -> None:
    """A person's wish is no number."""
    stops = (Stop(kind="opt_out", scope="tenant", at=NOW, event_id="e"),)
    context = but(stops=stops)
    told = distance(finding(context, "consent.opted_out"), context, DEFAULTS)
    assert (told.by, told.says) == (None, "Nothing lifts this but the person's own word.")


def test_a_new_rule_is_explained_by_the_names_in_its_evidence() -> None:
    """Without a line here for each."""
    made = Finding(code="new.rule", severity="hold", evidence={"other_people": 12, "hold_at": 10}, says="x")
    assert distance(made, PLAIN, DEFAULTS).by == 3
    bare = Finding(code="new.rule", severity="hold", evidence={"what": "ever"}, says="x")
    assert "no threshold" in distance(bare, PLAIN, DEFAULTS).says


def decided(context: Context) -> dict[str, Any]:
    """A case with its decision, as stored."""
    verdict = judge(context, DEFAULTS)
    state = {"approve": State.APPROVED, "hold": State.HELD, "deny": State.DENIED}[verdict.verdict]
    opened = entry(context.case, "", NOW, None, State.RECEIVED, by="policy", why="x", event_id="e")
    moved = entry(context.case, opened.hash, NOW, State.RECEIVED, state, by="policy", why="x", event_id="e")
    codes = tuple(sorted({one.code for one in verdict.findings}))
    signed = SIGNER.sign(
        Decision(
            case=context.case,
            tenant=context.tenant,
            verdict=verdict.verdict,
            version=verdict.version,
            digest=verdict.digest,
            codes=codes,
            at=NOW,
        )
    )
    return {
        "_id": context.case,
        "tenant": context.tenant,
        "state": state.value,
        "head": moved.hash,
        "timeline": [opened.stored(), moved.stored()],
        "decision": {
            "signed": signed.model_dump(mode="json"),
            "verdict": verdict.verdict,
            "version": verdict.version,
            "digest": verdict.digest,
            "findings": [one.model_dump(mode="json") for one in verdict.findings],
            "inputs": context.model_dump_json(),
            "at": NOW,
        },
    }


VERIFIER = Verifier(SIGNER.public_key)
PRESSED = but(messages=written(300, 200, 100), who="company")


def test_an_explanation_names_what_decided_and_proves_it() -> None:
    """The deny is decisive, the hold beside it is not; judging again gives the same."""
    told = explain(decided(PRESSED), VERIFIER, POLICIES, ())
    assert told.verdict == "deny"
    assert told.decisive == ["provenance.declined_by_company"]
    assert {one.code for one, _ in told.findings} == {"provenance.declined_by_company", "conduct.reminded"}
    assert (told.holds, told.faults, told.released) == (True, [], None)
    assert [proof.what for proof in told.proofs if proof.holds] == [
        "verdict",
        "digest of the inputs",
        "rules that spoke",
        "policy",
        "signature",
    ]
    assert told.looked_at["messages"].startswith("3 to the person, 0 from the person")


def test_an_approval_has_nothing_that_would_have_to_differ() -> None:
    """No rule spoke, and the proof holds all the same."""
    told = explain(decided(PLAIN), VERIFIER, POLICIES, ())
    assert (told.verdict, list(told.decisive), list(told.findings), told.holds) == ("approve", [], [], True)


@pytest.mark.parametrize(
    ("part", "value", "broken"),
    [
        ("inputs", but(who="company", reason="x").model_dump_json(), "digest of the inputs"),
        ("inputs", PLAIN.model_dump_json(), "verdict"),
    ],
)
def test_an_input_that_was_changed_afterwards_breaks_the_proof(part: str, value: str, broken: str) -> None:
    """Whoever edits the history is found out."""
    case = decided(PRESSED)
    case["decision"][part] = value
    told = explain(case, VERIFIER, POLICIES, ())
    assert broken in [proof.what for proof in told.proofs if not proof.holds]
    assert not told.holds


def test_another_signer_breaks_the_proof() -> None:
    """A decision that the policy did not make."""
    told = explain(decided(PLAIN), Verifier(Signer(new_seed()).public_key), POLICIES, ())
    assert [proof.what for proof in told.proofs if not proof.holds] == ["signature"]


def test_the_step_that_put_the_policy_in_force_is_named() -> None:
    """Who and why, as of the decision: what came later had no part in it."""
    version = DEFAULTS.version
    made: list[tuple[Stage, datetime, str]] = [
        ("draft", NOW - DAY, "a"),
        ("live", NOW - DAY, "b"),
        ("live", NOW + DAY, "c"),
    ]
    steps = [
        Step(number=n, stage=stage, version=version, tenant=None, at=at, by=by, why="w", text="")
        for n, (stage, at, by) in enumerate(made, start=1)
    ]
    told = explain(decided(PLAIN), VERIFIER, POLICIES, ledger(steps).releases.values())
    assert told.released is not None
    assert told.released.by == "b"


def test_what_cannot_be_explained_says_why() -> None:
    """Nothing decided yet, a policy that is gone, inputs of another time."""
    case = decided(PLAIN)
    with pytest.raises(NotFound, match="nothing was decided"):
        explain({**case, "decision": None}, VERIFIER, POLICIES, ())
    with pytest.raises(NotFound, match="is not stored"):
        explain(case, VERIFIER, {}, ())
    case["decision"]["inputs"] = "{}"
    with pytest.raises(Invalid, match="cannot read it"):
        explain(case, VERIFIER, POLICIES, ())
