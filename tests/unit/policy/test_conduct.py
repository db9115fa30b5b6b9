from datetime import datetime, timedelta

import pytest

from services.policy.facts import EarlierDecline, Message
from services.policy.rules import conduct
from tests.unit.policy.building import DECLINED, DEFAULTS, MILLISECOND, NOW, but, message, spoken, written

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.mark.parametrize(
    ("messages", "burst"),
    [
        (written(48, 47), None),
        # the very end of the 24 hours is inside, a moment later is not
        (written(48, 36, 24), ["m0", "m1", "m2"]),
        ((message("a", 2 * DAY + MILLISECOND), *written(36, 24)), None),
        # long ago counts as well
        (written(2000, 1999, 1998, 5), ["m0", "m1", "m2"]),
        # two pairs are no three
        (written(100, 99, 50, 49), None),
        # all that lie in the window are shown
        (written(10, 9, 8, 7), ["m0", "m1", "m2", "m3"]),
        # at the same instant
        (written(5, 5, 5), ["m0", "m1", "m2"]),
        # one message told twice is one
        ((*written(5, 4), *written(5, 4)), None),
        # recruiters who take turns are one tenant
        (
            tuple(
                message(name, hours * HOUR, recruiter=name) for name, hours in (("a", 9), ("b", 8), ("c", 7))
            ),
            ["a", "b", "c"],
        ),
        # answers are not the recruiter's messages
        ((*written(5, 4), message("x", 4 * HOUR, "reply")), None),
        # a conversation does not excuse a burst
        ((*written(5, 4, 2), message("x", 3 * HOUR, "reply")), ["m0", "m1", "m2"]),
    ],
)
def test_three_messages_within_a_day_deny(messages: tuple[Message, ...], burst: list[str] | None) -> None:
    """The evidence names the messages."""
    findings = list(conduct.no_burst(but(messages=messages), DEFAULTS))
    assert [(finding.code, finding.severity) for finding in findings] == (
        [("conduct.burst", "deny")] if burst else []
    )
    assert [finding.evidence["messages"] for finding in findings] == ([burst] if burst else [])


def _weeks(*weeks: float) -> tuple[Message, ...]:
    return written(*(week * 168 for week in weeks))


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        (_weeks(2, 1), []),
        (_weeks(3, 2, 1), [("conduct.reminded", "hold")]),
        (_weeks(4, 3, 2, 1), [("conduct.insisted", "deny")]),
        # an answer in between starts a new count
        ((*_weeks(4, 3, 2, 1), message("x", 17 * DAY, "reply")), []),
        # four before the first answer stay four, whatever was said since
        ((*_weeks(6, 5, 4, 3, 1), message("x", 10 * DAY, "reply")), [("conduct.insisted", "deny")]),
        # the no itself, told as an answer too, ends the count and does not hide it
        ((*_weeks(4, 3, 2, 1), message("x", timedelta(0), "reply")), [("conduct.insisted", "deny")]),
        # an answer at the same time as the fourth message came after it
        ((*_weeks(4, 3, 2, 1), message("a", 7 * DAY, "reply")), [("conduct.insisted", "deny")]),
        # at the time of the no is before the answer, later is not
        ((*_weeks(4, 3, 2), message("x", timedelta(0))), [("conduct.insisted", "deny")]),
        ((*_weeks(4, 3, 2), message("x", -MILLISECOND)), [("conduct.reminded", "hold")]),
        # on several channels and by several recruiters it adds up
        (
            tuple(message(f"m{n}", n * 7 * DAY, channel=f"c{n}", recruiter=f"r{n}") for n in range(1, 5)),
            [("conduct.insisted", "deny")],
        ),
        ((), []),
    ],
)
def test_four_messages_before_an_answer_deny_and_three_hold(
    messages: tuple[Message, ...], expected: list[tuple[str, str]]
) -> None:
    """The longest run without an answer counts, up to this no."""
    assert spoken(conduct.no_insisting, but(messages=messages)) == expected


