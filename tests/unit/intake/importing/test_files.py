"""Files of past messages: what a line says, what is refused, and how far an import is."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from deploy.docs import DOCS
from services.intake.importing.files import records
from services.intake.importing.journal import Journal, Refused
from services.intake.importing.lines import COLUMNS, interaction, known_place
from services.intake.sources import Sent
from shared.errors import Conflict, FieldError, Invalid

PAGE = (DOCS / "sources" / "import.md").read_text("utf-8")
GOOD: dict[str, Any] = {
    "timestamp": "2026-05-04T09:12:00Z",
    "direction": "outreach",
    "person": {"email": "ada@example.org"},
}


def write(path: Path, content: str | bytes) -> Path:
    """The file, with this in it."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(path: Path) -> list[Sent | list[FieldError]]:
    """What each record of a file says, or its faults."""
    found: list[Sent | list[FieldError]] = []
    for record in records(path):
        try:
            if isinstance(record.content, Invalid):
                raise record.content
            found.append(interaction(record.content))
        except Invalid as error:
            found.append(error.errors)
    return found


def faults_of(line: dict[str, Any]) -> dict[str, str]:
    """What is wrong with a line, by place."""
    with pytest.raises(Invalid) as refused:
        interaction(line)
    return {error.pointer: error.detail for error in refused.value.errors}


def test_the_examples_of_the_page_say_the_same(tmp_path: Path) -> None:
    """As CSV and as JSON Lines, in full."""
    read_in = {}
    for form in ("csv", "jsonl"):
        (example,) = re.findall(rf"```{form}\n(.*?)```", PAGE, re.DOTALL)
        read_in[form] = read(write(tmp_path / f"outreach.{form}", example))
    assert read_in["csv"] == read_in["jsonl"]
    outreach, reply = read_in["csv"]
    assert isinstance(outreach, Sent)
    assert isinstance(reply, Sent)
    assert (outreach.id, reply.id) == ("m-1", "m-2")
    assert outreach.data.model_dump(exclude_none=True, exclude_defaults=True) == {
        "person": {
            "name": "Ada Example",
            "email": "ada@example.org",
            "profile_urls": ("https://linkedin.com/in/ada-example",),
        },
        "recruiter": {"email": "bob@acme.example"},
        "job": {"title": "Analyst"},
        "direction": "outreach",
        "text": "Hello Ada, would you like to talk?",
    }


def test_the_page_names_every_field() -> None:
    """And no other."""
    table = PAGE.partition("## Fields")[2].partition("## ")[0]
    named = re.findall(
        r"`([a-z_.]+)`", "".join(row.split("|")[1] for row in table.splitlines() if "|" in row)
    )
    assert sorted(named) == sorted(COLUMNS)


def test_without_an_id_the_content_is_the_id() -> None:
    """The same line gives the same event; any other gives another."""
    assert interaction(GOOD).id == interaction(dict(GOOD)).id
    others = ({"direction": "reply"}, {"timestamp": "2026-05-04T09:12:01Z"}, {"text": "Hello"})
    assert len({interaction(GOOD | other).id for other in ({}, *others)}) == 4
    assert interaction(GOOD | {"id": "m-1"}).id == "m-1"


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"timestamp": "2026-05-04 09:12"}, "/timestamp"),
        ({"timestamp": 1777885920}, "/timestamp"),
        ({"direction": "ada@example.org"}, "/direction"),
        ({"person": {"email": "ada at example.org"}}, "/person/email"),
        ({"person": {"name": "Ada"}}, "/person"),
        ({"person": "ada@example.org"}, "/person"),
        ({"text": "x" * 20_001}, "/text"),
        ({"id": " "}, "/id"),
        ({"emial": "ada@example.org"}, ""),
        ({"ada@example.org": "emial"}, ""),
    ],
)
def test_what_is_wrong_is_told_by_its_field_and_never_repeated(changed: dict[str, Any], place: str) -> None:
    """So that a report can be passed on."""
    faults = faults_of(GOOD | changed)
    assert list(faults) == [place]
    assert "ada" not in json.dumps(faults).lower()


def test_a_place_is_told_as_far_as_its_names_are_ours() -> None:
    """For a name that is not may be an address."""
    assert known_place("/person/profile_urls/0") == "/person/profile_urls/0"
    assert known_place("/person/ada@example.org/0") == "/person"


@pytest.mark.parametrize("name", ["past.csv", "past.jsonl"])
def test_a_bad_line_does_not_spoil_its_neighbours(tmp_path: Path, name: str) -> None:
    """Bytes that are no UTF-8, too few cells, broken quotes, broken JSON; and where each was is known."""
    if name.endswith(".csv"):
        row = b"2026-05-04T09:12:00Z,reply,ada@example.org,"
        lines = [row + b'"two\nlines"', row + b"\xff", row + b'"a"b', b"x", b"", row + b"ok"]
        content = b"\n".join([b"timestamp,direction,person.email,text", *lines])
        expected = [(2, True), (4, False), (5, False), (6, False), (8, True)]
    else:
        row = json.dumps(GOOD).encode()
        bad = [b'{"a": NaN}', b'{"a": 1, "a": 1}', b"[]", b"{", b'"\xff"', b"[" * 10_000]
        content = b"\xef\xbb\xbf" + b"\n".join([row, b"", *bad, row])
        expected = [(1, True), *((line, False) for line in range(3, 9)), (9, True)]
    path = write(tmp_path / name, content)
    found = [
        (record.line, isinstance(one, Sent)) for record, one in zip(records(path), read(path), strict=True)
    ]
    assert found == expected
    assert [*records(path)][-1].offset == len(content)


