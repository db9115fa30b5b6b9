"""Identity: one person under every spelling is one, two persons never are."""

import string
import unicodedata
from dataclasses import dataclass

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.identity import (
    Fingerprints,
    Kind,
    canonical_email,
    canonical_external_id,
    canonical_phone,
    canonical_profile_url,
    identifiers,
    is_external_id,
    is_phone,
    scoped,
)

PEPPER = bytes(range(32))
LOCALS = st.text(string.ascii_letters + string.digits + "._-", min_size=1, max_size=20)
LABELS = st.from_regex(r"[a-z][a-z0-9]{0,10}", fullmatch=True)
DOMAINS = st.builds("{}.{}".format, LABELS, st.sampled_from(["com", "de", "co.uk", "org"]))
NOISE = st.text(" \t\u200b\u200c\ufeff\u00a0\u2060", max_size=4)


@dataclass(frozen=True)
class Person:
    """A person as the fingerprints ask for one."""

    email: str | None = None
    phone: str | None = None
    profile_urls: tuple[str, ...] = ()
    external_id: str | None = None
    region: str | None = None


@pytest.mark.parametrize(
    ("spelling", "canonical"),
    [
        ("Jane.Doe@Example.COM", "jane.doe@example.com"),
        (" jane@example.com\u200b", "jane@example.com"),
        # full width, as an input method writes it
        ("".join(chr(ord(c) + 0xFEE0) for c in "jane@example.com"), "jane@example.com"),
        # NFD and NFC
        ("jose\u0301@example.com", "jos\u00e9@example.com"),
        # Gmail knows neither dots nor tags, and two names for itself
        ("J.a.n.e+jobs@googlemail.com", "jane@gmail.com"),
        # tags where the provider has them, dots where it tells them apart
        ("jane.doe+x@outlook.com", "jane.doe@outlook.com"),
        ("jane+x@proton.me", "jane@proton.me"),
        # unknown provider, and Yahoo: a plus is part of the name
        ("jane+x@example.com", "jane+x@example.com"),
        ("jane+x@yahoo.com", "jane+x@yahoo.com"),
        # a domain and its A-label are one; its trailing dot is the root's
        ("jane@b\u00fccher.example", "jane@xn--bcher-kva.example"),
        ("jane@XN--BCHER-KVA.example.", "jane@xn--bcher-kva.example"),
        # IDNA 2008 tells these two apart, as the registries do
        ("jane@stra\u00dfe.example", "jane@xn--strae-oqa.example"),
    ],
)
def test_an_address_has_one_spelling(spelling: str, canonical: str) -> None:
    """Case, space, invisible letters, Unicode forms and the provider's own rules are folded away."""
    assert canonical_email(spelling) == canonical


@pytest.mark.parametrize(
    "text",
    [
        *("", "jane", "@example.com", "jane@", "a b@example.com", "a@b@c.de", "+x@gmail.com"),
        *("mailto:jane@example.com", "http://jane@example.com", "E-mail:jane@example.com"),
    ],
)
def test_what_cannot_be_an_address_is_none(text: str) -> None:
    """No fingerprint is made of rubbish, or all rubbish would be one person."""
    assert canonical_email(text) is None


def test_a_colon_belongs_to_an_address_where_it_is_quoted() -> None:
    """As RFC 5322 has it; elsewhere something else stands before the address."""
    assert canonical_email('"jane:doe"@example.com') == '"jane:doe"@example.com'


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("jane@example.com", "jane@example.org"),
        ("jane.doe@example.com", "janedoe@example.com"),
        ("jane+a@example.com", "jane+b@example.com"),
        # Cyrillic a
        ("jane@example.com", "j\u0430ne@example.com"),
        ("jane@paypal.com", "jane@p\u0430ypal.com"),
        ("jane@strasse.example", "jane@stra\u00dfe.example"),
        # a mailbox may have either name
        ("gross@example.com", "gro\u00df@example.com"),
    ],
)
def test_two_addresses_stay_two(one: str, other: str) -> None:
    """Dots, tags, domains and look-alike letters stay apart where nobody says they are one."""
    assert canonical_email(one) != canonical_email(other)


