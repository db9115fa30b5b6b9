"""What is written in a mail, by its parts and charsets."""

import pytest

from services.intake.sources import mail, mail_body
from tests.unit.intake.sources.email.letters import written


@pytest.mark.parametrize(
    ("charset", "raw", "text"),
    [
        ("utf-8", "é".encode(), "é"),
        ("iso-8859-1", b"\xe9", "é"),
        ("Windows-1252", b"\x80", "€"),
        ("us-ascii", "é".encode(), "é"),
        ("shift_jis", "停止".encode("shift_jis"), "停止"),
        ("unicode_escape", b"\\x41", "\\x41"),
        ("x-unknown", b"\xff", "\ufffd"),
        ("cp9999", b"x", "x"),
        ("iso-8859-8-i", "די".encode("iso-8859-8"), "די"),
        ("TIS-620", "หยุด".encode("tis-620"), "หยุด"),
        ("windows-874", "หยุด".encode("cp874"), "หยุด"),
    ],
)
def test_letters_are_read_as_the_mail_says(charset: str, raw: bytes, text: str) -> None:
    """In the charsets that mails are written in; decoders that do more are not for strangers to call."""
    head = f"Content-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    assert mail_body.words(mail.read(head.encode() + raw)) == text


@pytest.mark.parametrize("blank", ["", "\r\n", "\u00a0 \u200b\r\n", "\t\ufeff"])
@pytest.mark.parametrize("kind", ["alternative", "mixed"])
def test_html_is_read_where_the_plain_text_is_blank(blank: str, kind: str) -> None:
    """And the plain text where it is not, or where there is no other."""
    html = ("--b", "Content-Type: text/html; charset=utf-8", "", "<p>No <b>thanks</b></p>", "--b--")

    def of(text: str, *more: str) -> str:
        head = (f"Content-Type: multipart/{kind}; boundary=b", "", "--b")
        return mail_body.words(
            mail.read(
                written(*head, "Content-Type: text/plain; charset=utf-8", "", text, *(more or ["--b--"]))
            )
        )

    assert of(blank, *html) == "No thanks"
    assert of("Plain", *html) == ("Plain" if kind == "alternative" else "Plain\n\nNo thanks")
    assert of(blank) == ""


@pytest.mark.parametrize(
    ("delsp", "text", "said"),
    [
        (
            "; delsp=yes",
            "un \r\nsub \r\nscribe \r\n> q \r\n> r \r\n-- \r\nAda",
            "unsubscribe \n> q \n> r \n-- \nAda",
        ),
        ("; DelSp=Yes", "so \r\n  be it", "so be it"),
        ("", "un \r\nsubscribe", "un \nsubscribe"),
    ],
)
def test_a_line_that_was_broken_with_a_space_goes_on(delsp: str, text: str, said: str) -> None:
    """Where its format says that the space is not the writer's; what is quoted stays as it is."""
    head = f"Content-Type: text/plain; charset=utf-8; format=flowed{delsp}"
    assert mail_body.words(mail.read(written(head, "", text))) == said


@pytest.mark.parametrize(
    "told", ["base64", "BASE64 ", "base64 (as ever)", "(as ever) base64; x=y", "\tbase64\t"]
)
def test_the_encoding_of_a_part_is_its_first_word(told: str) -> None:
    """Without the space and the comments around it."""
    assert (
        mail_body.words(mail.read(written(f"Content-Transfer-Encoding: {told}", "X: y", "", "U1RPUA==")))
        == "STOP"
    )


@pytest.mark.parametrize(
    "told",
    [
        'text/html (a) ; charset="iso-8859-1" (b)',
        "(a) text/html;\r\n\tcharset=iso-8859-1 (b)",
        'text/html; name="(;".html; charset=iso-8859-1',
        "text/html; charset*=us-ascii'en'iso-8859-1",
    ],
)
def test_what_a_part_is_made_of_stands_between_comments(told: str) -> None:
    """Which are none in quotes."""
    head = f"Content-Type: {told}\r\nContent-Disposition: (a) inline (b)\r\n\r\n".encode()
    assert mail_body.passages(mail.read(head + b"<p>\xe9</p>")) == ["é"]


TEXT, PAGE = ("Content-Type: text/plain", ""), ("Content-Type: text/html", "")
PICTURE = ("Content-Type: image/png; name=a.png", "Content-Disposition: inline; filename=a.png", "", "x")


def multipart(kind: str, *parts: tuple[str, ...], boundary: str = "b") -> tuple[str, ...]:
    """The lines of a part of these."""
    inner = [line for part in parts for line in (f"--{boundary}", *part)]
    return (f"Content-Type: multipart/{kind}; boundary={boundary}", "", *inner, f"--{boundary}--")


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        (((*TEXT, "Hi"), PICTURE, (*TEXT, "Never write again.")), ["Hi", "Never write again."]),
        (((*PAGE, "<p>Hi</p>"), PICTURE, (*PAGE, "<p>Never</p>")), ["Hi", "Never"]),
        (((*TEXT, "  "), PICTURE, (*TEXT, "stop")), ["stop"]),
        (((*TEXT, "stop"), (*PAGE, "<b>stop</b>")), ["stop"]),
        ((multipart("alternative", (*TEXT, "a"), (*PAGE, "b"), boundary="i"), (*TEXT, "c")), ["a", "c"]),
        ((multipart("alternative", (*PAGE, "b"), (*TEXT, "a"), boundary="i"), (*TEXT, "c")), ["a", "c"]),
        ((multipart("related", (*PAGE, "a"), PICTURE, (*TEXT, "b"), boundary="i"), (*TEXT, "c")), ["a", "c"]),
        (((*TEXT, "a"), ("Content-Type: text/plain; name=cv.txt", "", "b")), ["a"]),
        (((*TEXT, "a"), ("Content-Disposition: inline; filename=cv.txt", "", "b")), ["a"]),
        (((*TEXT, "a"), ("Content-Disposition: attachment", "", "b")), ["a"]),
        (((*TEXT, "a"), ("Content-Disposition: (b) attachment (c)", "", "b")), ["a"]),
        (((*TEXT, "a"), ("Content-Disposition: inline", "", "b")), ["a", "b"]),
        (((*TEXT, "a"), ("Content-Type: message/rfc822", "", "Subject: x", "", "b")), ["a"]),
        ((("Content-Type: text/plain; name=body.txt", "", "a"),), ["a"]),
        ((("Content-Disposition: attachment", "", "a"),), []),
    ],
)
def test_every_text_of_the_body_is_read(parts: tuple[tuple[str, ...], ...], said: list[str]) -> None:
    """Whatever stands between them; a file is not the body, nor is a mail that is passed on."""
    assert mail_body.passages(mail.read(written(*multipart("mixed", *parts)))) == said


def test_the_plain_form_of_a_text_stands_for_all_of_it() -> None:
    """As Apple Mail parts the page alone, where a file lies in the middle."""
    page = multipart("mixed", (*PAGE, "One"), PICTURE, (*PAGE, "Two"), boundary="i")
    message = mail.read(written(*multipart("alternative", (*TEXT, "One Two"), page)))
    assert mail_body.passages(message) == ["One Two"]
