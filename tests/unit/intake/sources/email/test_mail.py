"""Reading a mail within bounds, whoever wrote it."""

import time

import pytest

from services.intake.sources import mail, mail_html, mail_stop
from shared.errors import Invalid


def written(*lines: str) -> bytes:
    """A mail of these lines."""
    return "\r\n".join(lines).encode()


def nested(kind: str, levels: int) -> bytes:
    """Parts in parts."""
    heads = [
        f"Content-Type: multipart/{kind}; boundary=b{level}\r\n\r\n--b{level}\r\n" for level in range(levels)
    ]
    return "".join(heads).encode()


HOSTILE = {
    "many levels": nested("mixed", mail.MAX_PARTS) + b"\r\n" * 500_000,
    "too many levels": nested("mixed", 5_000),
    "mails in mails": b"Content-Type: message/rfc822\r\n\r\n" * 5_000,
    "a flood of headers": b"To: a@example.com\r\n" * 50_000 + b"\r\nx",
    "addresses without end": b"From: " + b"a@b.c, " * 100_000 + b"\r\n\r\nx",
    "quotes without end": b"From: " + b'"' * 900 + b"\r\nTo: " + b'"' * 900 + b"\r\n\r\nx",
    "brackets": b"From: " + b"(" * 900 + b"\r\nMessage-ID: " + b"<" * 900 + b"\r\n\r\nx",
    "a type of brackets": b"Content-Type: " + b"(" * 900 + b"\r\n\r\nx",
    "a slow charset": b'Content-Type: text/plain; charset="punycode"\r\n\r\n' + b"a" * 250_000,
    "no charset": b'Content-Type: text/plain; charset="\xff"\r\n\r\nx',
    "tags": b"Content-Type: text/html\r\n\r\n" + b"<!--<a <" * 30_000,
    "entities": b"Content-Type: text/html\r\n\r\n&#" + b"9" * 250_000,
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
    try:
        message = mail.read(HOSTILE[name])
        mail.words(message), mail.subject(message), mail.sent_at(message)
        for header in ("From", "To", "Cc", "Message-ID"):
            mail.addresses(message, header)
            mail.word(message, header)
    except Invalid:
        pass
    assert time.process_time() - began < 2


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
    assert len(mail.words(mail.read(head + b"x" * 2 * mail.MAX_BYTES))) == mail.MAX_BYTES - len(head)
    assert len(mail.words(mail.read(head + b"x\r\n" * 2 * mail.MAX_LINES)).split()) == mail.MAX_LINES - 2


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
        ("cp9999", b"x", ""),
    ],
)
def test_letters_are_read_as_the_mail_says(charset: str, raw: bytes, text: str) -> None:
    """In the charsets that mails are written in; decoders that do more are not for strangers to call."""
    head = f"Content-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    assert mail.words(mail.read(head.encode() + raw)) == text


def test_a_header_that_came_twice_or_is_too_long_names_nobody() -> None:
    """A part of an address is somebody else's, and of two senders nobody knows which to believe."""
    assert mail.addresses(mail.read(written("From: a@example.com", "", "x")), "from")
    assert not mail.addresses(mail.read(written("From: a@example.com", "From: b@example.com", "")), "From")
    long = "From: " + "a@example.com, " * 70 + "b@example.com"
    assert not mail.addresses(mail.read(written(long, "")), "From")


def test_each_server_on_the_way_may_name_whom_it_brought_it_to() -> None:
    """In a line of its own, where the address stands bare or not; a flood of them is none."""
    for name in ("Delivered-To", "X-Original-To"):
        lines = [f"{name}: ada@example.com", f"{name}: <bob@example.com>"]
        read = mail.addresses(mail.read(written(*lines, "", "x")), name)
        assert [address for _, address in read] == ["ada@example.com", "bob@example.com"]
        assert not mail.addresses(mail.read(written(*lines * 10, "", "x")), name)


def test_a_page_is_read_as_it_is_seen() -> None:
    """Without what is not shown; what is quoted is marked as text marks it."""
    page = (
        "<html><head><title>t</title><style>a > b {}</style></head><!-- c --><body>One\n two &lt;3<br/>"
        "<script>if (a<b) x()</script>three<blockquote>q<div>r</div></blockquote>four</blockquote>five"
    )
    seen = mail_html.seen_text(page).split("\n")
    assert [line.strip() for line in seen] == ["One two <3", "three", "> q", "> r", ">", "four", "five"]
    assert mail_html.seen_text("a<style>b") == "a"