HEADER = "id,timestamp,direction,text,person.email"


def rows(count: int, **texts: str) -> str:
    """A file of so many messages, that of the number after the letter ``m`` with another text."""
    said = [
        f"m{n},2026-05-04T09:12:00Z,outreach,{texts.get(f'm{n}', 'Hello')},ada.{n}@example.org"
        for n in range(count)
    ]
    return "\n".join([HEADER, *said, ""])


@pytest.mark.parametrize(
    "content",
    [
        rows(1000, m10='"Hello'),
        # as long as no cell can be
        rows(9000, m10='"Hello'),
        # another line closes it, in the middle of its own text
        rows(1000, m10='"Hello', m11='"Hi, Ada"'),
        # another line closes it, where a cell may end
        rows(1000, m10='"Hello', m11=' ,", '),
        rows(1000).replace("m10,", "m10,more,").replace("Hello,ada.10@", '"Hello\n",ada.10@'),
    ],
)
def test_a_quote_that_runs_away_ends_the_reading_where_it_opens(tmp_path: Path, content: str) -> None:
    """What lies behind it would be lost in silence, or read from the midst of what somebody wrote."""
    found = records(write(tmp_path / "past.csv", content))
    assert [next(found).line for _ in range(10)] == [*range(2, 12)]
    with pytest.raises(Invalid, match=r"line 12: .* behind it .* again"):
        next(found)


def test_a_quote_that_is_not_closed_on_the_last_line_is_refused_with_it(tmp_path: Path) -> None:
    """It takes nothing with it."""
    path = write(tmp_path / "past.csv", rows(3, m2='"Hello'))
    assert [isinstance(one, Sent) for one in read(path)] == [True, True, False]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "timestamp,emial\n",
        "timestamp,timestamp\n",
        rows(2).replace("\n", "\r"),
        rows(2).replace("id,", '"id,'),
        '"id"s,timestamp\n',
    ],
)
def test_a_header_with_a_slip_refuses_the_file(tmp_path: Path, content: str) -> None:
    """Or a whole column would be lost in silence; one that is no CSV is told as any other slip is."""
    with pytest.raises(Invalid, match="line 1"):
        list(records(write(tmp_path / "past.csv", content)))


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    """By its name."""
    with pytest.raises(Invalid, match=r"\.csv or \.jsonl"):
        list(records(write(tmp_path / "past.xlsx", "")))


def test_a_journal_goes_on_where_it_was(tmp_path: Path) -> None:
    """Its report ends where what is confirmed ends; what a crash left behind that is written again."""
    path = write(tmp_path / "past.jsonl", "one")
    refused = [Refused(3, [FieldError("/person/email", "an e-mail address is expected")])]
    with Journal(path, "ats") as journal:
        journal.confirm(500, refused)
    with journal.report.open("a") as report:
        report.write("of a window that was not confirmed")
    with Journal(path, "ats") as journal:
        assert (journal.progress.records, journal.progress.taken, journal.progress.refused) == (500, 499, 1)
        journal.confirm(10, refused)
    (first, second) = map(json.loads, journal.report.read_text().splitlines())
    assert (
        first
        == second
        == {
            "line": 3,
            "errors": [{"field": "/person/email", "expected": "an e-mail address is expected"}],
        }
    )


@pytest.mark.parametrize(("source", "content"), [("other", "one"), ("ats", "two")])
def test_a_journal_of_something_else_begins_anew(tmp_path: Path, source: str, content: str) -> None:
    """Of another source, or of a file that has changed since."""
    path = write(tmp_path / "past.jsonl", "one")
    with Journal(path, "ats") as journal:
        journal.confirm(500, [Refused(1, [])])
    write(path, content)
    with Journal(path, source) as journal:
        assert journal.progress.records == 0
    assert not journal.report.exists()


def test_a_journal_that_cannot_be_read_is_not_guessed(tmp_path: Path) -> None:
    """It names its file."""
    path = write(tmp_path / "past.jsonl", "one")
    write(tmp_path / "past.jsonl.import.json", "{")
    with pytest.raises(Invalid, match=r"past\.jsonl\.import\.json"), Journal(path, "ats"):
        pass


def test_one_import_of_a_file_runs_at_a_time(tmp_path: Path) -> None:
    """The second is told, and leaves what the first has kept; once that has ended it goes on behind it."""
    path = write(tmp_path / "past.jsonl", "one")
    with Journal(path, "ats") as journal:
        with (
            pytest.raises(Conflict, match=r"another import of .*past\.jsonl is running"),
            Journal(path, "ats"),
        ):
            pass
        journal.confirm(500, [Refused(1, [])])
    with Journal(path, "ats") as journal:
        assert journal.progress.records == 500
    assert len(journal.report.read_text().splitlines()) == 1


@pytest.mark.parametrize("name", ["past.jsonl.refused.jsonl", "past.jsonl.import.json.new"])
def test_a_journal_that_cannot_be_written_says_so(tmp_path: Path, name: str) -> None:
    """It names the file, and where it is to be writable."""
    path = write(tmp_path / "past.jsonl", "one")
    (tmp_path / name).mkdir()
    with pytest.raises(Invalid, match=rf"{name} cannot be written .* beside the file"):  # noqa: SIM117
        with Journal(path, "ats") as journal:
            journal.confirm(1, [Refused(1, [])])
