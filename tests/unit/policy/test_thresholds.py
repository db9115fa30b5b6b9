"""Each field of the document bites, and only its stricter side can be an override."""

from datetime import timedelta

import pytest
import yaml

from services.policy.context import Context
from services.policy.document import Policy, PolicyInvalid, load_base, tighten
from services.policy.facts import Claim, Contact
from services.policy.judge import judge
from services.policy.sections import Document
from services.policy.tighter import Section
from tests.unit.policy.building import (
    DECLINED,
    NO_VOLUME,
    NOW,
    PLAIN,
    aged,
    but,
    message,
    same,
    standing,
    tally,
    written,
)

DAY, WEEK = timedelta(days=1), 168
#: The grace for what arrived at NOW is over.
LATER = NOW + timedelta(hours=1)


def _volume(**counts: int) -> Context:
    return but(volume=NO_VOLUME.model_copy(update=counts))


def _others(count: int, ago: timedelta) -> Context:
    return but(contacts=tuple(Contact(tenant=f"t{number}", at=NOW - ago) for number in range(count)))


def _house(**today: int) -> Context:
    return but(standing=standing(tenant=tally("acme", **today)))


def _team(**today: int) -> Context:
    return but(standing=standing(team=tally("acme/t1", **today)))


#: Nobody knows of the source's conversations, and often of those of the house's other sources.
_CONFIRMED = but(
    standing=standing(
        tenant=tally("acme", declines=400, confirmed=150), source=tally("ats", declines=200, confirmed=0)
    )
)
#: Good ends and bad ones, all of six weeks ago (the bucket of 42 days), the bad ones of a part.
_MIXED = aged(12, declines=14, opt_outs=5)

#: Field, a milder and a stricter value, and a case that tells them apart.
JUDGED: list[tuple[str, object, object, Context]] = [
    ("provenance.no_outreach", "hold", "deny", but(messages=(), now=LATER)),
    ("provenance.reversed_order", "hold", "deny", but(messages=(message("m", timedelta(0)),), now=LATER)),
    ("provenance.outreach_within_days", 180, 30, but(messages=(message("m", 100 * DAY),), now=LATER)),
    ("provenance.decline_max_age_days", 30, 10, but(now=DECLINED + 20 * DAY)),
    ("provenance.future_tolerance_seconds", 300, 60, but(declined_at=NOW + timedelta(seconds=120))),
    ("stages.outreach", "thank", "deny", PLAIN),
    ("stages.application", "thank", "hold", but(stage="application")),
    ("stages.interview", "thank", "hold", but(stage="interview")),
    ("stages.offer", "hold", "deny", but(stage="offer")),
    ("stages.untold", "thank", "hold", but(stage=None)),
    ("consent.only_if_wanted", False, True, PLAIN),
    (
        "single.cooldown_days",
        30,
        180,
        but(claims=(Claim(case="c", at=NOW - 100 * DAY, until=NOW - 70 * DAY, recruiter=None),)),
    ),
    (
        "provenance.too_fast_seconds",
        10,
        60,
        but(messages=(message("m", timedelta(seconds=30)),)),
    ),
    ("provenance.same_words_at", 10, 5, but(sameness=same(decline=7))),
    ("provenance.confirm_min_declines", 300, 100, _CONFIRMED),
    ("provenance.confirmed_at_least_percent", 1, 5, _CONFIRMED),
    ("conduct.same_template_at", 200, 100, but(sameness=same(outreach=150))),
    ("reputation.recruiter_hold_percent", 15, 10, but(standing=standing(tally(declines=30, opt_outs=8)))),
    ("reputation.recruiter_deny_percent", 40, 20, but(standing=standing(tally(declines=20, opt_outs=14)))),
    ("reputation.recruiter_min_bad", 10, 5, but(standing=standing(tally(declines=10, opt_outs=9)))),
    ("reputation.team_hold_percent", 20, 12, _team(declines=100, refused=25)),
    ("reputation.team_deny_percent", 60, 40, _team(declines=100, refused=60)),
    ("reputation.team_min_bad", 30, 15, _team(declines=50, refused=25)),
    ("reputation.tenant_hold_percent", 20, 12, _house(declines=100, refused=25)),
    ("reputation.tenant_deny_percent", 60, 40, _house(declines=100, refused=60)),
    ("reputation.tenant_min_bad", 30, 15, _house(declines=50, refused=25)),
    ("reputation.grave_hold_percent", 5, 2, but(standing=standing(tally(declines=40, complaints=4)))),
    ("reputation.grave_deny_percent", 20, 8, but(standing=standing(tally(declines=40, complaints=9)))),
    ("reputation.grave_min_bad", 5, 3, but(standing=standing(tally(declines=20, invented=3)))),
    ("reputation.bad_half_life_days", 7, 90, but(standing=standing(_MIXED))),
    ("reputation.good_half_life_days", 90, 7, but(standing=standing(_MIXED))),
    ("reputation.probation_follow_ups", 0, 10, but(permits_day=10)),
    ("reputation.probation_per_day", 5, 3, but(permits_day=3)),
    ("reputation.breaker_min_bad", 14, 10, _house(declines=18, opt_outs=13)),
    ("reputation.breaker_floor_percent", 40, 15, _house(declines=25, opt_outs=12)),
    ("single.other_tenants_hold_at", 3, 2, _others(2, DAY)),
    ("single.other_tenants_within_days", 30, 60, _others(3, 45 * DAY)),
    ("conduct.burst_messages", 3, 2, but(messages=written(3, 2))),
    ("conduct.burst_window_hours", 24, 48, but(messages=written(60, 40, 20))),
    ("conduct.unanswered_deny_at", 4, 3, but(messages=written(3 * WEEK, 2 * WEEK, WEEK))),
    ("conduct.unanswered_hold_at", 3, 2, but(messages=written(2 * WEEK, WEEK))),
    (
        "conduct.channels_window_hours",
        72,
        168,
        but(messages=(message("a", 9 * DAY), message("b", 5 * DAY, channel="sms"))),
    ),
    ("velocity.recruiter_per_hour", 10, 5, _volume(recruiter_hour=7)),
    ("velocity.recruiter_per_day", 30, 5, _volume(recruiter_day=7)),
    ("velocity.tenant_per_day", 500, 5, _volume(tenant_day=7)),
    ("velocity.source_per_day", 500, 5, _volume(source_day=7)),
    ("velocity.when_exceeded", "hold", "deny", _volume(recruiter_hour=10)),
    ("velocity.spray_min_declines", 20, 5, _volume(recruiter_declines_30d=9, recruiter_outreach_30d=1)),
    (
        "velocity.spray_declines_per_hundred_outreach",
        60,
        30,
        _volume(recruiter_declines_30d=20, recruiter_outreach_30d=50),
    ),
    ("velocity.when_spraying", "hold", "deny", _volume(recruiter_declines_30d=30)),
    ("grace_seconds", 120, 0, but(messages=())),
]
#: What the judge does not use, but the sending and the reviewing do.
UNJUDGED: list[tuple[str, object, object]] = [
    ("schedule.courtesy_delay_min_minutes", 60, 120),
    ("schedule.courtesy_delay_max_minutes", 1200, 600),
    ("schedule.weekends", True, False),
    ("schedule.quiet_from", "20:00", "19:00"),
    ("schedule.quiet_to", "08:00", "09:00"),
    ("review.expires_after_days", 14, 7),
]


