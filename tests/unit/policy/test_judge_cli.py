"""Lines in, answers out: what a line lacks is told by its number and field, whatever it is."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from services.policy.judge_cli import identity
from services.policy.policy_cli import policy

RUN = CliRunner()


def thread(**changed: Any) -> dict[str, Any]:
    """A thread of one message and a plain no; `at` is that of the first."""
    at = changed.pop("at", "2026-03-02T10:00:00Z")
    return {
        "id": "a",
        "thread": [
            {"from": "recruiter", "at": at, "text": "Hi Dana, we are hiring. Would that interest you?"},
            {
                "from": "candidate",
                "at": "2026-03-03T10:00:00Z",
                "text": "Thank you, but I am not interested.",
            },
        ],
        **changed,
    }


@pytest.mark.parametrize(
    "at",
    [1772445600, "1772445600", 1772445600.5, True, None, "2026-03-02", "2026-03-02T10:00:00", "yesterday",
     "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59.5Z",
     "0001-01-01T00:00:00Z", "2026-02-30T10:00:00Z"],
)  # fmt: skip
def test_what_names_no_moment_is_told_by_its_field(at: Any) -> None:
    """A number, a time without zone, and one that has no room in the calendar."""
    lines = [json.dumps(thread()), json.dumps(thread(at=at))]
    result = RUN.invoke(policy, ["judge", "--json"], input="\n".join(lines))
    assert result.exit_code == 2
    assert result.stderr.startswith("line 2: thread.0.at: ")
    if at is None:
        return
    result = RUN.invoke(policy, ["judge", "--json"], input=json.dumps(thread(declined_at=at)))
    assert result.exit_code == 2
    assert result.stderr.startswith("line 1: declined_at: ")


@pytest.mark.parametrize(
    "at",
    ["2026-03-02T10:00:00Z", "2026-03-02t10:00:00z", "2026-03-02 10:00:00+01:00", "2026-03-02T10:00Z",
     "2026-03-02T10:00:00.123456789-08:00", "1970-01-01T00:00:00Z"],
)  # fmt: skip
def test_a_moment_may_have_any_zone(at: str) -> None:
    """As RFC 3339 has it."""
    result = RUN.invoke(policy, ["judge", "--json"], input=json.dumps(thread(at=at)))
    assert (result.exit_code, json.loads(result.stdout)["verdict"]) == (0, "approve")


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_byte_order_mark_is_skipped(ending: str, tmp_path: Path) -> None:
    """In front of a file, and of standard input; elsewhere it is a fault."""
    line = json.dumps({"id": "a", "text": "No thanks."}) + ending
    file = tmp_path / "lines.jsonl"
    file.write_bytes(b"\xef\xbb\xbf" + line.encode() * 2)
    told = [RUN.invoke(policy, ["reply", "--json", str(file)]),
            RUN.invoke(policy, ["reply", "--json"], input=file.read_bytes())]  # fmt: skip
    assert [(one.exit_code, len(one.stdout.splitlines())) for one in told] == [(0, 2)] * 2
    within = RUN.invoke(policy, ["reply", "--json"], input=line.encode() + file.read_bytes())
    assert (within.exit_code, within.stderr.partition(":")[0]) == (2, "line 2")


def test_a_line_that_is_no_json_has_one_number() -> None:
    """That of the file."""
    good = '{"id": "a", "a": {}, "b": {}}\n'
    for bad in ("x", '{"id": "b",', "[" * 1000):
        result = RUN.invoke(identity, ["--json"], input=f"{good}{bad}\n{good}")
        assert result.exit_code == 2
        assert result.stderr.startswith("line 2: JSON is expected")
        assert result.stderr.count("line") == 1
