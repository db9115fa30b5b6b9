"""Findings of words: each once, with the words it rests on for whoever may see them."""

from services.policy.context import Finding
from services.policy.explain import together
from services.policy.hearing import Hearing
from services.policy.rules.words import outreach_was_decent
from services.policy.spoken import NOT_KEPT, spans, words_of
from services.policy.text.lexicon import lexicon
from shared.events import InteractionRecorded, Person
from tests.unit.policy.building import DEFAULTS, but, message

RUDE = "You would be an absolute idiot to refuse this."


def found(rule: str, where: str = "m", code: str = "conduct.insult") -> Finding:
    """A finding of a rule of language."""
    return Finding(code=code, severity="deny", evidence={"message": where, "rule": rule}, says="Rude.")


def test_a_code_of_a_message_is_listed_once_with_all_its_rules() -> None:
    """Of another message, or what counts and times show, it stays a finding of its own."""
    counted = Finding(code="conduct.burst", severity="deny", evidence={"window_hours": 24}, says="Many.")
    told = together([found("de.x"), counted, found("en.x"), found("en.x", "n"), found("sv.x"), counted])
    assert [(one.code, one.evidence.get("message"), one.evidence.get("rule")) for one in told] == [
        ("conduct.insult", "m", ["de.x", "en.x", "sv.x"]),
        ("conduct.burst", None, None),
        ("conduct.insult", "n", "en.x"),
        ("conduct.burst", None, None),
    ]


def test_the_words_are_those_that_the_rule_saw() -> None:
    """What was marked when the message came is found again in its text."""
    wrote = InteractionRecorded(
        person=Person(email="ada@example.org"), direction="outreach", channel="email", text=RUDE
    )
    marks = Hearing(lexicon()).of(wrote).stored()["marks"]
    sent = {**message("m", but().now - but().declined_at).model_dump(), "marks": marks}
    findings = together(outreach_was_decent(but(messages=(sent,)), DEFAULTS))
    read = {"m": spans(RUDE, "outreach", lexicon())}
    assert findings
    words = [word for one in findings for word in words_of(one, read)]
    assert any("idiot" in word for word in words)
    assert words_of(findings[0], {}) == [NOT_KEPT]
    assert words_of(Finding(code="a.b", severity="note", evidence={}, says="x"), read) == []


def test_a_reply_is_read_as_one() -> None:
    """What a candidate wrote is read by the rules for answers."""
    read = spans("Please never contact me again.", "decline", lexicon())
    assert any(code == "reply.opt_out" and words for (code, _), words in read.items())
