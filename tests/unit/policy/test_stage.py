import pytest

from services.policy.document import PolicyInvalid, load_base, tighten
from services.policy.judge import judge
from services.policy.rules import stage
from tests.unit.policy.building import DEFAULTS, but, reviewed, spoken


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("outreach", []),
        ("application", []),
        ("interview", [("stage.set_apart", "hold")]),
        ("offer", [("stage.set_apart", "hold")]),
        (None, []),
    ],
)
def test_a_no_after_interviews_is_told_apart_from_one_to_a_first_message(
    at: str | None, expected: list[tuple[str, str]]
) -> None:
    """By default a person looks at it first; the evidence names the stage."""
    context = but(stage=at)
    assert spoken(stage.thanked_for, context) == expected
    assert [found.evidence["stage"] for found in stage.thanked_for(context, DEFAULTS)] == [at] * len(expected)


def test_a_reviewer_may_let_it_go_out_only_where_the_policy_holds() -> None:
    """What the policy denies at a stage, nobody lifts."""
    offer = reviewed(but(stage="offer"), "approve")
    assert judge(offer, DEFAULTS).verdict == "approve"
    assert judge(offer, load_base("stages: {offer: deny}", "strict")).verdict == "deny"


def test_a_decision_of_before_stages_were_asked_stays_what_it_was() -> None:
    """Whatever the document says of them now."""
    assert spoken(stage.thanked_for, but(stage="offer", edition=3)) == []


def test_an_override_may_go_from_thank_by_hold_to_deny_and_never_back() -> None:
    """The refusal says what would do."""
    with pytest.raises(PolicyInvalid, match=r"expected hold or deny .* got thank"):
        tighten(DEFAULTS, "stages: {offer: thank}", "acme.yaml")
    with pytest.raises(PolicyInvalid, match=r"expected deny .* got hold"):
        tighten(load_base("stages: {offer: deny}", "strict"), "stages: {offer: hold}", "acme.yaml")
    assert tighten(DEFAULTS, "stages: {outreach: hold, offer: deny}", "acme.yaml").document.stages.of(None)
