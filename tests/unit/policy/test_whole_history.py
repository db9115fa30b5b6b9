"""What is on record has its own traps: a label changed after the fact, and more than is remembered."""

from datetime import timedelta

import pytest

from services.policy.context import HISTORY_LIMIT
from services.policy.facts import EarlierDecline, Message
from services.policy.rules import conduct, provenance_of_whom
from shared.reasons import Who
from tests.unit.policy.building import DECLINED, NOW, but, spoken

HOUR = timedelta(hours=1)


def _message(number: int, hours: float) -> Message:
    at = DECLINED - hours * HOUR
    return Message(id=f"m{number}", at=at, direction="outreach", channel="email", recruiter=None)


@pytest.mark.parametrize(
    ("who", "before", "wrote", "expected"),
    [
        ("company", 2, 48, ["provenance.company_declined_first"]),
        ("company", 0, 48, ["provenance.company_declined_first"]),
        ("company", 2, 1, []),
        ("company", -1, 48, []),
        ("candidate", 2, 48, []),
        (None, 2, 48, []),
    ],
)
def test_a_no_that_was_the_companys_first_is_looked_at(
    who: Who | None, before: float, wrote: float, expected: list[str]
) -> None:
    """Unless somebody wrote anew in between: then the candidate had something else to say no to."""
    earlier = EarlierDecline(case="other", at=DECLINED - before * HOUR, recruiter=None, who=who)
    context = but(earlier_declines=(earlier,), messages=(_message(0, wrote),))
    assert [code for code, _ in spoken(provenance_of_whom.not_the_companys, context)] == expected


def test_a_history_that_may_have_been_cut_is_looked_at() -> None:
    """At as many messages as are kept, or as many declines; one fewer is the whole of it."""
    full = tuple(_message(number, number + 1) for number in range(HISTORY_LIMIT))
    declines = tuple(
        EarlierDecline(case=f"c{number}", at=NOW - number * HOUR, recruiter=None)
        for number in range(HISTORY_LIMIT - 1)
    )
    assert spoken(conduct.whole_history, but(messages=full)) == [("conduct.history_cut", "hold")]
    assert spoken(conduct.whole_history, but(messages=full[1:])) == []
    assert spoken(conduct.whole_history, but(earlier_declines=declines)) == [("conduct.history_cut", "hold")]
    assert spoken(conduct.whole_history, but(earlier_declines=declines[1:])) == []
    assert spoken(conduct.whole_history, but(messages=full, edition=2)) == []
