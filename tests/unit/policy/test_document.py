import hashlib
import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings

import services.policy
from services.policy.document import Fault, Policy, PolicyInvalid, load_base, load_stored, schema
from services.policy.quiet import quiet_minutes
from services.policy.sections import Document
from shared.decision import Schedule
from tests.unit.policy.building import DEFAULTS
from tests.unit.policy.strategies import DOCUMENTS, accepted

PACKAGE = Path(services.policy.__path__[0])
DEFAULT_TEXT = (PACKAGE / "default.yaml").read_text(encoding="utf-8")


def _faults(text: str) -> list[tuple[int, int, str]]:
    with pytest.raises(PolicyInvalid) as refused:
        load_base(text, "p.yaml")
    return [(fault.line, fault.column, fault.pointer) for fault in refused.value.faults]


def test_the_default_document_says_what_the_code_assumes() -> None:
    """default.yaml names every field, each with the default that a document without it gets."""
    assert load_base(DEFAULT_TEXT, "default.yaml") == Policy(Document())
    named = {
        line.split(":")[0].strip() for line in DEFAULT_TEXT.splitlines() if ":" in line and "#" not in line
    }
    fields = Document().model_dump()
    expected = {
        *fields,
        *(name for section in fields.values() if isinstance(section, dict) for name in section),
    }
    assert named == expected


def test_every_default_says_why() -> None:
    """A reviewer of the document reads the reason on the line above each value."""
    lines = DEFAULT_TEXT.splitlines()
    bare = [at for above, at in pairwise(lines) if at.startswith("  ") and "#" not in at + above]
    assert bare == []


def test_the_published_schema_is_fresh() -> None:
    """policy.schema.json is what the models say; `afterword policy schema` writes it anew."""
    assert (PACKAGE / "policy.schema.json").read_text(encoding="utf-8") == schema()
    assert '"x-tighter": "lower"' in schema()


def test_the_version_is_of_the_content() -> None:
    """Comments, order and spelled-out defaults make no other version; another value does."""
    one = load_base("# why\nsingle: {cooldown_days: 200}\ngrace_seconds: 5\n", "one")
    other = load_base(
        "grace_seconds: 5\nsingle:\n  other_tenants_hold_at: 3\n  cooldown_days: 200\n", "other"
    )
    assert one.version == other.version
    assert one.version != DEFAULTS.version
    assert load_base("", "empty").version == load_base(DEFAULT_TEXT, "default.yaml").version
    assert len(DEFAULTS.version) == 17
    assert DEFAULTS.version.startswith("p")


@settings(max_examples=40)
@given(DOCUMENTS)
def test_a_stored_policy_reads_back_as_itself(fields: dict[str, Any]) -> None:
    """The canonical text of a policy has its version, so that old decisions can be judged again."""
    policy = accepted(load_base, fields)
    again = load_base(policy.text, "stored")
    assert (again, again.version, again.text) == (policy, policy.version, policy.text)