def _saying(field: str, value: object) -> str:
    said = value
    for name in reversed(field.split(".")):
        said = {name: said}
    return yaml.safe_dump(said)


def _both(field: str, milder: object, stricter: object) -> tuple[Policy, Policy]:
    mild = load_base(_saying(field, milder), "mild")
    with pytest.raises(PolicyInvalid, match="only tighten"):
        tighten(load_base(_saying(field, stricter), "strict"), _saying(field, milder), "override")
    return mild, tighten(mild, _saying(field, stricter), "override")


@pytest.mark.parametrize(("field", "milder", "stricter", "context"), JUDGED, ids=[row[0] for row in JUDGED])
def test_each_threshold_bites_on_its_stricter_side(
    field: str, milder: object, stricter: object, context: Context
) -> None:
    """The stricter value is accepted and judges harder; the milder one is refused."""
    mild, strict = _both(field, milder, stricter)
    harshness = ["approve", "hold", "deny"].index
    assert harshness(judge(context, strict).verdict) > harshness(judge(context, mild).verdict)


@pytest.mark.parametrize(("field", "milder", "stricter"), UNJUDGED, ids=[row[0] for row in UNJUDGED])
def test_sending_and_reviewing_tighten_one_way_too(field: str, milder: object, stricter: object) -> None:
    """Later at the soonest, sooner at the latest, more quiet, fewer days on the desk."""
    mild, strict = _both(field, milder, stricter)
    assert mild.version != strict.version


def test_no_field_is_forgotten_here() -> None:
    """A new threshold needs a row that shows what it does."""
    named: set[str] = set()
    for name, value in Document():
        named |= {f"{name}.{leaf}" for leaf, _ in value} if isinstance(value, Section) else {name}
    assert named == {row[0] for row in [*JUDGED, *UNJUDGED]}
