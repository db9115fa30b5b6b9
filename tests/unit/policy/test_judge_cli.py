"""Lines in, answers out: what a line lacks is told by its number and field, whatever it is."""

import json
import re
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
     "0001-01-01T00:00:00Z", "2026-02-30T10:00:00Z", "2026-03-02T25:00:00Z", "2026-03-02T10:00:00+25:00",
     "2026-12-31T23:59:60Z"],
)  # fmt: skip
def test_what_names_no_moment_is_told_by_its_field(at: Any) -> None:
    """A number, a time without zone, and one that has no room in the calendar."""
    lines = [json.dumps(thread()), json.dumps(thread(at=at))]
    result = RUN.invoke(policy, ["judge", "--json"], input="\n".join(lines))
    assert result.exit_code == 2
    assert result.stderr.startswith("line 2: thread.0.at: ")
    assert "characters at the end" not in result.stderr
    if at is None:
        return
    result = RUN.invoke(policy, ["judge", "--json"], input=json.dumps(thread(declined_at=at)))
    assert result.exit_code == 2
    assert result.stderr.startswith("line 1: declined_at: ")


@pytest.mark.parametrize(
    "at",
    ["2026-03-02T10:00:00Z", "2026-03-02t10:00:00z", "2026-03-02 10:00:00+01:00", "2026-03-02T10:00Z",
     "2026-03-02T10:00:00.123456789-08:00", "1970-01-01T00:00:00Z", "2026-03-02T10:00:00-0830"],
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
    for bad in ("x", '{"id": "b",', "[" * 100, "[" * 100_000):
        result = RUN.invoke(identity, ["--json"], input=f"{good}{bad}\n{good}")
        assert result.exit_code == 2
        assert re.match("line 2: (JSON is|at most 32 levels are) expected", result.stderr)
        assert result.stderr.count("line") == 1


COMMANDS = {
    "judge": (policy, ["judge"], json.dumps(thread(id="b"))),
    "reply": (policy, ["reply"], '{"id": "b", "text": "No thanks."}'),
    "content": (policy, ["content"], '{"id": "b", "text": "Thank you.", "field": "note"}'),
    "same": (identity, [], '{"id": "b", "a": {"email": "a@acme.example"}, "b": {}}'),
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("twice", ['"id": "c"', '"id": "b"', '"\\u0069d": "c"'])
def test_what_is_told_twice_is_refused(command: str, twice: str) -> None:
    """Each reader of JSON may take another of the two."""
    app, named, line = COMMANDS[command]
    result = RUN.invoke(app, [*named, "--json"], input=f"{line}\n{line[:-1]}, {twice}}}\n")
    assert (result.exit_code, result.stderr) == (2, "line 2: id: expected only once\n")
    assert len(result.stdout.splitlines()) == 1


def test_what_is_told_twice_within_is_refused() -> None:
    """In any object of the line."""
    line = '{"id": "b", "a": {"email": "a@acme.example", "email": "b@acme.example"}, "b": {}}'
    result = RUN.invoke(identity, ["--json"], input=line)
    assert (result.exit_code, result.stderr) == (2, "line 1: a.email: expected only once\n")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("wrong", ["true", "null", "[1]", "{}", "1.5", "5.0"])
def test_an_id_is_a_string_or_a_whole_number(command: str, wrong: str) -> None:
    """Told in one line, and no other thing is read as one."""
    app, named, line = COMMANDS[command]
    result = RUN.invoke(app, [*named, "--json"], input=line.replace('"id": "b"', f'"id": {wrong}'))
    assert (result.exit_code, result.stderr) == (2, "line 1: id: a string or a whole number is expected\n")


@pytest.mark.parametrize("number", [7, 10**30])
def test_an_id_comes_back_as_it_was(number: int) -> None:
    """However long."""
    result = RUN.invoke(policy, ["reply", "--json"], input=json.dumps({"id": number, "text": "No thanks."}))
    assert json.loads(result.stdout)["id"] == number


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("[1]", "an object is expected"),
        ('{"id": "b", "thread": {}}', "thread: an array is expected"),
        ('{"id": "b", "thread": [1]}', "thread.0: an object is expected"),
        ('{"id": NaN, "thread": []}', "id: a finite number is expected"),
        ('{"id": "\\ud800", "thread": []}', "id: Unicode text is expected, without lone surrogates"),
    ],
)
def test_another_form_is_told_in_the_words_of_json(line: str, told: str) -> None:
    """And not in those of a programming language."""
    result = RUN.invoke(policy, ["judge", "--json"], input=line)
    assert (result.exit_code, result.stderr) == (2, f"line 1: {told}\n")


def test_an_empty_thread_is_told_by_what_is_expected() -> None:
    """Not by the types of the code."""
    result = RUN.invoke(policy, ["judge", "--json"], input=json.dumps(thread(thread=[])))
    assert (result.exit_code, result.stderr) == (2, "line 1: thread: at least 1 item is expected\n")
