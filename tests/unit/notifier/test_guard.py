"""The last look at the bytes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from services.notifier.guard import check
from services.notifier.letter import Letter, Links, Sender, UnfitError
from services.notifier.render import Renderer

LINKS = Links(
    "https://desk.example.com/c/T", "https://desk.example.com/c/T#never", "https://desk.example.com/c/T/never"
)
SENDER = Sender("Booking.com", "Ada", "hello@example.com")
GOOD = Renderer().letter(
    "case_" + "a" * 32, SENDER, "Grace Hopper", "grace@example.org", LINKS, datetime(2026, 6, 3, tzinfo=UTC)
)


def test_the_agreed_mail_passes() -> None:
    """Also where the company's name looks like a domain: it is the tenant's registered one."""
    check(GOOD)


def changed(change: Callable[[EmailMessage], None]) -> Letter:
    """The mail with something changed after it was rendered."""
    message = message_from_bytes(GOOD.raw, policy=policy.SMTP)
    change(message)
    return replace(GOOD, raw=message.as_bytes(policy=policy.SMTP.clone(max_line_length=998)))


def body(kind: str, old: str, new: str) -> Callable[[EmailMessage], None]:
    """A change of one part's content."""

    def change(message: EmailMessage) -> None:
        for part in message.iter_parts():
            if part.get_content_subtype() == kind:
                content = part.get_content()
                assert old in content
                part.set_content(content.replace(old, new), subtype=kind, cte="quoted-printable")

    return change


def header(name: str, value: str) -> Callable[[EmailMessage], None]:
    """A change of one header, or another one."""

    def change(message: EmailMessage) -> None:
        del message[name]
        message[name] = value

    return change


def attach(message: EmailMessage) -> None:
    """A third part."""
    message.add_attachment(b"x", maintype="application", subtype="pdf")


def alternate(message: EmailMessage) -> None:
    """A third alternative, which some mail programs would prefer."""
    message.add_alternative("BEGIN:VCALENDAR", subtype="calendar")


BAD: dict[str, Callable[[EmailMessage], None]] = {
    "a third link in the text": body("plain", "all the best", "all the best https://evil.example/x"),
    "a link without its scheme": body("plain", "all the best", "all the best //evil.example/x"),
    "a www address": body("plain", "all the best", "all the best www.evil.example"),
    "a mailto": body("plain", "all the best", "mailto:a@b.example"),
    "a mail address": body("plain", "all the best", "write to a@b.example"),
    "the same link twice": body("plain", "all the best", f"{LINKS.why} "),
    "a link to somebody else's page": body("plain", LINKS.why, "https://desk.example.com/c/OTHER"),
    "no way to say never again": body("plain", LINKS.never, ""),
    "a third link on the page": body("html", "<hr>", '<a href="https://evil.example">x</a>'),
    "another target on the page": body("html", LINKS.never, "https://evil.example"),
    "a link in the page's text": body("html", "all the best", "https://evil.example"),
    "an image": body("html", "<hr>", '<img src="https://evil.example/p.gif">'),
    "a script": body("html", "<hr>", "<script>1</script>"),
    "a style sheet": body("html", "<title>", "<style>p{}</style><title>"),
    "a form": body("html", "<hr>", "<form action=x></form>"),
    "a style that loads": body("html", "font-size: 1em", "background: url(x)"),
    "an event handler": body("html", "<hr>", "<hr onclick=x>"),
    "a comment": body("html", "<hr>", "<!--[if mso]><img src=x><![endif]-->"),
    "a section": body("html", "<hr>", "<![if mso]>"),
    "a redirection": body("html", '<meta charset="utf-8">', '<meta http-equiv="refresh" content="0">'),
    "a leftover in the text": body("plain", "all the best", "{{ sender }}"),
    "a leftover on the page": body("html", "all the best", "{% if %}"),
    "an undefined value": body("plain", "all the best", "undefined"),
    "a blind copy": header("Bcc", "all@example.com"),
    "a copy": header("Cc", "all@example.com"),
    "an answer's address": header("Reply-To", "x@example.com"),
    "another recipient": header("To", "other@example.org"),
    "two recipients": header("To", "grace@example.org, other@example.org"),
    "another sender": header("From", "Ada <other@example.com>"),
    "another name": header("From", "Bob <hello@example.com>"),
    "another way to unsubscribe": header("List-Unsubscribe", "<https://evil.example>"),
    "a leftover in the subject": header("Subject", "{{ subject }}"),
    "an attachment": attach,
    "a third alternative": alternate,
}


@pytest.mark.parametrize("change", BAD.values(), ids=BAD.keys())
def test_whatever_was_not_agreed_does_not_go_out(change: Callable[[EmailMessage], None]) -> None:
    """Links, recipients, remote content, leftovers, parts and headers beyond the agreed mail."""
    with pytest.raises(UnfitError):
        check(changed(change))


def test_the_changes_are_what_is_refused() -> None:
    """The mail taken apart and put together again passes, so the refusals above are of the changes."""
    check(changed(lambda _message: None))


def test_a_header_that_is_there_twice_is_refused() -> None:
    """Two of a kind: mail programs differ in which one they believe."""
    doubled = GOOD.raw.replace(b"Subject:", b"Subject: Hello\r\nSubject:", 1)
    with pytest.raises(UnfitError, match="subject"):
        check(replace(GOOD, raw=doubled))


def test_the_refusal_quotes_no_address() -> None:
    """Reasons are stored in the timeline and logged."""
    with pytest.raises(UnfitError) as refused:
        check(changed(header("To", "other@example.org")))
    assert "@" not in str(refused.value)
