"""Reading a mail within bounds, whoever wrote it."""

import time
from base64 import b64encode
from contextlib import suppress

import pytest

from services.intake.sources import Delivery, mail, mail_body, mail_html
from services.intake.sources.email import EmailConfig, map_events
from shared.errors import Invalid
from tests.unit.intake.sources.email.letters import written


def nested(kind: str, levels: int) -> bytes:
    """Parts in parts."""
    heads = [
        f"Content-Type: multipart/{kind}; boundary=b{level}\r\n\r\n--b{level}\r\n" for level in range(levels)
    ]
    return "".join(heads).encode()


def in_parts(header: bytes, count: int) -> bytes:
    """Parts beside each other, each with this header."""
    part = b"--b\r\n" + header + b"\r\n\r\nx\r\n"
    return b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + part * count


def fields_in_base64(fields: bytes) -> bytes:
    """A report whose fields are encoded, so that no bound on lines meets them."""
    letter = b"\r\nMessage-ID: <case_" + b"a" * 32 + b"@acme.example>\r\n"
    return (
        b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\n"
        b"Content-Type: message/global-delivery-status\r\n\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n"
        + b64encode(fields)
        + b"\r\n--b\r\nContent-Type: text/rfc822-headers\r\n"
        + letter
        + b"--b--\r\n"
    )


