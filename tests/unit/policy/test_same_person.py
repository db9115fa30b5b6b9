"""One person or two: strangers stay two, and a person is one however written."""

import pytest

from services.policy.same_person import Described, compare

SHARED = "x@acme.example"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Dana Klein", "Tom Klein"),
        ("Dana Klein", "Klein Tom"),
        ("Klein, Dana", "Tom Klein"),
        ("D. Klein", "T. Klein"),
        ("山田 太郎", "山田 花子"),
        ("山田太郎", "山田 花子"),
        ("김 민수", "김 지영"),
        ("Jörg Weiß", "Jürgen Weiss"),
        ("Joe Klein", "Jon Klein"),
        ("Иван Петров", "Olga Petrova"),
        ("Иван Петров", "Пётр Петров"),
        ("José García López", "María García López"),
    ],
)
def test_names_with_a_part_in_common_are_two_people(one: str, other: str) -> None:
    """A family shares an address; whichever part of the name stands first."""
    for mine, theirs in ((one, other), (other, one)):
        found = compare(Described(name=mine, email=SHARED), Described(name=theirs, email=SHARED))
        assert not found.same
        assert [finding.code for finding in found.findings] == ["identity.shared"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Dana Klein", "Klein, Dana"),
        ("Dana Klein", "Novak, Dana"),
        ("Dana Klein", "Klein D."),
        ("Dana Klein", "Dana Klein-Berg"),
        ("Dana Maria Klein", "Maria Klein"),
        ("Dr. Dana Klein", "Dana Klein, PhD"),
        ("J.R. Klein", "Jana Klein"),
        ("Alex Klein", "Alexandra Klein"),
        ("Klein", "Dana Klein"),
        ("山田太郎", "山田 太郎"),
        ("太郎 山田", "山田 太郎"),
        ("山田", "山田 太郎"),
        ("Jörg Weiß", "Joerg Weiss"),
        ("JÖRG WEISS", "Jorg Weiß"),
        ("Müller, Jürgen", "Juergen Mueller"),
        ("Søren Ångström", "Soeren Aangstroem"),
        ("Søren Ångström", "Soren Angstrom"),
        ("Иван Петров", "Ivan Petrov"),
        ("Дмитрий Юрьев", "Dmitry Yuryev"),
        ("Юлия", "Julia Petrova"),
        ("\u202aDana Klein\u202c", "Dana Klein"),
        ("Dr.", "Dana Klein"),
    ],
)
def test_one_name_may_be_written_in_many_ways(one: str, other: str) -> None:
    """In another order, shortened, or without the letters that a keyboard lacks."""
    for mine, theirs in ((one, other), (other, one)):
        assert compare(Described(name=mine, email=SHARED), Described(name=theirs, email=SHARED)).same


@pytest.mark.parametrize(
    "spelling",
    ["Dana Klein <dana@acme.example>", "<dana@acme.example>", "mailto:dana@acme.example",
     "MAILTO:Dana@acme.example", '"Klein, Dana" < dana@acme.example >'],
)  # fmt: skip
def test_an_address_may_come_wrapped(spelling: str) -> None:
    """As a mail program shows it, or a link has it."""
    assert compare(Described(email=spelling), Described(email="dana@acme.example")).same


@pytest.mark.parametrize("text", ["a@acme.example, dana@acme.example", "<a@acme.example><dana@acme.example>"])
def test_an_address_among_others_is_nobodys(text: str) -> None:
    """Which of them is meant, nobody says."""
    for one in ("a@acme.example", "dana@acme.example"):
        assert not compare(Described(email=text), Described(email=one)).same


def test_a_region_in_lower_case_reads_a_number() -> None:
    """As it does in upper case."""
    assert compare(Described(phone="0113 496 0000", region="gb"), Described(phone="+441134960000")).same
