import pytest

from services.policy.document import PolicyInvalid, load_base, tighten
from services.policy.sections import Document
from services.policy.tighter import Section, Tighter
from tests.unit.policy.building import DEFAULTS

LAX = load_base(
    "provenance: {no_outreach: hold}\nschedule: {weekends: true, quiet_from: 22:00, quiet_to: 06:00}\n", "lax"
)


def _refused(text: str) -> list[tuple[int, str, str]]:
    with pytest.raises(PolicyInvalid) as refused:
        tighten(LAX, text, "acme.yaml")
    return [(fault.line, fault.pointer, fault.detail) for fault in refused.value.faults]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "single: {cooldown_days: 180}",
        "single: {cooldown_days: 365}",
        "grace_seconds: 0",
        "provenance: {no_outreach: deny}",
        "provenance: {no_outreach: hold}",
        "consent: {only_if_wanted: true}",
        "schedule: {weekends: false}",
        "schedule: {weekends: true}",
        "schedule: {quiet_from: 21:00}",
        "schedule: {quiet_to: 06:01}",
        "schedule: {quiet_from: 18:00, quiet_to: 09:00}",
        "schedule: {courtesy_delay_min_minutes: 180, courtesy_delay_max_minutes: 240}",
    ],
)
def test_an_override_may_be_as_strict_or_stricter(text: str) -> None:
    """What it does not name stays as the base has it."""
    tightened = tighten(LAX, text, "acme.yaml")
    assert tightened.document.velocity == LAX.document.velocity
    assert (tightened.version == LAX.version) == (tightened.document == LAX.document)


@pytest.mark.parametrize(
    ("text", "line", "pointer", "values"),
    [
        ("\nsingle:\n  cooldown_days: 179\n", 3, "/single/cooldown_days", ("180", "179")),
        ("grace_seconds: 121\n", 1, "/grace_seconds", ("120", "121")),
        ("conduct:\n  unanswered_hold_at: 4\n", 2, "/conduct/unanswered_hold_at", ("3", "4")),
        ("velocity:\n  tenant_per_day: 501\n", 2, "/velocity/tenant_per_day", ("500", "501")),
        ("provenance:\n  reversed_order: hold\n", 2, "/provenance/reversed_order", ("deny", "hold")),
        ("schedule:\n  quiet_from: 22:01\n", 2, "/schedule/quiet_from", ("22:00", "22:01")),
        ("schedule:\n  quiet_to: 05:59\n", 2, "/schedule/quiet_to", ("06:00", "05:59")),
        ("schedule:\n  quiet_from: 20:00\n  quiet_to: 05:00\n", 3, "/schedule/quiet_to", ("06:00", "05:00")),
        (
            "schedule:\n  courtesy_delay_min_minutes: 119\n",
            2,
            "/schedule/courtesy_delay_min_minutes",
            ("120", "119"),
        ),
        (
            "schedule:\n  courtesy_delay_max_minutes: 1201\n",
            2,
            "/schedule/courtesy_delay_max_minutes",
            ("1200", "1201"),
        ),
    ],
)
def test_a_loosening_override_is_refused_with_its_line_and_both_values(
    text: str, line: int, pointer: str, values: tuple[str, str]
) -> None:
    """Whoever wrote it sees where, what the base has and what was asked for."""
    [(at, where, detail)] = _refused(text)
    assert (at, where) == (line, pointer)
    assert all(value in detail for value in values)


def test_what_loosens_is_told_together_with_what_is_invalid() -> None:
    """All faults at once, of both kinds."""
    text = "conduct:\n  burst_messages: 5\n  typo: 1\nschedule:\n  weekends: maybe\ngrace_seconds: 999\n"
    assert [(line, pointer) for line, pointer, _ in _refused(text)] == [
        (2, "/conduct/burst_messages"),
        (3, "/conduct/typo"),
        (5, "/schedule/weekends"),
        (6, "/grace_seconds"),
    ]


def test_truth_values_tighten_one_way_only() -> None:
    """Weekends that the base keeps free stay free; a wish that the base asks for stays asked for."""
    asking = load_base("consent: {only_if_wanted: true}", "asking")
    for base, text in (
        (DEFAULTS, "schedule: {weekends: true}"),
        (asking, "consent: {only_if_wanted: false}"),
    ):
        with pytest.raises(PolicyInvalid, match="only tighten"):
            tighten(base, text, "acme.yaml")


def test_every_field_knows_which_way_is_stricter() -> None:
    """A new field without a direction would escape the comparison."""
    sections = [Document, *(f.annotation for f in Document.model_fields.values())]
    for section in sections:
        if not (isinstance(section, type) and issubclass(section, Section)):
            continue
        for name, field in section.model_fields.items():
            nested = isinstance(field.annotation, type) and issubclass(field.annotation, Section)
            ways = [item for item in field.metadata if isinstance(item, Tighter)]
            assert len(ways) == (0 if nested else 1), name
