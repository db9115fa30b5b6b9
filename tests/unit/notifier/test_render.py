"""The one mail, as bytes."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from services.notifier import guard
from services.notifier.letter import Letter, Links, Sender, UnfitError
from services.notifier.render import Renderer, links, message_id, plain_name
from shared.links import LinkSigner
from shared.vault import new_key

CASE = "case_" + "a" * 32
NOW = datetime(2026, 6, 3, 12, tzinfo=UTC)
SENDER = Sender("Example Ltd", "Ada at Example", "hello@example.com")
RENDERER = Renderer()


def own_links() -> Links:
    """A candidate's links, as they are in production."""
    return links("https://desk.example.com/aw/", LinkSigner(new_key()).token(CASE))


def letter(
    *,
    sender: Sender = SENDER,
    name: str | None = "Grace Hopper",
    email: str = "grace@example.org",
    to: Links | None = None,
) -> Letter:
    """A mail, with parts to vary."""
    return RENDERER.letter(CASE, sender, name, email, to or own_links(), NOW)


def parsed(raw: bytes) -> EmailMessage:
    """The mail as its reader has it."""
    return message_from_bytes(raw, policy=policy.default)


def text_of(message: EmailMessage, kind: str) -> str:
    """One part's content."""
    return str(
        next(part for part in message.iter_parts() if part.get_content_subtype() == kind).get_content()
    )


def test_the_mail_says_who_writes_and_carries_exactly_the_two_links() -> None:
    """Both parts name company and sender, thank, promise no second message, link to the candidate's pages."""
    own = own_links()
    message = parsed(letter(to=own).raw)
    for kind in ("plain", "html"):
        content = text_of(message, kind)
        for expected in (
            "Hello",
            "Grace Hopper",
            "Example Ltd",
            "Ada at Example",
            "no second one",
            "no answer is needed",
        ):
            assert expected in content
        assert content.count("https://") == 2
        assert own.why in content
        assert own.never in content
    assert own.never == f"{own.why}#never"


def test_the_headers_are_those_of_an_automatic_mail_with_one_click() -> None:
    """RFC 3834, RFC 8058, and a Message-ID made of the case."""
    own = own_links()
    message = parsed(letter(to=own).raw)
    assert (
        message["From"] == '"Ada at Example" <hello@example.com>'
        or message["From"] == "Ada at Example <hello@example.com>"
    )
    assert message["To"] == "grace@example.org"
    assert message["Message-ID"] == f"<{CASE}@example.com>"
    assert message["Date"] == "Wed, 03 Jun 2026 12:00:00 +0000"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe"] == f"<{own.why}/never>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Precedence"] is None
    assert message.get_content_type() == "multipart/alternative"


def test_a_link_is_never_folded_or_encoded_in_its_header() -> None:
    """Mail clients read List-Unsubscribe as it stands, however long the desk's address is."""
    own = links("https://" + "very-" * 30 + "long.example.com", LinkSigner(new_key()).token(CASE))
    lines = letter(to=own).raw.split(b"\r\n")
    assert f"List-Unsubscribe: <{own.one_click}>".encode() in lines


def test_the_same_case_gives_the_same_bytes() -> None:
    """Nothing in a mail is drawn by chance."""
    own = own_links()
    assert letter(to=own).raw == letter(to=own).raw


def test_the_bytes_are_seven_bit_and_no_line_is_too_long() -> None:
    """Any mail server takes it (RFC 5321, 4.5.3.1.6), whatever alphabet names are in."""
    raw = letter(sender=Sender("株式会社", "Zoë", "a@example.com"), name="Ólafur").raw
    assert raw.isascii()
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert "Ólafur" in text_of(parsed(raw), "plain")


def test_the_page_is_accessible_and_loads_nothing() -> None:
    """A language, a title, real links; no image, script, style sheet or tracker."""
    page = text_of(parsed(letter().raw), "html")
    assert '<html lang="en">' in page
    assert "<title>" in page
    for forbidden in ("<img", "<script", "<link", "<style", "src=", "url(", "http-equiv"):
        assert forbidden not in page