@pytest.mark.parametrize(
    "spelling",
    [
        "https://www.linkedin.com/in/jane-doe",
        "http://linkedin.com/in/jane-doe/",
        "linkedin.com/in/Jane-Doe?trk=public#about",
        "https://de.linkedin.com/in/jane-doe/en",
        "https://uk.linkedin.com/in/jane%2Ddoe/?locale=de_DE",
        " HTTPS://WWW.LinkedIn.com/in/jane-doe/details/experience/\u200b",
        "//m.linkedin.com/in/jane-doe",
        "https://touch.www.linkedin.com/in/jane-doe",
        "https://m.de.linkedin.com/in/jane-doe",
        "https://www.linkedin.com/mwlite/in/jane-doe",
    ],
)
def test_a_profile_has_one_spelling(spelling: str) -> None:
    """Scheme, host prefix, locale, slash, query, fragment and percent-encoding do not say who it is."""
    assert canonical_profile_url(spelling) == "linkedin.com/in/jane-doe"


@pytest.mark.parametrize(
    ("spelling", "canonical"),
    [
        ("https://twitter.com/Jane", "x.com/jane"),
        ("https://www.xing.com/profile/Jane_Doe/cv?sc_o=x", "xing.com/profile/jane_doe"),
        ("https://linkedin.com/in/jos%C3%A9", "linkedin.com/in/jos%C3%A9"),
        ("https://linkedin.com/in/jose\u0301", "linkedin.com/in/jos%C3%A9"),
        ("https://people.example:8443/Jane/", "people.example:8443/Jane"),
        # on an unknown site the query may be all that names the person
        ("https://ats.example/candidate?utm_source=x&ID=5", "ats.example/candidate?id=5"),
        ("https://facebook.com/profile.php?id=100", "facebook.com/profile.php?id=100"),
        # a kind of screen, or a language, in front of the host or the path
        ("https://mobile.twitter.com/Jane", "x.com/jane"),
        ("https://mobile.x.com/jane", "x.com/jane"),
        ("https://m.facebook.com/jane.doe", "facebook.com/jane.doe"),
        ("https://de-de.facebook.com/jane.doe", "facebook.com/jane.doe"),
        ("https://m.facebook.com/profile.php?id=100", "facebook.com/profile.php?id=100"),
        ("https://xing.com/en/profile/Jane_Doe", "xing.com/profile/jane_doe"),
        # what stands there is no language of the site
        ("https://m.example.com/jane", "m.example.com/jane"),
        ("https://es.stackoverflow.com/users/5/jane", "es.stackoverflow.com/users/5/jane"),
        ("https://developers.facebook.com/jane", "developers.facebook.com/jane"),
        ("https://github.com/en/profile", "github.com/en"),
        ("https://linkedin.com/in/in/de", "linkedin.com/in/in"),
        # elsewhere a language in front may be another site
        ("https://de.example.com/jane", "de.example.com/jane"),
        # bytes that are no UTF-8 stay as they are
        ("https://people.example/%ff", "people.example/%FF"),
        # case alone says nothing
        ("https://xing.com/profile/Dana_Gro\u00df", "xing.com/profile/dana_gro%C3%9F"),
        ("https://xing.com/profile/DANA_GRO\u1e9e", "xing.com/profile/dana_gro%C3%9F"),
        # a word that is a page on another site, or in another place
        ("https://github.com/me", "github.com/me"),
        ("https://linkedin.com/in/jobs", "linkedin.com/in/jobs"),
        ("https://linkedin.com/profile/view?id=5", "linkedin.com/profile/view?id=5"),
    ],
)
def test_a_profile_elsewhere_keeps_what_tells_persons_apart(spelling: str, canonical: str) -> None:
    """Only what is known to say nothing is folded away."""
    assert canonical_profile_url(spelling) == canonical


@pytest.mark.parametrize(
    "text",
    ["", "jane", "ftp://example.com/jane", "https://", "linkedin.com", "https://linkedin.com/in/",
     "https://linkedin.com/company/acme", "mailto:jane@example.com", "https://[::1",
     "https://linkedin.com/in/me", "https://www.linkedin.com/IN/", "https://linkedin.com/feed/",
     "https://github.com/login", "https://x.com/i/flow", "https://stackoverflow.com/users/login",
     "https://twitter.com/home", "https://github.com/orgs/acme/people"],
)  # fmt: skip
def test_what_names_nobody_is_no_profile(text: str) -> None:
    """A site's front page, or a company's, would make one person of everybody."""
    assert canonical_profile_url(text) is None


