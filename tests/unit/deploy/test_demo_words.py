"""The demo's judgment of what was said: each checker tells when a story of words ended otherwise."""

from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from deploy.demo import checks
from deploy.demo.checks import Unexpected
from deploy.demo.platform import Platform, Source
from deploy.demo.stack import Case, Finding, Mail
from deploy.demo.words import NO_NAMES, SWEET
from services.policy.text import conduct
from services.policy.text.content import examine
from services.policy.text.lexicon import lexicon
from shared.clock import FixedClock

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
CASE, MESSAGE = "case_a", "evt_a"
GUILT, PUSHY = ("conduct.guilt", "en.guilt"), ("conduct.pushy", "en.pushy")
NAME = "Ivy Lang book a call"


def _seen(*rules: tuple[str, str], message: str = MESSAGE) -> Case:
    findings = (
        Finding(code, "deny", "A sentence.", {"rule": rule, "message": message}) for code, rule in rules
    )
    return Case(CASE, "denied", (*findings, Finding("single.cooldown", "deny", "A sentence.")))


def _mail(text: str, page: str) -> Mail:
    message = EmailMessage()
    message["Message-ID"] = f"<{CASE}@northwind.example>"
    message["Subject"] = "Thank you for your answer"
    message.set_content(text)
    message.add_alternative(page, subtype="html")
    return Mail.parse(message.as_bytes(), ["ivy@mail.example"])


class TestWordsAsEvidence:
    def test_just_these_rules_on_this_message_are_as_it_must_be(self) -> None:
        """In any order; what is not about words does not count."""
        checks.rests_on(_seen(PUSHY, GUILT), MESSAGE, {GUILT, PUSHY})

    @pytest.mark.parametrize(
        ("case", "found"),
        [
            (_seen(GUILT), "en.guilt"),
            (_seen(GUILT, PUSHY, ("conduct.threat", "en.threat")), "en.threat"),
            (_seen(GUILT, PUSHY, message="evt_b"), "elsewhere"),
            (_seen(), r"\[\]"),
        ],
        ids=["one too few", "one too many", "another message", "none"],
    )
    def test_anything_else_is_told(self, case: Case, found: str) -> None:
        """Other rules, or the words of another message."""
        with pytest.raises(Unexpected, match=found):
            checks.rests_on(case, MESSAGE, {GUILT, PUSHY})

    def test_the_sweet_words_press(self) -> None:
        """More than one way, and each shown by words that truly stand in the message."""
        found = conduct.findings(SWEET, lexicon(), where=MESSAGE)
        assert {"conduct.deception", "conduct.guilt"} <= {one.code for one in found}
        assert all(str(one.evidence["words"]) in SWEET for one in found)


class TestWish:
    @pytest.mark.parametrize("events", [("evt_b",), ()], ids=["another's", "nobody's"])
    def test_a_wish_of_another_event_is_told(self, events: tuple[str, ...]) -> None:
        """The decline itself must have become the opt-out."""
        finding = Finding("consent.opted_out", "deny", "A sentence.", {"events": ["evt_a", *events]})
        checks.opted_out_by(Case(CASE, "denied", (finding,)), "evt_a")
        finding = Finding("consent.opted_out", "deny", "A sentence.", {"events": list(events)})
        with pytest.raises(Unexpected, match="wish of evt_a"):
            checks.opted_out_by(Case(CASE, "denied", (finding,)), "evt_a")


class TestUnnamed:
    def test_a_greeting_without_a_name_is_as_it_must_be(self) -> None:
        """In the text and in the page; the address is no name."""
        checks.unnamed(_mail("Hello,\n\nThank you.", "<p>Hello,</p>"), NAME)

    @pytest.mark.parametrize(
        ("text", "page"),
        [
            (f"Hello {NAME},", "<p>Hello,</p>"),
            ("Hello,", f"<p>Hello <bdi>{NAME}</bdi>,</p>"),
            ("Hello,", f"<p>Hello,</p><p>{NAME}</p>"),
            ("Hello Ivy Lang,", "<p>Hello,</p>"),
        ],
        ids=["in the text", "in the page", "further down", "a part of it"],
    )
    def test_a_name_anywhere_is_told(self, text: str, page: str) -> None:
        """Whatever form of the mail the candidate reads."""
        with pytest.raises(Unexpected, match="name nobody"):
            checks.unnamed(_mail(text, page), NAME)

    def test_what_a_mail_server_lists_is_looked_at_where_it_tells_no_more(self) -> None:
        """Mailpit's list has only how a text begins."""
        listed = Mail(CASE, ("ivy@mail.example",), "Thank you", f"Subject: Thank you\n\nHello {NAME}, thank")
        with pytest.raises(Unexpected):
            checks.unnamed(listed, NAME)

    @pytest.mark.parametrize("name", NO_NAMES)
    def test_the_names_are_none(self, name: str) -> None:
        """And what comes before the pitch is one, so it is the pitch that is seen."""
        assert not examine(name, "name", lexicon()).ok
        assert examine(" ".join(name.split()[:2]), "name", lexicon()).ok


def test_words_are_sent_where_a_story_has_some() -> None:
    """And no empty ones where it has none: nobody read those, which is not the same."""
    source = Source("acme-ats", "acme", "http://127.0.0.1/", "whsec_")
    platform = Platform(source, "rita@acme.example", None, FixedClock(NOW))  # type: ignore[arg-type]  # nothing is posted
    person = {"email": "ada@mail.example"}
    assert platform.outreach(person, text="Hello")["data"]["text"] == "Hello"
    assert platform.decline(person, text="No.")["data"]["text"] == "No."
    assert "text" not in platform.outreach(person)["data"]
    assert "text" not in platform.decline(person)["data"]
