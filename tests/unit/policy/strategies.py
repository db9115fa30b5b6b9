"""Contexts and overrides at random, dense around the boundaries that the rules have."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar, get_args

import yaml
from hypothesis import strategies as st

from services.policy.context import Context
from services.policy.document import Policy, PolicyInvalid
from services.policy.facts import (
    AGES,
    Claim,
    Contact,
    EarlierDecline,
    Intent,
    Known,
    Lookup,
    Message,
    Review,
    Sameness,
    Standing,
    Stop,
    Tally,
    Volume,
)
from tests.unit.policy.building import DECLINED, MILLISECOND, NOW, but

T = TypeVar("T")

_HOURS = st.sampled_from([0, 1, 2, 12, 23, 24, 25, 48, 71, 72, 73, 168, 400, 24 * 30, 24 * 180, 24 * 365])
_AGO = st.builds(
    lambda hours, nudge: timedelta(hours=hours) + nudge * MILLISECOND,
    _HOURS,
    st.sampled_from([-1, 0, 0, 0, 1]),
)
_RECRUITERS = st.sampled_from(["r-one", "r-two", None])
_COUNTS = st.sampled_from([0, 0, 0, 1, 9, 10, 29, 30, 400, 500])

MESSAGES = st.builds(
    Message,
    id=st.sampled_from([f"m{number}" for number in range(12)]),
    at=_AGO.map(lambda ago: DECLINED + timedelta(hours=1) - ago),
    direction=st.sampled_from(["outreach", "outreach", "reply"]),
    channel=st.sampled_from(["email", "email", "email", "inmail"]),
    recruiter=_RECRUITERS,
)
STOPS = st.builds(
    Stop,
    kind=st.sampled_from(["opt_out", "complaint", "erasure", "bounce", "preference"]),
    scope=st.sampled_from(["tenant", "installation"]),
    at=_AGO.map(lambda ago: NOW - ago),
    event_id=st.sampled_from(["e1", "e2", "e3"]),
)
_DECLINES = st.builds(
    EarlierDecline,
    case=st.sampled_from(["c1", "c2"]),
    at=_AGO.map(lambda ago: NOW - ago),
    recruiter=_RECRUITERS,
)
_CLAIMS = st.builds(
    lambda case, ago, days: Claim(
        case=case, at=NOW - ago, until=NOW - ago + timedelta(days=days), recruiter=None
    ),
    st.sampled_from(["case-this", "c1", "c2"]),
    _AGO,
    st.sampled_from([30, 180, 365]),
)
_CONTACTS = st.builds(
    Contact, tenant=st.sampled_from(["t1", "t2", "t3", "t4", "acme"]), at=_AGO.map(lambda ago: NOW - ago)
)
_VOLUMES = st.builds(
    Volume,
    recruiter_day=_COUNTS,
    tenant_day=_COUNTS,
    source_day=_COUNTS,
    recruiter_hour=_COUNTS,
    recruiter_declines_30d=_COUNTS,
    recruiter_outreach_30d=_COUNTS,
)
_COLUMNS = st.one_of(
    st.just(()),
    st.builds(
        lambda at, count: tuple(count if place == at else 0 for place in range(len(AGES))),
        st.sampled_from([0, 2, 3, 7, 12, len(AGES) - 1]),
        st.sampled_from([1, 3, 5, 10, 15, 20, 40, 100]),
    ),
)
#: Tallies whose counts lie where a bucket, a bound or a floor begins.
TALLIES = st.builds(
    Tally,
    subject=st.just("acme"),
    **{name: _COLUMNS for name in Tally.model_fields if name != "subject"},
)
STANDINGS = st.builds(
    Standing, recruiter=TALLIES, tenant=TALLIES, source=TALLIES, team=st.one_of(st.none(), TALLIES)
)
_SAMENESS = st.builds(
    Sameness, decline=st.sampled_from([0, 9, 10, 40]), outreach=st.sampled_from([0, 199, 200, 999])
)
INTENTS = st.sampled_from(get_args(Intent))
_REVIEWS = st.builds(
    Review,
    by=st.just("key-7"),
    decision=st.sampled_from(["approve", "deny"]),
    reason=st.just("seen"),
    at=st.just(NOW),
)


def _few(entries: st.SearchStrategy[T], most: int) -> st.SearchStrategy[tuple[T, ...]]:
    return st.one_of(st.just(()), st.lists(entries, max_size=most).map(tuple))


_WHO = st.sampled_from(["candidate", "company", "unknown", None])
_CHANGES: dict[str, st.SearchStrategy[object]] = {
    "received_at": st.sampled_from([NOW - timedelta(seconds=ago) for ago in (60, 119, 120, 3600)]),
    "declined_at": st.sampled_from([DECLINED, NOW + timedelta(minutes=6), NOW - timedelta(days=31)]),
    "who": st.sampled_from(["company", "unknown"]),
    "stage": st.sampled_from(["application", "interview", "offer", None]),
    "messages": st.lists(MESSAGES, max_size=6).map(tuple),
    "earlier_declines": _few(_DECLINES, 2),
    "withdrawn_at": st.just(NOW),
    "stops": _few(STOPS, 2),
    "claims": _few(_CLAIMS, 2),
    "contacts": _few(_CONTACTS, 5),
    "volume": _VOLUMES,
    "edition": st.just(1),
    "standing": st.one_of(st.none(), STANDINGS),
    "sameness": st.one_of(st.none(), _SAMENESS),
    "permits_day": _COUNTS,
    "reply_intent": INTENTS,
    "review": _REVIEWS,
    "not_before": st.sampled_from([NOW, NOW + timedelta(days=1)]),
    "follow_up_wanted": st.booleans(),
    "tangled": st.just(True),
    "history_waits": st.just(True),
    "seen_at": st.sampled_from([NOW - timedelta(seconds=ago) for ago in (-60, 0, 119, 120)]),
    "lookup": st.builds(Lookup, state=st.sampled_from(["pending", "found", "failed"]))
    | st.builds(Lookup, state=st.just("found"), known=st.builds(Known, who=_WHO)),
}


@st.composite
def _contexts(draw: st.DrawFn) -> Context:
    # Few changes at a time: where everything is wrong every verdict is a deny, and nothing can be told apart.
    names = draw(st.lists(st.sampled_from(sorted(_CHANGES)), max_size=4, unique=True))
    return but(**{name: draw(_CHANGES[name]) for name in names})


CONTEXTS: st.SearchStrategy[Context] = _contexts()

_ACTIONS: st.SearchStrategy[object] = st.sampled_from(["hold", "deny"])
_TIMES: st.SearchStrategy[object] = st.sampled_from(
    ["00:00", "06:30", "08:00", "09:00", "18:00", "20:00", "21:15"]
)
_FIELDS: dict[str, dict[str, st.SearchStrategy[object]]] = {
    "provenance": {
        "no_outreach": _ACTIONS,
        "reversed_order": _ACTIONS,
        "outreach_within_days": st.sampled_from([1, 7, 30, 180, 365]),
        "decline_max_age_days": st.sampled_from([1, 30, 31, 90]),
        "future_tolerance_seconds": st.sampled_from([0, 300, 600]),
        "too_fast_seconds": st.sampled_from([0, 10, 60]),
        "same_words_at": st.sampled_from([1, 9, 10, 40]),
        "confirm_min_declines": st.sampled_from([1, 20, 100]),
        "confirmed_at_least_percent": st.sampled_from([0, 5, 50, 100]),
    },
    "stages": dict.fromkeys(
        ["outreach", "application", "interview", "offer", "untold"],
        st.sampled_from(["thank", "hold", "deny"]),
    ),
    "consent": {"only_if_wanted": st.booleans()},
    "single": {
        "cooldown_days": st.sampled_from([30, 90, 180, 365, 730]),
        "other_tenants_hold_at": st.integers(1, 5),
        "other_tenants_within_days": st.sampled_from([1, 30, 180, 365]),
    },
    "conduct": {
        "burst_messages": st.integers(2, 3),
        "burst_window_hours": st.sampled_from([24, 48, 72, 168]),
        "unanswered_deny_at": st.integers(2, 4),
        "unanswered_hold_at": st.integers(2, 4),
        "channels_window_hours": st.sampled_from([24, 72, 168, 720]),
        "same_template_at": st.sampled_from([2, 199, 200, 1000]),
    },
    "velocity": {
        "recruiter_per_hour": st.sampled_from([1, 2, 10, 30, 1000]),
        "recruiter_per_day": st.sampled_from([1, 10, 30, 1000]),
        "tenant_per_day": st.sampled_from([1, 10, 500, 1000]),
        "source_per_day": st.sampled_from([1, 10, 500, 1000]),
        "when_exceeded": _ACTIONS,
        "spray_min_declines": st.sampled_from([1, 10, 20, 1000]),
        "spray_declines_per_hundred_outreach": st.sampled_from([1, 30, 60, 100]),
        "when_spraying": _ACTIONS,
    },
    "reputation": {
        **dict.fromkeys(
            [
                *("recruiter_hold_percent", "recruiter_deny_percent", "tenant_hold_percent"),
                *("team_hold_percent", "team_deny_percent"),
                *("tenant_deny_percent", "grave_hold_percent", "grave_deny_percent", "breaker_floor_percent"),
            ],
            st.sampled_from([1, 3, 15, 20, 40, 100]),
        ),
        **dict.fromkeys(
            [
                *("recruiter_min_bad", "team_min_bad", "tenant_min_bad", "grave_min_bad"),
                *("breaker_min_bad", "probation_per_day"),
            ],
            st.sampled_from([1, 3, 5, 10, 40]),
        ),
        "bad_half_life_days": st.sampled_from([7, 30, 365]),
        "good_half_life_days": st.sampled_from([7, 30, 365]),
        "probation_follow_ups": st.sampled_from([0, 5, 10, 40]),
    },
    "schedule": {
        "courtesy_delay_min_minutes": st.sampled_from([0, 60, 120, 240]),
        "courtesy_delay_max_minutes": st.sampled_from([240, 600, 1200, 2000]),
        "quiet_from": _TIMES,
        "quiet_to": _TIMES,
        "weekends": st.booleans(),
    },
    "review": {"expires_after_days": st.integers(1, 30)},
}
#: Documents of random sections and fields, which may contradict each other.
DOCUMENTS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        **{name: st.fixed_dictionaries({}, optional=fields) for name, fields in _FIELDS.items()},
        "grace_seconds": st.sampled_from([0, 60, 120, 3600]),
    },
)


def accepted(load: Callable[[str, str], Policy], fields: dict[str, Any]) -> Policy:
    """The policy that `load` makes of `fields` once it is rid of all that it refuses."""
    while True:
        try:
            return load(yaml.safe_dump(fields), "generated")
        except PolicyInvalid as refused:
            for fault in refused.faults:
                *section, name = fault.pointer.strip("/").split("/")
                (fields[section[0]] if section else fields).pop(name, None)
                if name in _PARTNERS and section:
                    fields[section[0]].pop(_PARTNERS[name], None)


#: A fault between two fields may be told at the one that is not in the text.
_PARTNERS = {"courtesy_delay_max_minutes": "courtesy_delay_min_minutes", "quiet_to": "quiet_from"}
