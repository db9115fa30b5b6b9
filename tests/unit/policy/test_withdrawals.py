"""Which words take a no back, by their own times."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.policy.withdrawals import cancelled, taken_back_at, withdrawn
from shared.events import DeclineWithdrawn, Event, type_of
from tests.unit.policy.building import DECLINED

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
    word = cancelled("c", said(after))
    assert taken_back_at(DECLINED, [word]) == DECLINED + after
    assert taken_back_at(DECLINED, [{"_id": "c", "at": DECLINED, "event_id": "e"}]) == DECLINED