@pytest.mark.parametrize(
    ("number", "region", "canonical"),
    [
        ("+49 (0)30 901820", None, "+4930901820"),
        ("030 / 90 18 20", "DE", "+4930901820"),
        ("0049 30 901820", None, "+4930901820"),
        ("tel:+49-30-901820", None, "+4930901820"),
        # possible, though no operator has it: kept by its digits
        ("+1 (202) 555-0143", None, "+12025550143"),
        # the same switchboard, another desk
        ("+49 30 901820 ext. 12", None, "+4930901820;ext=12"),
        # national, and nobody says whose
        ("030 901820", None, None),
        ("030 901820", "ZZ", None),
        ("12", "DE", None),
        ("030 / 90 18 20", "de", "+4930901820"),
        # what fills a field
        ("0000000000", "GB", None),
        ("+1 999 999 9999", None, None),
        ("11111111111", "DE", None),
        ("call me", "DE", None),
    ],
)
def test_a_phone_number_has_one_spelling(number: str, region: str | None, canonical: str | None) -> None:
    """E.164 whatever the format, and None for what cannot be dialled."""
    assert canonical_phone(number, region) == canonical


@given(local=LOCALS, domain=DOMAINS, before=NOISE, after=NOISE)
def test_case_and_noise_make_no_other_address(local: str, domain: str, before: str, after: str) -> None:
    """Whatever the address: case, space and invisible letters around and inside it change nothing."""
    plain = canonical_email(f"{local}@{domain}")
    assert canonical_email(f"{before}{local.upper()}\u200b@{domain.upper()}{after}") == plain


@given(local=LOCALS, one=DOMAINS, other=DOMAINS)
def test_another_domain_is_another_address(local: str, one: str, other: str) -> None:
    """Whatever the local part: two domains are two addresses, unless both are Gmail's."""
    same = canonical_email(f"{local}@{one}") == canonical_email(f"{local}@{other}")
    assert same == (one == other) or canonical_email(f"{local}@{one}") is None


@given(st.one_of(st.text(), st.builds("{}@{}".format, st.text(min_size=1), st.text(min_size=1))))
def test_a_canonical_address_is_its_own(text: str) -> None:
    """Canonical form of a canonical form, whatever was given, is itself."""
    canonical = canonical_email(text)
    assert canonical is None or canonical_email(canonical) == canonical


@given(
    st.one_of(
        st.text(),
        st.builds(
            "{}{}/{}?{}".format,
            st.sampled_from(["", "https://", "http://www.", "https://de."]),
            st.sampled_from(
                ["linkedin.com", "xing.com", "b\u00fccher.example", "example.com:8080", "m.x.com"]
            ),
            st.text("aB\u00c9\u00df\u0130%2Ff./in profile\u200b\uff0f\u0301", max_size=20),
            st.text("id=5&+%41\u00df", max_size=8),
        ),
    )
)
def test_a_canonical_profile_is_its_own(text: str) -> None:
    """As for addresses, also with odd escapes and letters."""
    canonical = canonical_profile_url(text)
    assert canonical is None or canonical_profile_url(canonical) == canonical


@given(
    st.from_regex(r"[+0]?[0-9 ()/.-]{3,18}(ext\. ?[0-9]{1,4})?", fullmatch=True),
    st.sampled_from([None, "DE", "US", "IT", "AR", "BR", "MX", "GB"]),
)
@example("000000", "DE")
def test_a_canonical_number_is_its_own(number: str, region: str | None) -> None:
    """As for addresses; the region no longer matters then."""
    canonical = canonical_phone(number, region)
    assert canonical is None or canonical_phone(canonical, None) == canonical


@given(st.text(max_size=30))
def test_a_canonical_id_is_its_own_and_its_source_s(text: str) -> None:
    """An id is the source's own: the same id elsewhere is somebody else."""
    canonical = canonical_external_id("ats", text)
    assert canonical is None or canonical_external_id("ats", canonical.partition("\0")[2]) == canonical
    assert canonical is None or canonical_external_id("crm", text) != canonical


@pytest.mark.parametrize(
    "text", ["unknown", "NULL", "None", "n/a", "N/A", "<none>", "0", "000", "-", "--", "?",
             "00000000-0000-0000-0000-000000000000"],
)  # fmt: skip
def test_what_stands_for_no_id_is_none(text: str) -> None:
    """All whose id a system does not know would be one person."""
    assert canonical_external_id("ats", text) is None