def test_the_schedule_is_what_the_document_says() -> None:
    """Minutes become seconds, times of day stay the candidate's, and the no must not get too old for it."""
    delays = "courtesy_delay_min_minutes: 0, courtesy_delay_max_minutes: 1"
    text = f"schedule: {{{delays}, quiet_from: 00:00, quiet_to: 00:00}}"
    declined = datetime(2026, 6, 3, 12, tzinfo=UTC)
    assert load_base(text, "demo").schedule(declined) == Schedule(
        delay_min_s=0,
        delay_max_s=60,
        quiet_from="00:00",
        quiet_to="00:00",
        weekends=False,
        not_after=declined + timedelta(days=30),
    )
    week = load_base("provenance: {decline_max_age_days: 7}", "week")
    assert week.schedule(declined) == Schedule(
        delay_min_s=7200,
        delay_max_s=72000,
        quiet_from="20:00",
        quiet_to="08:00",
        weekends=False,
        not_after=declined + timedelta(days=7),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # a name that is none, at its own place
        ("conduct:\n  brust_messages: 3\n", [(2, 3, "/conduct/brust_messages")]),
        ("polite: true\n", [(1, 1, "/polite")]),
        # beyond the bounds: no document allows a fourth message
        ("conduct:\n  burst_messages: 4\n", [(2, 19, "/conduct/burst_messages")]),
        ("conduct: {unanswered_deny_at: 5}\n", [(1, 31, "/conduct/unanswered_deny_at")]),
        ("single:\n  cooldown_days: 29\n", [(2, 18, "/single/cooldown_days")]),
        ("grace_seconds: 3601\n", [(1, 16, "/grace_seconds")]),
        # another type: a text, a fraction, YAML 1.1's idea of a truth
        ('grace_seconds: "5"\n', [(1, 16, "/grace_seconds")]),
        ("grace_seconds: 1.0\n", [(1, 16, "/grace_seconds")]),
        ("grace_seconds: true\n", [(1, 16, "/grace_seconds")]),
        ("schedule:\n  weekends: no\n", [(2, 13, "/schedule/weekends")]),
        ("schedule:\n  quiet_from: 24:00\n", [(2, 15, "/schedule/quiet_from")]),
        ("schedule:\n  quiet_from: 1200\n", [(2, 15, "/schedule/quiet_from")]),
        ("provenance:\n  no_outreach: approve\n", [(2, 16, "/provenance/no_outreach")]),
        ("single: 3\n", [(1, 9, "/single")]),
        ("- single\n", [(1, 1, "")]),
        # what contradicts itself: at the value if it is given, else at its section
        (
            "schedule:\n  courtesy_delay_max_minutes: 100\n",
            [(2, 31, "/schedule/courtesy_delay_max_minutes")],
        ),
        (
            "grace_seconds: 0\nschedule:\n  courtesy_delay_min_minutes: 1300\n",
            [(2, 1, "/schedule/courtesy_delay_max_minutes")],
        ),
        ('schedule:\n  quiet_from: "08:30"\n  quiet_to: "08:00"\n', [(3, 13, "/schedule/quiet_to")]),
        # a key twice, a section twice
        ("single:\n  cooldown_days: 90\n  cooldown_days: 180\n", [(3, 3, "/single/cooldown_days")]),
        ("single: {}\nreview: {}\nsingle: {}\n", [(3, 1, "/single")]),
        # not YAML, or a trap in it
        ("single: {\n", [(2, 1, "")]),
        ("single:\n\tcooldown_days: 90\n", [(2, 1, "")]),
        ("a: &x 1\nb: *x\n", [(1, 4, ""), (2, 4, "")]),
        ("single: !!map {}\n", [(1, 9, "")]),
        ("single: {}\n---\nreview: {}\n", [(2, 1, "")]),
        ("? [single]\n: {}\n", [(1, 3, "")]),
        ("single: {}\nreview: \x07\n", [(2, 9, "")]),
        ("[" * 60_000, [(1, 7, "")]),
        ("#" * 65_537, [(1, 1, "")]),
        # all at once, in order
        (
            "review: 1\nconduct:\n  burst_messages: 9\n  burst_messages: 9\n  x: 1\n",
            [
                (1, 9, "/review"),
                (3, 19, "/conduct/burst_messages"),
                (4, 3, "/conduct/burst_messages"),
                (5, 3, "/conduct/x"),
            ],
        ),
    ],
)
def test_every_fault_is_told_with_its_place(text: str, expected: list[tuple[int, int, str]]) -> None:
    """Line and column of each fault, all of them at once."""
    assert _faults(text) == expected


def test_a_fault_reads_as_a_line_of_a_compiler() -> None:
    """An editor can jump to it, and it says what was expected."""
    refused = PolicyInvalid("p.yaml", [Fault(3, 19, "/conduct/burst_messages", "expected at most 3, got 9")])
    assert str(refused) == "p.yaml:3:19: /conduct/burst_messages: expected at most 3, got 9"
    assert refused.retry is False


@pytest.mark.parametrize(
    "text", ["", "# nothing\n", "{}\n", "---\n", "x: &a [*a]", "\ufeffgrace_seconds: 120\n"]
)
def test_a_document_may_leave_everything_to_the_defaults(text: str) -> None:
    """Nothing said is the careful default; a byte-order mark is no content."""
    if text.startswith("x"):
        assert _faults(text) == [(1, 4, ""), (1, 8, "")]
    else:
        assert load_base(text, "p.yaml") == DEFAULTS


@pytest.mark.parametrize(
    ("quiet_from", "quiet_to", "minutes"),
    [("20:00", "08:00", 720), ("00:00", "00:00", 0), ("08:00", "20:00", 720), ("23:59", "00:00", 1)],
)
def test_quiet_hours_may_span_midnight(quiet_from: str, quiet_to: str, minutes: int) -> None:
    """The first minute is quiet, the last named one is not; equal ends are none."""
    quiet = quiet_minutes(quiet_from, quiet_to)
    assert len(quiet) == minutes
    assert int(quiet_to[:2]) * 60 + int(quiet_to[3:]) not in quiet


def test_a_text_that_was_stored_before_a_field_came_keeps_its_version() -> None:
    """A decision names that version; the text is still what it stands for, and another text is not."""
    fields = yaml.safe_load(DEFAULTS.text)
    del fields["reputation"], fields["conduct"]["same_template_at"]
    content = json.dumps(fields, sort_keys=True, separators=(",", ":"))
    version = "p" + hashlib.sha256(content.encode()).hexdigest()[:16]
    stored = load_stored(yaml.safe_dump(fields), version)
    assert stored.version == version
    assert stored.document == Document()
    fields["single"]["cooldown_days"] = 30
    assert load_stored(yaml.safe_dump(fields), version).version != version
    assert load_stored(Policy(Document()).text, "p0").version == Policy(Document()).version
