from datetime import datetime, timedelta

import pytest

from services.policy.document import load_base
from services.policy.facts import Stop, StopKind, StopScope
from services.policy.rules import consent
from tests.unit.policy.building import DECLINED, MILLISECOND, NOW, but, spoken

ONLY_IF_WANTED = load_base("consent: {only_if_wanted: true}", "asked")


@pytest.mark.parametrize("scope", ["tenant", "installation"])
@pytest.mark.parametrize("at", [DECLINED - timedelta(days=3000), DECLINED, NOW, NOW + timedelta(days=1)])
@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("opt_out", "consent.opted_out"),
        ("complaint", "consent.complained"),
        ("erasure", "consent.erased"),
        ("bounce", "consent.bounced"),
        ("preference", "consent.unwanted"),
    ],
)
def test_a_stop_denies_whenever_and_wherever_it_was_said(
    kind: StopKind, code: str, scope: StopScope, at: datetime
) -> None:
    """Neither its age nor its scope makes a stop weaker, and the evidence names its event."""
    context = but(stops=(Stop(kind=kind, scope=scope, at=at, event_id="e-9"),))
    [finding] = consent.nothing_forbids(context, ONLY_IF_WANTED)
    assert (finding.code, finding.severity) == (code, "deny")
    assert finding.evidence["events"] == ["e-9"]
    assert finding.evidence["everywhere"] is (scope == "installation")


def test_several_stops_of_a_kind_are_one_finding_and_kinds_are_kept_apart() -> None:
    """Who reads it can tell "asked to stop" from "mailbox broken"."""
    kinds: tuple[StopKind, ...] = ("opt_out", "opt_out", "bounce")
    stops = tuple(
        Stop(kind=kind, scope="tenant", at=NOW, event_id=f"e{number}") for number, kind in enumerate(kinds)
    )
    findings = list(consent.nothing_forbids(but(stops=stops), ONLY_IF_WANTED))
    assert [finding.code for finding in findings] == ["consent.opted_out", "consent.bounced"]
    assert findings[0].evidence["events"] == ["e0", "e1"]


@pytest.mark.parametrize(
    ("wanted", "default", "asked"),
    [
        (True, [], []),
        (None, [], [("consent.not_asked_for", "deny")]),
        (False, [("consent.unwanted", "deny")], [("consent.unwanted", "deny")]),
    ],
)
def test_what_the_candidate_prefers_is_obeyed(
    wanted: bool | None,  # noqa: FBT001
    default: list[tuple[str, str]],
    asked: list[tuple[str, str]],
) -> None:
    """No means no; silence is enough only where the document says so."""
    context = but(follow_up_wanted=wanted)
    assert spoken(consent.preference_allows, context) == default
    assert spoken(consent.preference_allows, context, ONLY_IF_WANTED) == asked


@pytest.mark.parametrize(
    ("not_before", "denied"),
    [(NOW - MILLISECOND, False), (NOW, False), (NOW + MILLISECOND, True), (NOW + timedelta(days=90), True)],
)
def test_nothing_goes_out_before_the_date_that_was_asked_for(not_before: datetime, denied: bool) -> None:  # noqa: FBT001
    """At that date it may, a moment before it may not, even where follow-ups are welcome."""
    expected = [("consent.not_before", "deny")] if denied else []
    assert spoken(consent.preference_allows, but(not_before=not_before, follow_up_wanted=True)) == expected