@pytest.mark.parametrize("text", ["4711", "0x1", "unknown-7", "10", "a", "\u5f20"])
def test_a_short_or_odd_id_is_one(text: str) -> None:
    """Whatever a source calls a person by."""
    assert canonical_external_id("ats", text) == f"ats\0{text}"


def test_an_invisible_letter_keeps_nothing_from_composing() -> None:
    """An accent behind a zero-width space belongs to the letter before both, at the first reading already."""
    assert canonical_external_id("ats", "e\u200b\u0301") == canonical_external_id("ats", "\u00e9")


def test_each_kind_of_identifier_has_a_fingerprint_of_its_own() -> None:
    """A letter for the kind and 22 of base64url for each; what cannot be one is left out."""
    person = Person("jane@example.com", "+4930901820", ("linkedin.com/in/jane", "not a url"), "42", "DE")
    prints = Fingerprints(PEPPER).of(person, "ats")
    assert {fp[0] for fp in prints} == set("eupx")
    assert {len(fp) for fp in prints} == {23}
    assert {kind for kind, _ in identifiers(person, "ats")} == set(Kind)
    assert Fingerprints(PEPPER).of(Person(), "ats") == frozenset()


def test_a_fingerprint_never_changes() -> None:
    """Stored ones must be found again, by this version and the next."""
    assert Fingerprints(PEPPER).of(Person("Jane@Example.com"), "ats") == {"egt2qx1NYJN0F0hE5ASac6o"}


def test_without_the_pepper_a_fingerprint_says_nothing() -> None:
    """Another pepper, another fingerprint."""
    person = Person("jane@example.com")
    assert Fingerprints(PEPPER).of(person, "ats").isdisjoint(Fingerprints(bytes(32)).of(person, "ats"))


def test_a_recruiter_is_known_by_address_first() -> None:
    """By e-mail, else by the source's id, scoped to the tenant, and never as a candidate."""
    prints = Fingerprints(PEPPER)
    by_mail = prints.recruiter(Person("r@example.com", external_id="7"), "acme", "ats")
    assert by_mail == prints.recruiter(Person("R@example.com"), "acme", "crm")
    assert prints.recruiter(Person("nonsense", external_id="7"), "acme", "ats") != by_mail
    assert prints.recruiter(Person("r@example.com"), "other", "ats") != by_mail
    assert by_mail not in {scoped("acme", fp) for fp in prints.of(Person("r@example.com"), "ats")}
    assert prints.recruiter(Person(), "acme", "ats") is None
    assert prints.recruiter(None, "acme", "ats") is None


@given(st.text(min_size=1, max_size=30), NOISE)
@example("\u2121", "")
def test_a_team_is_known_by_its_name_however_written(name: str, noise: str) -> None:
    """Case, width and spaces around make no other team, whichever source says it; what is no name is none."""
    prints = Fingerprints(PEPPER)
    key = prints.team(name, "acme")
    spellings = (f"{noise}{name}{noise}", unicodedata.normalize("NFKC", name), name.casefold())
    assert {prints.team(spelling, "acme") for spelling in spellings} == {key}
    assert key is None or key != prints.team(name, "other")


def test_two_teams_stay_two_and_are_no_recruiters() -> None:
    """Spaces within are one; an id that is also a recruiter's is a team's all the same."""
    prints = Fingerprints(PEPPER)
    assert prints.team("Talent  EU", "acme") == prints.team("talent eu", "acme")
    assert prints.team("Talent EU", "acme") != prints.team("Talent US", "acme")
    assert prints.team("7", "acme") != prints.recruiter(Person(external_id="7"), "acme", "ats")
    assert [prints.team(name, "acme") for name in (None, "", "\u200b")] == [None] * 3


def test_a_key_tells_what_kind_of_identifier_it_is_of() -> None:
    """By its letter alone; the name of a tenant says nothing."""
    prints = Fingerprints(PEPPER)
    keys = {kind: scoped("x-p", prints.fingerprint(kind, "form")) for kind in Kind}
    assert [kind for kind, key in keys.items() if is_external_id(key)] == [Kind.EXTERNAL_ID]
    assert [kind for kind, key in keys.items() if is_phone(key)] == [Kind.PHONE]
