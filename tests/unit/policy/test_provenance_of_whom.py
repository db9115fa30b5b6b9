"""Whose no it is, by what the source, its map of reasons and the platform say."""

import pytest

from services.policy.facts import Known, Lookup, Reading, Reason
from services.policy.rules import provenance_of_whom
from shared.reasons import Side, Who
from tests.unit.policy.building import DEFAULTS, but, spoken


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("candidate", []),
        ("company", [("provenance.declined_by_company", "deny")]),
        ("unknown", [("provenance.unclear_who", "hold")]),
    ],
)
def test_only_the_candidates_own_no_counts(who: str, expected: list[tuple[str, str]]) -> None:
    """A no from the company denies, one from nobody knows whom is held."""
    assert spoken(provenance_of_whom.who_declined, but(who=who)) == expected


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("candidate", []),
        ("company", [("provenance.declined_by_company", "deny")]),
        ("unknown", [("provenance.unclear_who", "hold")]),
        (None, [("provenance.not_declined", "deny")]),
    ],
)
def test_what_only_the_platform_knows_decides(who: Who | None, expected: list[tuple[str, str]]) -> None:
    """Also that it was no decline at all, for a reason that anybody can read; and its reason is told."""
    known = Known(who=who, why=None if who else "the status became INTERVIEW", reason="Timing")
    context = but(who=who or "unknown", reason="Timing", lookup=Lookup(state="found", known=known))
    found = list(provenance_of_whom.who_declined(context, DEFAULTS))
    assert [(one.code, one.severity) for one in found] == expected
    told = {"why": "the status became INTERVIEW"} if who is None else {"reason": "Timing"}
    assert all(told.items() <= one.evidence.items() for one in found)


@pytest.mark.parametrize("sample", [False, True])
def test_nobody_is_thanked_for_nothing(*, sample: bool) -> None:
    """A test of a source ends here, whatever else is known."""
    expected = [("provenance.test", "deny")] if sample else []
    assert spoken(provenance_of_whom.somebodys, but(sample=sample)) == expected


@pytest.mark.parametrize(
    ("told", "sides", "expected"),
    [
        ("unknown", [None], [("provenance.unmapped_reason", "hold")]),
        ("unknown", [None, None], [("provenance.unmapped_reason", "hold")]),
        ("unknown", ["candidate"], []),
        ("unknown", [None, "candidate"], []),
        ("candidate", [None], []),
        ("company", [None], [("provenance.declined_by_company", "deny")]),
        ("unknown", ["company"], [("provenance.declined_by_company", "deny")]),
        ("company", ["candidate"], [("provenance.ambiguous_reason", "hold")]),
        ("candidate", ["company"], [("provenance.ambiguous_reason", "hold")]),
        ("unknown", ["candidate", "company"], [("provenance.ambiguous_reason", "hold")]),
        ("candidate", ["ignore"], [("provenance.no_decline", "deny")]),
        ("unknown", ["candidate", "ignore"], [("provenance.no_decline", "deny")]),
    ],
)
def test_a_reason_is_read_by_the_source_and_by_its_map(
    told: Who, sides: list[Side | None], expected: list[tuple[str, str]]
) -> None:
    """Whatever holds or denies because of it names the reason, and who mapped it."""
    named = tuple(Reason(name=f"Reason {n}", side=side, by="rita") for n, side in enumerate(sides))
    reading = Reading(told=told, reasons=named)
    context = but(who=reading.who or "unknown", reading=reading)
    assert spoken(provenance_of_whom.who_declined, context) == expected
    for found in provenance_of_whom.who_declined(context, DEFAULTS):
        assert found.evidence["reasons"] == [reason.name for reason in named]
        assert found.evidence["mapped_by"] == ["rita"] * len(named)
