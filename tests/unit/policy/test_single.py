from datetime import datetime, timedelta

import pytest

from services.policy.document import load_base
from services.policy.facts import Claim, Contact
from services.policy.rules import single
from tests.unit.policy.building import DECLINED, MILLISECOND, NOW, but, spoken

DAYS = timedelta(days=1)
LONGER = load_base("single: {cooldown_days: 365}", "longer")


def _claim(at: datetime, until: datetime, case: str = "case-other", latest: datetime | None = None) -> Claim:
    return Claim(case=case, at=at, until=until, recruiter="r-two", latest=latest)


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        # permitted at or after this no: thanked already, even when its cool-down should be over
        (_claim(DECLINED, DECLINED + 180 * DAYS), "single.already_thanked"),
        (_claim(DECLINED + MILLISECOND, DECLINED + 2 * MILLISECOND), "single.already_thanked"),
        # before this no: the cool-down counts, and at its end it is over
        (_claim(DECLINED - MILLISECOND, DECLINED + 180 * DAYS), "single.cooldown"),
        (_claim(NOW - 180 * DAYS + MILLISECOND, NOW + MILLISECOND), "single.cooldown"),
        (_claim(NOW - 180 * DAYS, NOW), None),
        # promised for longer than the document says now
        (_claim(NOW - 200 * DAYS, NOW + MILLISECOND), "single.cooldown"),
        # promised for less than the document says now
        (_claim(NOW - 10 * DAYS, NOW - DAYS), "single.cooldown"),
        (_claim(NOW - 900 * DAYS, NOW - 700 * DAYS), None),
        # the case's own permit is no obstacle to judging it again
        (_claim(NOW, NOW + 180 * DAYS, case="case-this"), None),
    ],
)
def test_a_claim_denies_while_it_stands(claim: Claim, expected: str | None) -> None:
    """One thank-you for one no, and one within the cool-down."""
    findings = spoken(single.no_claim_stands, but(claims=(claim,)))
    assert findings == ([(expected, "deny")] if expected else [])


def test_a_longer_cooldown_counts_from_the_old_permit() -> None:
    """A tenant that tightens the cool-down is held to it for permits given before."""
    context = but(claims=(_claim(NOW - 200 * DAYS, NOW - 20 * DAYS),))
    assert spoken(single.no_claim_stands, context) == []
    assert spoken(single.no_claim_stands, context, LONGER) == [("single.cooldown", "deny")]


@pytest.mark.parametrize(
    ("latest", "expected"),
    [
        (None, []),
        (NOW - 365 * DAYS, []),
        (NOW - 365 * DAYS + MILLISECOND, [("single.cooldown", "deny")]),
    ],
)
def test_a_longer_cooldown_counts_from_when_its_mail_may_have_gone_out(
    latest: datetime | None, expected: list[tuple[str, str]]
) -> None:
    """The person counts from the mail, which may come long after the permit."""
    context = but(claims=(_claim(NOW - 390 * DAYS, NOW - 180 * DAYS, latest=latest),))
    assert spoken(single.no_claim_stands, context, LONGER) == expected


@pytest.mark.parametrize(
    ("contacts", "held"),
    [
        ([("t1", 1 * DAYS), ("t2", 2 * DAYS)], False),
        ([("t1", 1 * DAYS), ("t2", 2 * DAYS), ("t3", 30 * DAYS)], True),
        ([("t1", 1 * DAYS), ("t2", 2 * DAYS), ("t3", 30 * DAYS + MILLISECOND)], False),
        # the same tenant again is one tenant
        ([("t1", 1 * DAYS), ("t1", 2 * DAYS), ("t2", 3 * DAYS)], False),
        # this tenant is not another one
        ([("t1", 1 * DAYS), ("t2", 2 * DAYS), ("acme", 3 * DAYS)], False),
        # the latest permit of a tenant counts, in whatever order they come
        ([("t1", 40 * DAYS), ("t1", 1 * DAYS), ("t2", 2 * DAYS), ("t3", 3 * DAYS), ("t3", 50 * DAYS)], True),
    ],
)
def test_many_other_tenants_hold(contacts: list[tuple[str, timedelta]], held: bool) -> None:  # noqa: FBT001
    """Three others within thirty days, the last moment included."""
    context = but(contacts=tuple(Contact(tenant=tenant, at=NOW - ago) for tenant, ago in contacts))
    assert spoken(single.few_other_tenants, context) == ([("single.many_tenants", "hold")] if held else [])


def test_a_tangled_identity_is_held() -> None:
    """Who cannot be told apart cannot be promised one message only."""
    assert spoken(single.one_person, but(tangled=True)) == [("single.identity_tangled", "hold")]
    assert spoken(single.one_person, but()) == []
