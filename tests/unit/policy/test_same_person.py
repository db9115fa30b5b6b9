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
        # another family, whatever the given name
        ("Dana Klein", "Novak, Dana"),
        ("Dan Klein", "Daniela Novak"),
        ("E. Klein", "Edith Novak"),
        ("Ed K.", "Edith Novak"),
        ("Max Klein", "Maxine Novak"),
        ("Anna Klein", "Anna Kleinert"),
        ("محمد العلي", "محمد حسن"),
        # a gender's ending, or another name that begins alike
        ("Paul Klein", "Paula Klein"),
        ("Christian Klein", "Christiane Klein"),
        ("Victor Klein", "Victoria Klein"),
        ("Александр Орлов", "Александра Орлова"),
        ("Ali Demir", "Alin Demir"),
        ("Nguyen Van An", "Nguyen Van Anh"),
        ("佐藤 健", "佐藤 健二"),
        ("김지", "김지우"),
        # one of two given names
        ("Kim Min-jun", "Kim Min-ji"),
        ("Mary Ann Klein", "Mary Lou Klein"),
        ("Anna Klein", "Anne Klein"),
        # two generations
        ("Tom Klein Sr.", "Tom Klein Jr."),
        ("Klein, Tom Jr.", "Tom Klein, Senior"),
        ("Tom Klein II", "Tom Klein III"),
        # both short for Elizabeth, so perhaps sisters
        ("Beth Klein", "Lisa Klein"),
        # nothing of either is written out
        ("T. K.", "Tom Klein"),
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
        ("Bob Klein", "Robert Klein"),
        ("Klein, Bob", "Robert Klein"),
        ("Bob", "Robert Klein"),
        ("Kasia Nowak", "Katarzyna Nowak"),
        ("Katarzina Nowak", "Katarzyna Nowak"),
        ("Paco Ruiz", "Francisco Ruiz Gil"),
        ("Mª José Ruiz", "María José Ruiz Gil"),
        ("Zé Silva", "José Silva"),
        ("Max Klein", "Maximilian Klein"),
        ("Саша Орлов", "Александр Орлов"),
        ("Sasha Orlov", "Александр Орлов"),
        ("Дмитрий Шевченко", "Dmytro Shevchenko"),
        ("Олександр Григоренко", "Oleksandr Hryhorenko"),
        ("Татьяна Прокофьева", "Tatyana Prokofieva"),
        ("Νίκος Παππάς", "Nikos Pappas"),
        ("Γιώργος Παπαδόπουλος", "Giorgos Papadopoulos"),
        ("Ευάγγελος Χρήστου", "Evangelos Christou"),
        ("Tom Klein Jr.", "Tom Klein"),
        ("Sr. Tomás Klein", "Tomás Klein, Jr."),
        ("Kim Min-jun", "Kim Minjun"),
        ("M.-C. Dubois", "Marie-Claire Dubois"),
        ("Dana Klein (geb. Fink)", "Dana Maria Klein"),
        ("Dana Klein, MBA", "Mrs Dana Maria Klein"),
        ("Dana O'Neill", "Dana O\u2019Neill"),
        ("太郎", "山田太郎"),
        ("김", "김민준"),
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


@pytest.mark.parametrize(
    ("kind", "mine", "theirs"),
    [
        ("email", "r.klein@acme.example", "b.klein@acme.example"),
        ("external_id", "17", "18"),
        ("profile_url", "https://linkedin.com/in/rklein", "https://linkedin.com/in/bklein"),
    ],
)
def test_what_else_differs_leaves_no_room_for_a_short_form(kind: str, mine: str, theirs: str) -> None:
    """The same name has another address by now; Robert and Bob may be two who share a phone."""

    def told(name: str, value: str) -> Described:
        return Described.model_validate({"name": name, "phone": "+441134960000", kind: value})

    assert compare(told("Robert Klein", mine), told("Klein, Robert", theirs)).same
    found = compare(told("Robert Klein", mine), told("Bob Klein", theirs))
    assert (found.same, [finding.code for finding in found.findings]) == (False, ["identity.shared"])


def test_a_profile_on_another_site_tells_nobody_apart() -> None:
    """People have one on each."""
    one = Described(name="Bob Klein", email=SHARED, profile_url="https://github.com/bob")
    other = Described(name="Robert Klein", email=SHARED, profile_url="https://linkedin.com/in/rklein")
    assert compare(one, other).same
