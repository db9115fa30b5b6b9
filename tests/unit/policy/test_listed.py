"""Lines of a list: who is named, and every line that cannot be used."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from services.policy.listed import OtherPepper, read_line
from services.policy.listed_file import Refused, entries_of
from services.policy.suppress import Entry
from shared.errors import Invalid
from shared.events import Person
from shared.identity import Fingerprints

MADE = Fingerprints(b"p" * 32)
OTHER = Fingerprints(b"q" * 32)
NOW = datetime(2026, 6, 3, 12, tzinfo=UTC)
ADA = MADE.of(Person(email="ada@example.org"), "")


def entries(file: Path, scope: str | None = "acme") -> list[tuple[str, Entry] | Refused]:
    """What the file says, where there are the tenants acme and globex."""
    return list(entries_of(file, scope, {"*", "acme", "globex"}, MADE, NOW))


def test_a_line_names_a_person_as_an_event_does() -> None:
    """By the same fingerprints, or the wish would not be found."""
    person = Person(
        email="Ada@Example.org",
        phone="030 123456",
        region="DE",
        profile_urls=("https://linkedin.com/in/ada",),
        external_id="42",
    )
    line = {"email": "ada@example.org", "phone": "030 123456", "region": "DE", "external_id": "42"}
    line |= {"profile_url": "https://www.linkedin.com/in/Ada/", "source": "ats"}
    assert read_line(line).fingerprints(MADE) == MADE.of(person, "/sources/ats")
    many = json.dumps({"profile_urls": ["https://linkedin.com/in/ada"]}).encode()
    assert read_line(many).fingerprints(MADE) < MADE.of(person, "/sources/ats")


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ({}, "email, phone, profile_url, external_id or fingerprint is expected"),
        ({"region": "DE"}, "email, phone, profile_url, external_id or fingerprint is expected"),
        ({"email": "ada"}, "/email: an e-mail address is expected"),
        ({"email": "ada@example.org", "phone": "030 1"}, "/phone: a phone number is expected, with country"),
        ({"profile_url": "https://linkedin.com/company/acme"}, "/profile_url: the address of a person's"),
        ({"external_id": "42"}, "/external_id: an id is expected, and the source"),
        ({"external_id": "42", "source": "a/b"}, "/source: "),
        ({"fingerprint": min(ADA)}, "/pepper: the mark of this installation's pepper is expected"),
        ({"fingerprint": min(ADA), "pepper": OTHER.pepper_mark()}, "/pepper: "),
        ({"fingerprint": min(ADA), "email": "ada@example.org"}, "/pepper: "),
        ({"fingerprint": "e1", "pepper": MADE.pepper_mark()}, "/fingerprint: a fingerprint is expected, as"),
        ({"fingerprint": "e1", "pepper": OTHER.pepper_mark()}, "/fingerprint: "),
        ({"e-mail": "ada@example.org"}, "/e-mail: is none of email, phone"),
        ({"email": "ada@example.org", "kind": "no"}, "/kind: "),
        ({"email": "ada@example.org", "at": "2026-06-03T12:00:00"}, "/at: "),
        ({"email": "ada@example.org", "at": "1780488000"}, "/at: a time as in RFC 3339"),
        ({"email": "ada@example.org", "at": 1780488000}, "/at: a time as in RFC 3339"),
        ({"email": "ada@example.org", "at": "9999-12-31T23:59:59-12:00"}, "/at: "),
        ({"email": "ada\udce9@example.org"}, "/email: "),
    ],
)
def test_a_line_of_which_anything_cannot_be_used_is_refused(line: dict[str, Any], fault: str) -> None:
    """As a whole, so that nobody believes in a half of it; no fault repeats what it is about."""
    with pytest.raises(Invalid) as refused:
        read_line(line).fingerprints(MADE)
    assert str(refused.value).startswith(fault)
    assert "ada" not in str(refused.value)


def test_each_line_of_a_file_is_taken_or_named(tmp_path: Path) -> None:
    """By its number; an empty one is none."""
    table = tmp_path / "list.csv"
    table.write_bytes(
        b"\xef\xbb\xbfemail,phone,at\r\nada@example.org,,\r\nno address,,\r\n\r\n"
        b'"bob@example.org",+4930123456,2020-01-01T00:00:00Z\r\n\xff@example.org,,\r\n'
        b"carl@example.org,,,too much\r\n"
    )
    ada, refused, bob, garbled, long = entries(table)
    assert ada == ("acme", Entry(ADA, "opt_out", NOW))
    assert isinstance(bob, tuple)
    assert (len(bob[1].fingerprints), bob[1].at) == (2, datetime(2020, 1, 1, tzinfo=UTC))
    told = [str(one).partition(":")[0] for one in (refused, garbled, long)]
    assert told == ["line 3", "line 6", "line 7"]
    lines = tmp_path / "list.jsonl"
    lines.write_bytes(
        b'\xef\xbb\xbf{"email": "ada@example.org"}\n\n[]\n{"email": "\xff"}\n{"email": null}\nno\n'
    )
    taken, *others = entries(lines)
    assert taken == ada
    assert [str(one).partition(":")[0] for one in others] == ["line 3", "line 4", "line 5", "line 6"]
    assert str(others[-1]).count("line") == 1


@pytest.mark.parametrize(
    ("names", "fault"),
    [
        ("", "line 1: names of columns are expected, of email"),
        ("email,e-mail", "line 1: column 2 is none of email"),
        ("email;phone", "line 1: column 1 is none of email"),
        ("email,phone", "--tenant or --everyone is expected"),
    ],
)
def test_what_is_wrong_with_all_lines_is_told_once(tmp_path: Path, names: str, fault: str) -> None:
    """Of the names above them; an empty file is no list."""
    table = tmp_path / "list.csv"
    table.write_text(names + "\n" * bool(names) + "ada@example.org,\n" * 3 * bool(names), "utf-8")
    with pytest.raises(Invalid, match=f"^{fault}"):
        entries(table, scope=None)


def test_a_quote_that_never_ends_takes_nobody_along(tmp_path: Path) -> None:
    """Whoever stands below it asked not to be written to."""
    table = tmp_path / "list.csv"
    table.write_text('email,phone\n"eve@example.org,\nada@example.org,\nmallory@example.org"x,\n', "utf-8")
    refused, ada, other = entries(table)
    assert ada == ("acme", Entry(ADA, "opt_out", NOW))
    assert [str(one).partition(":")[0] for one in (refused, other)] == ["line 2", "line 4"]


def test_what_was_written_out_is_read_again_where_it_belongs(tmp_path: Path) -> None:
    """For the scope that it was of, with its reason and since when."""
    row = {"fingerprint": min(ADA), "pepper": MADE.pepper_mark(), "scope": "acme", "kind": "complaint"}
    rows = [row | {"at": "2020-01-01T00:00:00+00:00", "scope": scope} for scope in ("acme", "*", "initech")]
    others = [{"email": "ada@example.org"}, row | {"pepper": OTHER.pepper_mark()}]
    file = tmp_path / "list.jsonl"
    file.write_text("\n".join(map(json.dumps, [*rows, *others])), "utf-8")
    entry = Entry(ADA, "complaint", datetime(2020, 1, 1, tzinfo=UTC))
    ours, everyones, *refused = entries(file, scope=None)
    assert [ours, everyones] == [("acme", entry), ("*", entry)]
    assert [str(one).partition(",")[0] for one in refused] == [
        "line 3: /scope: there is no tenant of this name; `afterword tenant add` adds it",
        "line 4: /scope: is expected as an export has it",
        "line 5: /pepper: the mark of this installation's pepper is expected",
    ]
    assert isinstance(refused[-1], Refused)
    assert isinstance(refused[-1].why, OtherPepper)
    assert entries(file)[0] == ("acme", entry)
    assert str(entries(file, "globex")[0]) == (
        "line 1: /scope: the line is of another list than --tenant or --everyone names"
    )


def test_a_file_of_another_kind_is_none(tmp_path: Path) -> None:
    """Nothing of it is guessed."""
    file = tmp_path / "list.xlsx"
    file.write_bytes(b"PK")
    with pytest.raises(Invalid):
        entries(file)
