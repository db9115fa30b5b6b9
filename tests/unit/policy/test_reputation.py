from math import sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.policy.context import Context
from services.policy.document import load_base
from services.policy.facts import AGES, Tally
from services.policy.judge import judge
from services.policy.outcomes import of_case, of_stop
from services.policy.rules import reputation
from services.policy.tallies import BAD, STOPS, total
from shared.interval import lower, upper
from shared.store.client import Document
from tests.unit.policy.building import DEFAULTS, NOW, PLAIN, aged, but, spoken, standing, tally
from tests.unit.policy.strategies import CONTEXTS, TALLIES

_HARSHNESS = {"approve": 0, "hold": 1, "deny": 2}
_RULES = (reputation.recruiter_record, reputation.team_record, reputation.tenant_record)
#: What is judged of a recruiter and a tenant, whatever the team.
_OTHERS = (
    reputation.recruiter_record,
    reputation.tenant_record,
    reputation.probation,
    reputation.no_breaker_open,
)
_TEAMS = st.one_of(st.none(), TALLIES)


def _house(*parts: Tally) -> Context:
    """A tenant whose tally is the sum of these."""
    tenant = parts[0]
    for part in parts[1:]:
        tenant = _plus(tenant, part)
    return but(standing=standing(tenant=tenant))


def _plus(one: Tally, other: Tally) -> Tally:
    columns = {}
    for name in Tally.model_fields.keys() - {"subject"}:
        pair = [getattr(each, name) or (0,) * len(AGES) for each in (one, other)]
        columns[name] = tuple(a + b for a, b in zip(*pair, strict=True))
    return Tally(subject=one.subject, **columns)


def test_nothing_is_said_of_whom_nobody_knows() -> None:
    """A fresh installation approves a plain first no, and so does a context of before the counts."""
    assert judge(PLAIN, DEFAULTS).findings == ()
    assert judge(but(standing=None, sameness=None, edition=1), DEFAULTS).findings == ()


@pytest.mark.parametrize(
    ("declines", "opt_outs", "expected"),
    [
        # four bad ends can be bad luck, whatever their share
        (0, 4, []),
        (0, 5, [("reputation.recruiter", "hold")]),
        # the same share is proven by more conversations
        (20, 5, []),
        (60, 20, [("reputation.recruiter", "hold")]),
        # for a deny it takes ten, and a share that is surely four in ten
        (0, 9, [("reputation.recruiter", "hold")]),
        (5, 9, [("reputation.recruiter", "hold")]),
        (0, 10, [("reputation.recruiter", "deny")]),
        (10, 10, [("reputation.recruiter", "hold")]),
        # an ordinary month: one in twenty wants to hear no more
        (95, 5, []),
    ],
)
def test_a_share_counts_only_as_far_as_it_is_certain(
    declines: int, opt_outs: int, expected: list[tuple[str, str]]
) -> None:
    """No bare ratio: few conversations prove little."""
    context = but(standing=standing(tally(declines=declines, opt_outs=opt_outs)))
    assert spoken(reputation.recruiter_record, context) == expected


def test_the_evidence_names_the_counts_behind_it() -> None:
    """So an incident can be told from what is stored: whose, of how many days, how many of each."""
    context = but(standing=standing(tally("acme/r1", declines=10, complaints=3, invented=2, opt_outs=1)))
    [_, grave] = reputation.recruiter_record(context, DEFAULTS)
    assert grave.code == "reputation.recruiter_grave"
    assert grave.evidence == {
        "subject": "acme/r1",
        "days": 91,
        "declines": 10,
        "complaints": 3,
        "opt_outs": 1,
        "bounces": 0,
        "invented": 2,
        "refused": 0,
        "at_least_percent": 17.7,
        "hold_percent": 3,
        "deny_percent": 20,
        "floor": 3,
    }


def test_bad_ends_are_outlived_and_good_ones_do_not_last_for_ever() -> None:
    """What was held today passes a quarter later, and old merits do not outweigh new misconduct."""
    bad = tally(opt_outs=6)
    good_then, good_now = aged(len(AGES) - 1, declines=30), tally(declines=30)
    rule = reputation.recruiter_record
    assert spoken(rule, but(standing=standing(_plus(good_then, bad)))) == [("reputation.recruiter", "hold")]
    assert spoken(rule, but(standing=standing(_plus(good_now, bad)))) == []
    assert spoken(rule, but(standing=standing(_plus(good_now, aged(len(AGES) - 1, opt_outs=9))))) == []