def test_markup_in_a_company_is_shown_and_not_obeyed() -> None:
    """Escaped on the page, plain in the text."""
    message = parsed(letter(sender=Sender("R&D <b>Corp</b>", "R&D <b>Corp</b>", "a@example.com")).raw)
    assert "R&amp;D &lt;b&gt;Corp&lt;/b&gt;" in text_of(message, "html")
    assert "R&D <b>Corp</b>" in text_of(message, "plain")


@pytest.mark.parametrize(
    "name",
    [
        "Ada",
        "María-José Núñez",
        "O'Brien",
        "D\u2019Angelo",
        "J.R.R. Tolkien",
        "St. John",
        "Ng",
        "李 小龍",
        "Łukasz",
        "محمد علي",
        "आरती शर्मा",
    ],
)
def test_a_plain_name_is_used(name: str) -> None:
    """Letters of any script with spaces, hyphens, apostrophes and dots."""
    assert plain_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        None,
        "",
        "   ",
        "Visit evil.com",  # a domain
        "t.co",  # a short one
        "www.evil",  # and its beginning
        "http://evil",
        "a@b.c",
        "Ada\r\nBcc: all@example.com",  # a header
        "Ada\u2028Lovelace",  # a line in disguise
        "Ada\u202eecalevoL",  # a change of direction
        "Ada\u200bLovelace",  # an unseen character
        "<b>Ada</b>",
        "{{ name }}",
        "Ada 2",
        "Ada!",
        "-Ada",
        "A" * 61,
        "one two three four five six seven eight",  # a sentence
        "A" + "\u0301" * 5,  # marks heaped up
    ],
)
def test_what_is_more_than_a_name_is_left_out(name: str | None) -> None:
    """Then the greeting is without one, and the mail still fits."""
    assert plain_name(name) is None
    written = letter(name=name)
    guard.check(written)
    assert "Hello,\r\n" in text_of(parsed(written.raw), "plain")


@pytest.mark.parametrize(
    "email",
    [
        "",
        "no-at",
        "@example.org",
        "a@",
        "a b@example.org",
        "a@example.org\r\nBcc: b@example.org",
        "a@example.org, b@example.org",
        "<a@example.org>",
        '"a b"@example.org',
        "a@b@example.org",
        "a@exa mple.org",
        "a@-example.org",
        "ä@example.org",
        "a@straße.example",  # IDNA 2003 would make strasse of it: somebody else's domain
        "a\x00@example.org",
        "x" * 65 + "@example.org",
    ],
)
def test_what_is_no_address_gets_no_mail(email: str) -> None:
    """And the reason does not quote it."""
    with pytest.raises(UnfitError, match="the candidate's address") as refused:
        letter(email=email)
    assert not email or email not in str(refused.value)


def test_a_domain_beyond_ascii_is_written_as_idna_has_it() -> None:
    """It reaches servers that know nothing of SMTPUTF8."""
    assert letter(email="ana@bücher.example").recipient == "ana@xn--bcher-kva.example"


@pytest.mark.parametrize(
    "sender",
    [
        Sender("Example\r\nBcc: x@example.com", "Ada", "a@example.com"),
        Sender("Example", "Ada\nBcc: x@example.com", "a@example.com"),
        Sender("Example", "Ada\u2029", "a@example.com"),
        Sender("Example", "Ada", "a@example.com\r\nBcc: x@example.com"),
        Sender("", "Ada", "a@example.com"),
    ],
)
def test_a_tenant_cannot_inject_a_header(sender: Sender) -> None:
    """A line break in a company, a name or an address stops the mail."""
    with pytest.raises(UnfitError):
        letter(sender=sender)


def test_the_message_id_is_of_the_senders_domain() -> None:
    """Deterministic, so that a mail that did arrive twice would be known as one."""
    assert message_id(CASE, "hello@example.com") == f"<{CASE}@example.com>"
