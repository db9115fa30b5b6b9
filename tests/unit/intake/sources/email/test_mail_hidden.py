"""What a style hides is not read, and nothing else is overlooked for it."""

import time

import pytest

from services.intake.sources import mail, mail_body, mail_html
from tests.unit.intake.sources.email.letters import written


def seen(page: str) -> list[str]:
    """The lines on the page that are not empty."""
    return [line.strip() for line in mail_html.seen_text(page).split("\n") if line.strip()]


@pytest.mark.parametrize(
    "hidden",
    [
        'style="display:none"',
        "style='display: none !important; font-size: 1px'",
        "style=display:none",
        'STYLE="Color:red;DISPLAY : NONE;"',
        'style="display:block;display:none"',
        'style="display&#58;none"',
        'style="/* a */display:/* b */none"',
        'style="visibility:hidden"',
        'style="visibility: collapse"',
        'style="font-size:0"',
        'style="font-size:0px"',
        'style="font-size: 0.0pt"',
        'style="font-size:.0em;color:#fff"',
        'style="mso-hide:all"',
        'style="display:none;/* a */color:red /* b"',
        'class=x data-x="a" hidden',
        "hidden",
        'hidden=""',
        'HIDDEN="until-found"',
        'style="color:red" style="display:none" hidden',
    ],
)
def test_what_is_hidden_is_not_read(hidden: str) -> None:
    """Whichever way, in any spelling, and whatever is in it."""
    page = (
        f"<body><div {hidden}>Preview<p>of <b>it</b></p></div><p>Yes, <span {hidden}>not</span>do</p></body>"
    )
    assert seen(page) == ["Yes, do"]


@pytest.mark.parametrize(
    "shown",
    [
        'style="display:inline"',
        'style="display:none;display:block"',
        'style="font-size:0.5em"',
        'style="font-size:10px"',
        'style="font-size:00.1px"',
        'style="visibility:visible"',
        'style="mso-hide:none"',
        'style="max-display:none"',
        'title="display:none"',
        'class="hidden"',
        'title="hidden"',
        'title="a style=display:none b"',
        "data-hidden",
        'hidden style="display:block"',
        'style="color:red" style="display:none"',
    ],
)
def test_what_is_not_hidden_is_read(shown: str) -> None:
    """By words that stand somewhere else, or mean something else."""
    assert seen(f"<p {shown}>Yes</p>") == ["Yes"]


@pytest.mark.parametrize(
    ("page", "lines"),
    [
        # templates take the size of what is around, and give the text its own
        ('<td style="font-size:0px">a<div style="font-size:13px">Yes</div>b</td>', ["Yes"]),
        ('<td style="font-size:0">a<p style="font:bold 13px Arial">Yes</p></td>', ["Yes"]),
        ('<td style="font-size:0">a<font size="2">Yes</font></td>', ["Yes"]),
        ('<td style="font-size:0">a<p style="font-size:1rem">Yes</p></td>', ["Yes"]),
        ('<td style="font-size:0">a<p style="font-size:2em">b</p><p style="font-size:120%">c</p></td>', []),
        ('<div style="visibility:hidden">a<p style="visibility:visible">Yes</p></div>', ["Yes"]),
        ('<div style="visibility:hidden">a<p style="font-size:13px">b</p></div>', []),
        ('<p style="display:none">a<b style="display:inline;font-size:9px;visibility:visible">b</b></p>', []),
        # where one ends
        ("<div hidden>a<div>b</div>c</div>Yes", ["Yes"]),
        ("<p hidden>a<p>Yes", ["Yes"]),
        ("<ul><li hidden>a<li>Yes</ul>", ["Yes"]),
        ("<div><p hidden>a</div>Yes", ["Yes"]),
        ("<div hidden>a</p></b>b</div>Yes", ["Yes"]),
        ("<div><input hidden>Yes</div>", ["Yes"]),
        ("<div>Yes<br hidden>do</div>", ["Yes", "do"]),
        ("<div><span hidden/>Yes</div>", ["Yes"]),
        ("<div hidden>a<b>b</div>Yes", ["Yes"]),
        ("<div hidden>a<br>b<img src=x>c</div>Yes", ["Yes"]),
        ("<div hidden>a<style>b</div>c</style>d<!-- </div> -->e</div>Yes", ["Yes"]),
        ("<blockquote hidden>a</blockquote>Yes<blockquote>do</blockquote>", ["Yes", "> do"]),
        # what has no box ends no line, and what is only not visible does
        ("Ye<div hidden>a</div>s", ["Yes"]),
        ('Yes<div style="font-size:0">a</div>do', ["Yes", "do"]),
        # a wish might stand behind what was never ended
        ("<div style='display:none'>a<p>STOP", ["a", "STOP"]),
        ("<div hidden>a<p hidden>b</p><p>STOP", ["a", "STOP"]),
        ("<div hidden>a<span style='font-size:0'>b</span>STOP", ["aSTOP"]),
    ],
)
def test_it_is_seen_as_far_as_it_is_hidden(page: str, lines: list[str]) -> None:
    """As browsers show it; but what never ends hides nothing."""
    assert seen(page) == lines


def test_a_preview_does_not_make_a_stop_word_longer() -> None:
    """It is put before the text for lists of mails alone."""
    preview = '<div style="display:none;max-height:0;mso-hide:all">The talent newsletter&nbsp;&zwnj;</div>'
    message = written("From: a@example.com", "Content-Type: text/html", "", f"{preview}<div>STOP</div>")
    assert mail_body.words(mail.read(message)) == "STOP"


@pytest.mark.parametrize(
    "page",
    [
        "<div hidden>" * 20_000,
        "<p hidden>" * 25_000,
        "<b>" * 40_000 + "</i>" * 30_000,
        "<b hidden>" * 12_000 + "</b>" * 30_000,
        "<a style='font-size:" + "0" * 240_000 + "?'>",
        "<a style='font-size:" + "1" * 240_000 + "?'>",
        "<a hidden" + " " * 240_000 + ">",
        "<a hidden=" + " " * 240_000 + ">",
        "<a hidden" + "=" * 240_000 + ">",
        "<a hidden " + "x='" * 80_000 + ">",
        "<a style='" + "/*" * 120_000 + "'>",
        "<a style='" + "/* */" * 20_000 + "/*/" * 40_000 + "'>",
        "<a style='" + ":;" * 120_000 + "'>",
    ],
)
def test_a_hostile_page_is_read_soon(page: str) -> None:
    """In time that grows with its length alone."""
    began = time.process_time()
    mail_html.seen_text(page)
    assert time.process_time() - began < 2