@settings(max_examples=150)
@given(CONTEXTS, TALLIES, st.sampled_from(BAD), st.sampled_from([0, 2, 3, 12]), st.integers(1, 40))
def test_more_bad_ends_are_never_milder(
    context: Context, told: Tally, kind: str, bucket: int, more: int
) -> None:
    """Whatever else is known: another complaint, opt-out, bounce, refusal or invention never helps."""
    before = but(**{**context.model_dump(), "standing": standing(recruiter=told, tenant=told, team=told)})
    # an invented or refused decline is a decline, which stops being a good one
    room = _plus(told, aged(bucket, declines=more))
    worse = _plus(told, aged(bucket, "acme", **{kind: more}))
    if kind in {"invented", "refused"}:
        before = but(**{**context.model_dump(), "standing": standing(recruiter=room, tenant=room, team=room)})
        worse = _plus(room, aged(bucket, "acme", **{kind: more}))
    after = but(**{**context.model_dump(), "standing": standing(recruiter=worse, tenant=worse, team=worse)})
    for rule in _RULES:
        harshness = [
            max([["note", "hold", "deny"].index(severity) for _, severity in spoken(rule, each)], default=0)
            for each in (before, after)
        ]
        assert harshness[0] <= harshness[1]


@pytest.mark.parametrize(
    ("declines", "opt_outs", "expected"),
    [
        # more than one recruiter's floor, fewer than a house's
        (0, 9, []),
        (0, 10, [("reputation.team", "hold")]),
        (0, 19, [("reputation.team", "hold")]),
        (0, 20, [("reputation.team", "deny")]),
        (90, 20, []),
        (60, 20, [("reputation.team", "hold")]),
    ],
)
def test_a_team_is_judged_by_lines_of_its_own(
    declines: int, opt_outs: int, expected: list[tuple[str, str]]
) -> None:
    """Between one recruiter and a house, and by the same interval."""
    context = but(standing=standing(team=tally("acme/t1", declines=declines, opt_outs=opt_outs)))
    assert spoken(reputation.team_record, context) == expected


@given(TALLIES, TALLIES)
def test_who_names_no_team_is_of_none(recruiter: Tally, tenant: Tally) -> None:
    """Whatever is known of the others, nothing is said of a team."""
    context = but(standing=standing(recruiter=recruiter, tenant=tenant))
    assert spoken(reputation.team_record, context) == []


@settings(max_examples=80)
@given(CONTEXTS, TALLIES, TALLIES, _TEAMS, _TEAMS)
def test_another_teams_name_leaves_the_recruiters_and_the_tenants_record(
    context: Context, recruiter: Tally, tenant: Tally, team: Tally | None, renamed: Tally | None
) -> None:
    """What is said of them is the same under every team's name, and a team's record only ever adds to it."""

    def under(name: Tally | None) -> Context:
        told = standing(recruiter=recruiter, tenant=tenant, team=name)
        return but(**{**context.model_dump(), "standing": told})

    for rule in _OTHERS:
        assert list(rule(under(team), DEFAULTS)) == list(rule(under(renamed), DEFAULTS))
    verdicts = [judge(under(name), DEFAULTS).verdict for name in (None, team)]
    assert _HARSHNESS[verdicts[0]] <= _HARSHNESS[verdicts[1]]


def _denied(code: str, team: str | None) -> Document:
    decision = {"at": NOW, "findings": [{"code": code}]}
    named = {"recruiter": "acme/r1", "team": team}
    return {"_id": "c", "tenant": "acme", "source": "ats", "state": "denied", "decision": decision, **named}


def _subjects(rows: list[Document]) -> set[str]:
    return {row["subject"] for row in rows}


@pytest.mark.parametrize("code", ["provenance.no_outreach", "review.denied"])
def test_what_a_recruiter_did_counts_under_any_teams_name(code: str) -> None:
    """A bad end counts for recruiter and tenant as it always did, and for a team beside them."""
    own = {"recruiter:acme/r1", "tenant:acme"}
    assert _subjects(of_case(_denied(code, None))) == own
    assert _subjects(of_case(_denied(code, "acme/t1"))) == {*own, "team:acme/t1"}
    assert _subjects(of_case(_denied(code, "acme/t2"))) == {*own, "team:acme/t2"}
    before_teams = {name: value for name, value in _denied(code, None).items() if name != "team"}
    assert _subjects(of_case(before_teams)) == own


@pytest.mark.parametrize("code", ["provenance.no_outreach", "review.denied"])
def test_a_test_of_a_source_counts_for_nobody(code: str) -> None:
    """However late it is judged, and whatever is found: nobody invented anything."""
    assert of_case({**_denied(code, "acme/t1"), "sample": True}) == []


