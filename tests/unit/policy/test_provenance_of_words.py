"""Whether time, words and other sources agree that this is a candidate's own no."""

from datetime import timedelta
from typing import get_args

import pytest
from hypothesis import given, settings

from services.policy.context import Context
from services.policy.facts import Intent
from services.policy.judge import judge
from services.policy.rules import conduct, consent, provenance, provenance_of_words
from tests.unit.policy.building import (
    DEFAULTS,
    MILLISECOND,
    PLAIN,
    but,
    message,
    same,
    spoken,
    standing,
    tally,
)
from tests.unit.policy.strategies import CONTEXTS

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("took", "held"),
    [(SECOND, True), (10 * SECOND - MILLISECOND, True), (10 * SECOND, False), (timedelta(days=1), False)],
)
def test_a_no_within_seconds_was_not_read(took: timedelta, held: bool) -> None:  # noqa: FBT001
    """Measured from the last message before the no; ten seconds are enough to be a person."""
    context = but(messages=(message("old", timedelta(days=9)), message("last", took)))
    expected = [("provenance.too_fast", "hold")] if held else []
    assert spoken(provenance.answered_by_a_person, context) == expected
    assert spoken(provenance.answered_by_a_person, context.model_copy(update={"edition": 1})) == []


@pytest.mark.parametrize(("others", "held"), [(9, False), (10, True)])
def test_many_who_say_the_same_are_one_hand(others: int, held: bool) -> None:  # noqa: FBT001
    """Ten others with the very same long words: somebody looks."""
    expected = [("provenance.same_words", "hold")] if held else []
    assert spoken(provenance_of_words.own_words, but(sameness=same(decline=others))) == expected


@pytest.mark.parametrize(("others", "held"), [(199, False), (200, True)])
def test_a_template_is_normal_and_a_mailing_is_not(others: int, held: bool) -> None:  # noqa: FBT001
    """Two hundred others with the same message in a day."""
    expected = [("conduct.mailing", "hold")] if held else []
    assert spoken(conduct.no_mailing, but(sameness=same(outreach=others))) == expected


@pytest.mark.parametrize(
    ("declines", "confirmed", "others", "others_confirmed", "held"),
    [
        (200, 0, 200, 60, True),
        # a house whose platforms never know of each other's conversations
        (200, 0, 200, 0, False),
        # too few to tell
        (19, 0, 200, 60, False),
        # a house with one platform has nobody who could confirm
        (200, 0, 0, 0, False),
        # not surely below five in a hundred
        (40, 0, 200, 60, False),
        (200, 10, 200, 60, False),
    ],
)
def test_a_source_that_nobody_confirms_is_looked_at(
    declines: int,
    confirmed: int,
    others: int,
    others_confirmed: int,
    held: bool,  # noqa: FBT001
) -> None:
    """Only where the others are confirmed, and only as far as it is certain."""
    house = tally("acme", declines=declines + others, confirmed=confirmed + others_confirmed)
    context = but(
        standing=standing(tenant=house, source=tally("ats", declines=declines, confirmed=confirmed))
    )
    expected = [("provenance.unconfirmed_source", "hold")] if held else []
    assert spoken(provenance.confirmed_by_others, context) == expected


@pytest.mark.parametrize("intent", [None, *get_args(Intent)])
def test_what_the_words_say_is_believed_before_what_the_source_says(intent: Intent | None) -> None:
    """A no whose words are none is held; one whose words ask to be left alone denies; unread words say
    nothing.
    """
    context = but(reply_intent=intent)
    expected = {
        None: "approve",
        "declined_soft": "approve",
        "declined_permanent_optout": "deny",
        "hostile_optout": "deny",
    }
    verdict = judge(context, DEFAULTS)
    assert verdict.verdict == expected.get(intent, "hold")
    codes = {"hold": ["provenance.text_disagrees"], "deny": ["consent.opted_out_in_words"], "approve": []}
    assert [finding.code for finding in verdict.findings] == codes[verdict.verdict]


@pytest.mark.parametrize("intent", [None, *get_args(Intent)])
@pytest.mark.parametrize(
    ("before", "around"),
    [
        (timedelta(hours=-1), True),  # after the no
        (36 * SECOND, True),
        (timedelta(days=1), True),  # at the time of the last message, so after it
        (timedelta(days=2), False),  # of an earlier message
    ],
)
def test_a_reply_around_the_no_that_says_something_else_is_looked_at(
    intent: Intent | None,
    before: timedelta,
    around: bool,  # noqa: FBT001
) -> None:
    """Interest, or a later time. Decisions from before that was asked stay what they were."""
    reply = message("r", before, "reply").model_copy(update={"intent": intent})
    history = (message("old", timedelta(days=9)), message("last", timedelta(days=1)), reply)
    context = but(messages=history, reply_intent="declined_soft")
    disagrees = around and intent in {"interested", "later"}
    expected = [("provenance.text_disagrees", "hold")] if disagrees else []
    assert spoken(provenance_of_words.text_agrees, context) == expected
    assert spoken(provenance_of_words.text_agrees, context.model_copy(update={"edition": 4})) == []
    if disagrees:
        [finding] = provenance_of_words.text_agrees(context, DEFAULTS)
        assert finding.evidence["messages"] == ["r"]


def test_what_was_written_to_any_recruiter_counts() -> None:
    """An earlier reply in another channel to somebody else of the tenant."""
    earlier = message("r", timedelta(days=40), "reply", "sms", "r-two")
    said = earlier.model_copy(update={"intent": "declined_permanent_optout"})
    [finding] = consent.words_forbid_nothing(but(messages=(*PLAIN.messages, said)), DEFAULTS)
    assert (finding.code, finding.severity) == ("consent.opted_out_in_words", "deny")
    assert finding.evidence["messages"] == ["r"]
    kind = earlier.model_copy(update={"intent": "interested"})
    assert spoken(consent.words_forbid_nothing, but(messages=(*PLAIN.messages, kind, earlier))) == []


@settings(max_examples=80)
@given(CONTEXTS)
def test_words_that_ask_for_silence_always_deny(context: Context) -> None:
    """Whatever else is known, and whatever a reviewer says."""
    said = context.model_copy(update={"reply_intent": "declined_permanent_optout"})
    assert judge(said, DEFAULTS).verdict == "deny"