@pytest.mark.parametrize(
    ("messages", "earlier", "after"),
    [
        ((message("a", DAY),), (), None),
        # after this no; at its very time nobody could know of it
        ((message("a", timedelta(0)),), (), None),
        ((message("a", -MILLISECOND),), (), ["a"]),
        ((message("a", -MILLISECOND, "reply"),), (), None),
        # after an earlier no, whoever wrote
        ((message("a", DAY, recruiter="r-two"),), (DECLINED - 2 * DAY,), ["a"]),
        ((message("a", DAY, recruiter=None),), (DECLINED - 2 * DAY,), ["a"]),
        ((message("a", 2 * DAY),), (DECLINED - 2 * DAY,), None),
        # after the earliest of several
        ((message("a", 5 * DAY), message("b", DAY)), (DECLINED - 2 * DAY, DECLINED - 9 * DAY), ["a", "b"]),
        # a no that became known later and lies after this one
        ((message("a", DAY),), (NOW,), None),
    ],
)
def test_writing_on_after_any_no_denies(
    messages: tuple[Message, ...], earlier: tuple[datetime, ...], after: list[str] | None
) -> None:
    """By whom of the tenant does not matter, and the evidence names the messages."""
    declines = tuple(EarlierDecline(case=f"c{n}", at=at, recruiter="r-one") for n, at in enumerate(earlier))
    findings = list(conduct.no_writing_on(but(messages=messages, earlier_declines=declines), DEFAULTS))
    assert [(f.code, f.severity) for f in findings] == ([("conduct.wrote_on", "deny")] if after else [])
    assert [f.evidence["messages"] for f in findings] == ([after] if after else [])


def test_writing_on_goes_against_a_no_of_the_person_that_stands() -> None:
    """The company's own no, and one that was taken back, forbid nothing; once they did, and that stays so."""
    company = EarlierDecline(case="c", at=DECLINED - 9 * DAY, recruiter=None, who="company")
    back = EarlierDecline(case="b", at=DECLINED - 8 * DAY, recruiter=None, withdrawn_at=DECLINED - 7 * DAY)
    context = but(messages=(message("m", DAY),), earlier_declines=(company, back))
    assert spoken(conduct.no_writing_on, context) == []
    assert spoken(conduct.no_writing_on, context.model_copy(update={"edition": 5})) == [
        ("conduct.wrote_on", "deny")
    ]
    unknown = EarlierDecline(case="u", at=DECLINED - 2 * DAY, recruiter=None, who="unknown")
    stands = context.model_copy(update={"earlier_declines": (company, back, unknown)})
    (found,) = conduct.no_writing_on(stands, DEFAULTS)
    assert found.evidence["case"] == "u"


@pytest.mark.parametrize("own", [{"who": "company"}, {"withdrawn_at": NOW}])
def test_nobody_writes_on_where_the_judged_no_is_none_of_the_persons(own: dict[str, object]) -> None:
    """Other findings say why nothing is sent."""
    assert spoken(conduct.no_writing_on, but(messages=(message("m", -DAY),), **own)) == []


@pytest.mark.parametrize(
    ("messages", "denied"),
    [
        ((message("a", 9 * DAY), message("b", 8 * DAY)), False),
        # the very end of the 72 hours is inside, a moment later is not
        ((message("a", 9 * DAY), message("b", 6 * DAY, channel="inmail")), True),
        ((message("a", 9 * DAY), message("b", 6 * DAY - MILLISECOND, channel="inmail")), False),
        ((message("a", 9 * DAY), message("b", 9 * DAY, channel="sms")), True),
        # another message on the first channel in between changes nothing
        ((message("a", 9 * DAY), message("b", 8 * DAY), message("c", 7 * DAY, channel="sms")), True),
        # a name in capitals is the same channel
        ((message("a", 9 * DAY, channel="Email "), message("b", 8 * DAY)), False),
        # the candidate may choose to answer elsewhere
        ((message("a", 9 * DAY), message("b", 8 * DAY, "reply", channel="sms")), False),
    ],
)
def test_two_channels_at_once_deny(messages: tuple[Message, ...], denied: bool) -> None:  # noqa: FBT001
    """A second channel within three days is being followed."""
    expected = [("conduct.several_channels", "deny")] if denied else []
    assert spoken(conduct.one_channel_at_a_time, but(messages=messages)) == expected