def test_a_stop_counts_for_each_team_that_had_written() -> None:
    """Once for each, of messages that name one; those of before name none."""
    wrote = {"id": "m", "direction": "outreach", "at": NOW, "recruiter": "acme/r1"}
    messages = [{**wrote, "team": name} for name in ("acme/t1", "acme/t2", "acme/t1", None)] + [wrote]
    rows = of_stop("opt_out", "acme", "evt_1", NOW, messages)
    assert sorted(row["subject"] for row in rows) == [
        *("recruiter:acme/r1", "team:acme/t1", "team:acme/t2", "tenant:acme"),
    ]


def test_a_new_recruiter_is_limited_and_not_stopped() -> None:
    """Ten a day pass, the next is held."""
    assert spoken(reputation.probation, but(permits_day=9)) == []
    assert spoken(reputation.probation, but(permits_day=10)) == [("reputation.probation", "hold")]


@pytest.mark.parametrize(
    ("known", "still_new"),
    [
        (aged(3, follow_ups=9), True),
        (aged(3, follow_ups=10), False),
        # what is younger than three days has not shown yet
        (aged(2, follow_ups=50), True),
        # one complaint undoes five
        (_plus(aged(3, follow_ups=14), tally(complaints=1)), True),
        (_plus(aged(3, follow_ups=15), tally(complaints=1)), False),
    ],
)
def test_probation_ends_by_good_conduct(known: Tally, still_new: bool) -> None:  # noqa: FBT001
    """Ten follow-ups, old enough to have shown, that brought no bad end."""
    context = but(standing=standing(known), permits_day=20)
    assert bool(spoken(reputation.probation, context)) is still_new


@pytest.mark.parametrize(
    ("lately", "before", "is_open"),
    [
        # below the floor of ten it is chance
        (tally(declines=10, bounces=9), aged(9, declines=100), False),
        (tally(declines=10, bounces=10), aged(9, declines=100), True),
        # nothing unusual for this house: every other conversation always ended so
        (tally(declines=30, opt_outs=30), aged(9, declines=100, opt_outs=100), False),
        # many, but few for so many conversations
        (tally(declines=200, opt_outs=30), aged(9, declines=200), False),
        # three days later it is past
        (aged(3, declines=10, complaints=20), aged(9, declines=100), False),
        (aged(2, declines=10, complaints=20), aged(9, declines=100), True),
        # a house without weeks before has only the floor
        (tally(declines=10, complaints=20), tally(), True),
    ],
)
def test_a_jump_opens_the_breaker_and_quiet_closes_it(lately: Tally, before: Tally, is_open: bool) -> None:  # noqa: FBT001
    """Against the tenant's own weeks before; everything of the tenant is held meanwhile."""
    expected = [("reputation.breaker_open", "hold")] if is_open else []
    assert spoken(reputation.no_breaker_open, _house(lately, before)) == expected


@settings(max_examples=100)
@given(TALLIES, st.sampled_from(STOPS), st.integers(1, 50))
def test_more_complaints_never_close_the_breaker(told: Tally, kind: str, more: int) -> None:
    """Once open, another bad end of today keeps it open."""
    worse = _plus(told, aged(0, "acme", **{kind: more}))
    if spoken(reputation.no_breaker_open, _house(told)):
        assert spoken(reputation.no_breaker_open, _house(worse))


def test_a_document_may_hold_everything_of_a_new_recruiter_but_one() -> None:
    """The bounds leave at least one a day, so that good conduct can be shown at all."""
    strict = load_base("reputation: {probation_per_day: 1}", "strict")
    assert spoken(reputation.probation, PLAIN, strict) == []


@pytest.mark.parametrize(("hits", "of"), [(1, 10), (5, 20), (3, 100), (50, 60), (10, 10)])
def test_the_interval_is_what_it_says(hits: int, of: int) -> None:
    """Wilson's definition: were the share at either end, what was counted would lie 1.96 deviations off."""
    low, high = lower(hits, of), upper(hits, of)
    assert 0 < low < hits / of <= high <= 1
    for end in (low, high) if hits < of else (low,):
        deviation = sqrt(end * (1 - end) / of)
        assert abs(hits / of - end) / deviation == pytest.approx(1.96, abs=0.001)
    assert lower(0, 0) == 0
    assert upper(0, 0) == 1
    assert lower(0, of) == 0
    assert upper(of, of) == 1


@given(TALLIES)
def test_a_tally_adds_up(told: Tally) -> None:
    """What lies before a day and what lies since are all there is."""
    for kind in BAD:
        assert total(told, kind, until=3) + total(told, kind, since=3) == total(told, kind)
