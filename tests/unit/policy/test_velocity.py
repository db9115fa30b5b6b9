import pytest

from services.policy.document import load_base
from services.policy.rules import RULES, Rule, velocity
from tests.unit.policy.building import NO_VOLUME, but, spoken

LIMITS = load_base(
    "velocity: {recruiter_per_hour: 2, recruiter_per_day: 3, tenant_per_day: 4, source_per_day: 5}", "limits"
)
DENYING = load_base(
    "velocity: {recruiter_per_hour: 2, recruiter_per_day: 3, tenant_per_day: 4, source_per_day: 5,"
    " when_exceeded: deny, when_spraying: deny}",
    "denying",
)


@pytest.mark.parametrize(
    ("rule", "count", "limit", "code"),
    [
        (velocity.recruiter_per_hour, "recruiter_hour", 2, "velocity.recruiter_hour"),
        (velocity.recruiter_per_day, "recruiter_day", 3, "velocity.recruiter_day"),
        (velocity.tenant_per_day, "tenant_day", 4, "velocity.tenant_day"),
        (velocity.source_per_day, "source_day", 5, "velocity.source_day"),
    ],
)
def test_the_last_within_the_limit_passes_and_the_next_does_not(
    rule: Rule, count: str, limit: int, code: str
) -> None:
    """The case itself counts as one, and the document says whether beyond is a hold or a deny."""
    within = but(volume=NO_VOLUME.model_copy(update={count: limit - 1}))
    beyond = but(volume=NO_VOLUME.model_copy(update={count: limit}))
    assert spoken(rule, within, LIMITS) == []
    assert spoken(rule, beyond, LIMITS) == [(code, "hold")]
    assert spoken(rule, beyond, DENYING) == [(code, "deny")]
    others = [other for other in RULES if other is not rule]
    assert not any(spoken(other, beyond, LIMITS) for other in others)


@pytest.mark.parametrize(
    ("declines", "outreach", "held"),
    [
        # below twenty declines a share says nothing, even without any message
        (19, 0, False),
        (20, 0, True),
        # twenty of thirty-three are six in ten, of thirty-four they are not
        (20, 33, True),
        (20, 34, False),
        (60, 100, True),
        (59, 100, False),
    ],
)
def test_many_declines_for_few_messages_are_spray_and_pray(declines: int, outreach: int, held: bool) -> None:  # noqa: FBT001
    """The count includes the decline that is judged; exactly at the limit is beyond it."""
    volume = NO_VOLUME.model_copy(
        update={"recruiter_declines_30d": declines, "recruiter_outreach_30d": outreach}
    )
    expected = [("velocity.spray_and_pray", "hold")] if held else []
    assert spoken(velocity.no_spray_and_pray, but(volume=volume)) == expected
    assert [code for code, _ in spoken(velocity.no_spray_and_pray, but(volume=volume), DENYING)] == (
        ["velocity.spray_and_pray"] if held else []
    )
