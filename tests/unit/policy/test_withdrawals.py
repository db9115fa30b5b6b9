"""Which words take a no back, by their own times."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.policy.withdrawals import cancel_of, cancelled, taken_back_at, withdrawn
from shared.events import DeclineWithdrawn, Event, ReviewDecided, case_id, type_of
from tests.unit.policy.building import DECLINED

WISH = ReviewDecided(case=case_id("evt_" + "a" * 32), decision="cancel", reason="She called.", by="Ada")
HOURS = st.integers(-48, 48).map(lambda hours: timedelta(hours=hours))


def said(after: timedelta) -> Event:
    """A word that was said so long after the no; before it where negative."""
    data = DeclineWithdrawn(decline="d")
    return Event(
        id=f"e{after}",
        type=type_of(DeclineWithdrawn),
        source="/sources/ats",
        time=DECLINED + after,
        tenant="acme",
        receivedat=DECLINED,
        data=data,
    )


@given(st.lists(HOURS, max_size=5), st.randoms(use_true_random=False))
def test_only_a_word_that_is_not_older_than_the_no_takes_it_back(
    afters: list[timedelta], chance: object
) -> None:
    """In whatever order the words came; the first that holds says since when."""
    assert hasattr(chance, "shuffle")
    words = [withdrawn("c", said(after)) for after in afters]
    chance.shuffle(words)
    holding = [DECLINED + after for after in afters if after >= timedelta(0)]
    assert taken_back_at(DECLINED, words) == min(holding, default=None)


@given(HOURS)
def test_a_persons_wish_to_stop_it_holds_whatever_the_clocks_say(after: timedelta) -> None:
    """It names the case and not a decline; and so does what was stored before times were told apart."""
    word = cancelled(WISH, said(after))
    cancel = cancel_of([word])
    assert cancel is not None
    assert (cancel.by, cancel.reason, cancel.at) == ("Ada", "She called.", DECLINED + after)
    assert taken_back_at(DECLINED, [word]) is None
    nameless = {"_id": "c", "at": DECLINED, "event_id": "e"}
    assert (taken_back_at(DECLINED, [nameless]), cancel_of([nameless])) == (DECLINED, None)


def test_of_several_wishes_the_first_is_told() -> None:
    """A second one changes nothing, and a word that the no was taken back is nobody's wish."""
    second, first = said(timedelta(hours=2)), said(timedelta(hours=1))
    late = cancelled(WISH.model_copy(update={"by": "Bea"}), second)
    words = [late, withdrawn("c", first), cancelled(WISH, first)]
    cancel = cancel_of(words)
    assert cancel is not None
    assert cancel.by == "Ada"