HOSTILE = {
    "many levels": nested("mixed", mail.MAX_PARTS) + b"\r\n" * 500_000,
    "too many levels": nested("mixed", 5_000),
    "mails in mails": b"Content-Type: message/rfc822\r\n\r\n" * 5_000,
    "a flood of headers": b"To: a@example.com\r\n" * 50_000 + b"\r\nx",
    "addresses without end": b"From: " + b"a@b.c, " * 100_000 + b"\r\n\r\nx",
    "recipients without end": b"To: " + b"a@b.c, " * 17_000 + b"\r\nCc:" + b" , " * 40_000 + b"\r\n\r\nx",
    "a recipient without end": b"To: " + b'"' * 120_000 + b"\r\nCc: " + b"a." * 60_000 + b"\r\n\r\nx",
    "recipients in quotes": b"To: " + b'",",' * 30_000 + b"\r\nCc: " + b'"' + b"," * 120_000 + b"\r\n\r\nx",
    "quotes without end": b"From: " + b'"' * 900 + b"\r\nTo: " + b'"' * 900 + b"\r\n\r\nx",
    "brackets": b"From: " + b"(" * 900 + b"\r\nMessage-ID: " + b"<" * 900 + b"\r\n\r\nx",
    "a type of brackets": b"Content-Type: " + b"(" * 900 + b"\r\n\r\nx",
    "a slow charset": b'Content-Type: text/plain; charset="punycode"\r\n\r\n' + b"a" * 250_000,
    "no charset": b'Content-Type: text/plain; charset="\xff"\r\n\r\nx',
    "tags": b"Content-Type: text/html\r\n\r\n" + b"<!--<a <" * 30_000,
    "comments": b"Content-Type: text/html\r\n\r\n" + b"<!-- <!-->" * 12_000 + b"<!--" * 30_000,
    "entities": b"Content-Type: text/html\r\n\r\n&#" + b"9" * 250_000,
    "a tag that never closes": b"Content-Type: text/html\r\n\r\n<" + b"a" * 60_000,
    "tags that never close": b"Content-Type: text/html\r\n\r\n" + b"<a " * 80_000,
    "elements that never end": b"Content-Type: text/html\r\n\r\n" + b"<style><title>" * 18_000,
    "comments in a style": b'Content-Type: text/html\r\n\r\n<p style="' + b"/* " * 40_000 + b'">No.</p>',
    "marks around a last line": b"X: y\r\n\r\nNo.\r\na" + b"!" * 60_000 + b"a",
    "links in a last line": b"X: y\r\n\r\nNo.\r\na " + b"<https://" * 28_000 + b" a",
    "last lines without end": b"Content-Type: text/html\r\n\r\nNo." + b"<br>ios: x" * 25_000,
    "accents without end": b"Content-Type: text/plain; charset=utf-8\r\n\r\na" + b"\xcc\x80\xcc\xa3" * 30_000,
    "vowels that are two": b"Content-Type: text/plain; charset=utf-8\r\n\r\na" + b"\xe0\xbd\xb3" * 40_000,
    "dispositions of brackets": in_parts(b"Content-Disposition: " + b"(" * 960, 255),
    "dispositions of parameters": in_parts(b"Content-Disposition: a" + b";a" * 480, 255),
    "types of parameters": in_parts(b"Content-Type: text/plain" + b";a=b" * 240, 48),
    "encodings of commas": in_parts(b"Content-Transfer-Encoding: a" + b"," * 960, 255),
    "fields without end": fields_in_base64(b"\n\n" * 90_000),
    "a part that never ends": b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n',
    "base64 that is none": b"Content-Transfer-Encoding: base64\r\nX: y\r\n\r\n" + b"=*" * 100_000,
    "uuencode that is none": b"Content-Transfer-Encoding: x-uuencode\r\nX: y\r\n\r\nbegin 644 x\r\n\xff\xfe",
    "all bytes": bytes(range(256)) * 100,
    "nothing": b"",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_mail_is_read_or_refused_soon(name: str) -> None:
    """In time that does not hold up others, and with no exception but ours."""
    began = time.process_time()
    with suppress(Invalid):
        message = mail.read(HOSTILE[name])
        mail_body.words(message), mail.subject(message), mail.sent_at(message)
        for header in ("From", "To", "Cc", "Message-ID"):
            mail.addresses(message, header)
            mail.word(message, header)
    read = time.process_time()
    with suppress(Invalid):
        map_events(Delivery({"content-type": "message/rfc822"}, HOSTILE[name]), EmailConfig())
    assert max(read - began, time.process_time() - read) < 2


@pytest.mark.parametrize("levels", [mail.MAX_PARTS, mail.MAX_PARTS + 1])
def test_a_mail_has_so_many_parts_at_most(levels: int) -> None:
    """More are no letter."""
    if levels > mail.MAX_PARTS:
        with pytest.raises(Invalid):
            mail.read(nested("mixed", levels))
    else:
        assert mail.read(nested("mixed", levels)).is_multipart()


def test_only_the_beginning_of_a_long_mail_is_read() -> None:
    """By its bytes, and by its lines."""
    head = written("From: a@example.com", "", "")
    assert len(mail_body.words(mail.read(head + b"x" * 2 * mail.MAX_BYTES))) == mail.MAX_BYTES - len(head)
    assert len(mail_body.words(mail.read(head + b"x\r\n" * 2 * mail.MAX_LINES)).split()) == mail.MAX_LINES - 2


def test_a_page_is_read_as_it_is_seen() -> None:
    """Without what is not shown; what is quoted is marked as text marks it."""
    page = (
        "<html><head><title>t</title><style>a > b {}</style></head><!-- c --><body>One\n two &lt;3<br/>"
        "<script>if (a<b) x()</script>three<blockquote>q<div>r</div></blockquote>four</blockquote>five"
    )
    seen = mail_html.seen_text(page).split("\n")
    assert [line.strip() for line in seen] == ["One two <3", "three", "> q", "> r", ">", "four", "five"]
    assert mail_html.seen_text("a<style>b</style>c") == "ac"


@pytest.mark.parametrize(
    "page",
    [
        "<html><head><meta charset=utf-8><body><p>STOP</p></body></html>",
        "<html><head><meta charset=utf-8><BODY class=x><p>STOP</p></body></html>",
        "<html><head/><body><p>STOP</p></body></html>",
        "<html><head><title/></head><body><p>STOP</p><svg><title>x</title></svg></body></html>",
        "<html><head><title>Re: you</head><body><p>STOP</p></body></html>",
        "<html><title>Re: you<body><p>STOP</p></body></html>",
        "<html><head><style>p {}<script>x()</head><body><p>STOP</p></body></html>",
        "<html><head><script>a = '</head><body>'</script></head><body><p>STOP</p></body></html>",
        "<head><title>Re: you<body style='display:none'>We wrote</body><p>STOP",
        "<template/><p>STOP</p>",
        "<script src='x'/><p>STOP</p>",
        "<style><p>STOP</p>",
        "<p>STOP</p><style>p {}</style><script>",
    ],
)
def test_what_is_never_closed_hides_nothing(page: str) -> None:
    """A wish might stand behind it; but where the head ends, there ends what stands in it."""
    assert mail_html.seen_text(page).strip() == "STOP"


@pytest.mark.parametrize("name", ["script", "style", "template", "title"])
def test_what_is_closed_is_hidden_to_its_end(name: str) -> None:
    """Whatever stands in it, and whatever begins there."""
    page = f"<body>a<{name} x='y'>b<p>c</head><body><!-- d </{name.upper()} >e</{name}>f"
    assert mail_html.seen_text(page).split() == ["aef"]
    assert mail_html.seen_text(f"a<{name}>b<p>c").split() == ["ab", "c"]


def test_a_number_of_no_letter_is_no_reason_to_lose_a_page() -> None:
    """However long it is; Python reads none of thousands of digits."""
    number = "&#" + "9" * 5_000 + ";"
    assert mail_html.seen_text(f"<p style='color:{number}'>No{number}</p>").strip() == "No\ufffd"
    assert mail_html.seen_text("&#0000065;&#x41;&#65 &#1114112;") == "AAA \ufffd"


@pytest.mark.parametrize(
    ("page", "seen"),
    [
        ("Yes<!--[if mso]><p>never</p><![endif]-->, do", "Yes, do"),
        ("<!--[if !mso]><!-->Yes<!--<![endif]--> <![if !mso]>do<![endif]>", "Yes do"),
        ("a<!-- <b --> b <!-- > <p title=x -->c", "a b c"),
        ("<!---->a<!-->b<!--->c", "abc"),
        ("<style><!-- p > a {} --></style>a --> b", "a --> b"),
        ("a<!-- b --!>c", "ac"),
        ("a<!-- b --><!-- c", "a c"),
    ],
)
def test_a_comment_is_not_seen_whatever_it_holds(page: str, seen: str) -> None:
    """As browsers end it; but one that is never closed hides nothing, for a wish might stand there."""
    assert mail_html.seen_text(page) == seen
