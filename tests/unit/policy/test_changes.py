"""What is known of a person by now: the newest word on each field, whatever order words come in."""

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.policy.changes import FIELDS, Word, Words, changed, lacking
from tests.unit.policy.building import NOW

KEYS = ("acme/x1", "acme/x2", "acme/e1")
HOURS = st.integers(0, 6).map(lambda hours: NOW + timedelta(hours=hours))
#: One event is one time, and says one thing of a field.
EVENTS = st.builds(
    lambda at, told, about: {
        field: Word(at, f"e{at:%H}", f"{field} of {at:%H}", tuple(sorted(about))) for field in told
    },
    HOURS,
    st.sets(st.sampled_from(FIELDS), min_size=1),
    st.just(("acme/x1",)) | st.just(("acme/x1", "acme/x2")),
)
CARDS = st.builds(
    lambda keys, at: {"keys": sorted(keys), "at": at},
    st.sets(st.sampled_from(KEYS), min_size=1),
    st.none() | HOURS,
)


def taken_in(card: dict[str, Any], words: list[Words]) -> dict[str, Any]:
    """The card and its details after these words, each for itself."""
    details: dict[str, str] = {}
    for word in words:
        new = lacking(card, [word])
        card = {**card, "changed": changed(card, new)}
        details |= {field: one.value for field, one in new.items()}
    return {**card, "details": details}


def once(words: list[Words]) -> list[Words]:
    """Each event once: the same id never says two things."""
    return list({(next(iter(word.values())).event_id): word for word in words}.values())


@given(CARDS, st.lists(EVENTS, max_size=6), st.randoms(use_true_random=False))
def test_any_order_and_any_repeats_lead_to_the_same_card(
    card: dict[str, Any], words: list[Words], chance: Any
) -> None:
    """One by one or all at once."""
    words = once(words)
    again = [*words, *words]
    chance.shuffle(again)
    first = taken_in(card, words)
    assert taken_in(card, again) == first
    at_once = lacking(card, words)
    assert {field: word.value for field, word in at_once.items()} == first["details"]


@given(CARDS, st.lists(EVENTS, max_size=6))
def test_a_card_takes_the_newest_word_that_is_about_it(card: dict[str, Any], words: list[Words]) -> None:
    """None that is older than the card itself, and none about who goes by other ids."""
    words = once(words)
    details = taken_in(card, words)["details"]
    for field in FIELDS:
        about = [
            word[field]
            for word in words
            if field in word
            and set(word[field].about) & set(card["keys"])
            and (card["at"] is None or word[field].at >= card["at"])
        ]
        assert details.get(field) == (max(about).value if about else None)