@pytest.mark.parametrize(
    "text",
    [
        "STOP",
        " stop.\n",
        "Please unsubscribe!",
        "désinscription",
        "DESINSCRIPTION",
        "Abmelden\n-- \nAda Example",
        "отписаться",
        "退订",
        "配信停止",
        "수신 거부",
        "إلغاء الاشتراك",
        "stop\n\nOn Monday, Rey wrote:\n> stop?\n> never",
        "stop\n\nAm Montag schrieb Rey\n<rey@acme.example>:\n> Hallo",
        "stop\n\n----- Original Message -----\nFrom: Rey",
        "stop\n________________________________\nFrom: Rey",
        "stop\n> quoted right below",
        "STOP\n\nFrom: Rey <rey@acme.example>\nSent: Monday\nTo: Ada\nSubject: Designer\n\nHi Ada",
        "Stop\n\n*From:* Rey\n*Date:* Monday\n\nHi Ada",
        "Abmelden\nVon: Rey <rey@acme.example>\n\nGesendet: Montag\nAn: Ada",
        "désinscription\n\nDe\u00a0: Rey\nEnvoyé\u00a0: lundi\nÀ\u00a0: Ada",
        "baja\n\nDe: Rey\nEnviado el: lunes\nPara: Ada",
        "wypisz\n\nOd: Rey\nWysłano: poniedziałek",
        "dur\n\nKimden: Rey\nGönderme Tarihi: Pazartesi",
        "стоп\n\n От: Рей\n Отправлено: понедельник",
        "退订\n\n发件人\uff1a Rey\n发送时间\uff1a 星期一",
        "수신 거부\n\n보낸 사람: Rey\n보낸 날짜: 월요일",
        "توقف\n\n\u200fمن: Rey\n\u200fتم الإرسال: الاثنين",
        "STOP\n\nSent from my iPhone",
        "Stop.\nSent from Outlook for iOS\n\n> quoted",
        "Stop\n\nGet Outlook for Android",
        "Bitte abmelden.\n\nVon meinem iPhone gesendet",
        "Désinscription\n\nEnvoyé de mon iPad",
        "Baja\n\nEnviado desde mi Samsung Galaxy",
        "lopeta\n\nLähetetty iPhonesta",
        "wypisz\n\nWysłano z iPhone'a",
    ],
)
def test_a_word_that_asks_for_silence_and_nothing_else_is_an_opt_out(text: str) -> None:
    """In any spelling, above whatever history."""
    assert mail_stop.is_stop(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "...",
        "no",
        "nein danke",
        "stopped",
        "Stop by on Monday",
        "I cannot stop",
        "> stop",
        "Great!\n> stop",
        "stop\n\nAda",
        "Stop by\n\nSent from my iPhone",
        "Sent from my iPhone",
        "stop\n\nI sent the CV from my desk, not from my iPhone",
        "stop\n\nSent from my heart",
        "Thanks:\n\nstop the presses:\n> x",
        "stop\n\nFrom: a friend\nI would have expected it",
        "stop\n\nDate: Monday\nFrom: Ada",
        "From: Rey\nSent: Monday\n\nstop",
        "--",
    ],
)
def test_everything_else_is_left_to_policy(text: str) -> None:
    """A mere no, more words, or the words of somebody else."""
    assert not mail_stop.is_stop(text)


@pytest.mark.parametrize(
    "subject", ["stop", "Re: unsubscribe", "RE: Re[2]: Stop.", "AW: abmelden", "回复\uff1a退订"]
)
def test_a_subject_may_be_the_answer_to_such_a_word(subject: str) -> None:
    """Programs write so before it."""
    assert mail_stop.is_stop_subject(subject)


@pytest.mark.parametrize("subject", ["", "Re:", "Re: Designer", "Rest: stop", "Reunsubscribe"])
def test_any_other_subject_asks_for_nothing(subject: str) -> None:
    """Nor does one that only begins like it."""
    assert not mail_stop.is_stop_subject(subject)


@pytest.mark.parametrize("blank", ["", "\r\n", "\u00a0 \u200b\r\n", "\t\ufeff"])
@pytest.mark.parametrize("kind", ["alternative", "mixed"])
def test_html_is_read_where_the_plain_text_is_blank(blank: str, kind: str) -> None:
    """And the plain text where it is not, or where there is no other."""
    html = ("--b", "Content-Type: text/html; charset=utf-8", "", "<p>No <b>thanks</b></p>", "--b--")

    def of(text: str, *more: str) -> str:
        head = (f"Content-Type: multipart/{kind}; boundary=b", "", "--b")
        return mail.words(
            mail.read(
                written(*head, "Content-Type: text/plain; charset=utf-8", "", text, *(more or ["--b--"]))
            )
        )

    assert of(blank, *html) == "No thanks"
    assert of("Plain", *html) == "Plain"
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
    assert mail.words(mail.read(written(head, "", text))) == said
