"""The attacker's own tools: the same seed draws the same, and a forbidden mail would be seen."""

from collections.abc import Callable
from email.message import EmailMessage

import pytest

from deploy.local.smtp import Mail
from tests.attack.draw import STRATEGIES, draw
from tests.attack.play import Played
from tests.attack.plot import Attempt
from tests.attack.truth import report

TUESDAY, SUNDAY = "Tue, 02 Jun 2026 12:00:00 +0000", "Sun, 07 Jun 2026 12:00:00 +0000"


def mail(case: str, date: str = TUESDAY, text: str = "Thank you.") -> Mail:
    """A mail of a case."""
    message = EmailMessage()
    message["Message-ID"] = f"<{case}@house.example>"
    message["Date"] = date
    message.set_content(text)
    message.add_alternative(f"<p>{text}</p>", subtype="html")
    return Mail("ada@house.example", ("grace@example.org",), message.as_bytes(), tls=False)


def attempt(**parts: object) -> Attempt:
    """An attempt with two cases, one mail allowed."""
    made = Attempt("made-up", 0, cases={"case_a": "acme", "case_b": "acme"}, most=1)
    for name, value in parts.items():
        setattr(made, name, value)
    return made


def test_the_same_seed_draws_the_same_attempts_and_every_strategy() -> None:
    """A breach can be looked at again."""
    first, again = draw(3, 120), draw(3, 120)
    assert first == again != draw(4, 120)
    assert {one.strategy for one in first} == {strategy.__name__ for strategy in STRATEGIES}


def test_what_is_allowed_is_no_breach() -> None:
    """One mail by day, for one of the two cases."""
    told = report([attempt()], Played(), [mail("case_a")])
    assert (told.breaches, told.total.sent, told.total.forbidden) == ([], 1, 0)


BREACHES: dict[str, Callable[[], tuple[Attempt, Played, list[Mail]]]] = {
    "two": lambda: (attempt(), Played(), [mail("case_a"), mail("case_b")]),
    "one where none may": lambda: (attempt(most=0), Played(), [mail("case_a")]),
    "after the end": lambda: (attempt(), Played(ended={0: 0}), [mail("case_a")]),
    "a canary": lambda: (attempt(canary="evil"), Played(), [mail("case_a", text="see evil.example")]),
    "a weekend": lambda: (attempt(), Played(), [mail("case_a", SUNDAY)]),
    "nobody's": lambda: (attempt(), Played(), [mail("case_c")]),
    "too many houses": lambda: (
        attempt(cases={"case_a": "acme", "case_b": "globex"}, most_tenants=1),
        Played(),
        [mail("case_a"), mail("case_b")],
    ),
    "a crowd": lambda: (
        attempt(crowd="all", crowd_most=0),
        Played(cases={"case_a": {"timeline": [{"to_state": "approved"}]}}),
        [],
    ),
}


@pytest.mark.parametrize("breach", BREACHES.values(), ids=BREACHES.keys())
def test_each_kind_of_breach_is_seen(breach: Callable[[], tuple[Attempt, Played, list[Mail]]]) -> None:
    """A report that could not turn red would prove nothing."""
    one, played, mails = breach()
    assert report([one], played, mails).total.forbidden == 1
