from datetime import datetime, timedelta

import pytest

from services.policy.context import HISTORY_LOOKS_EVERY
from services.policy.document import load_base
from services.policy.facts import Known, Lookup, Message, Reading, Reason
from services.policy.judge import judge
from services.policy.rules import provenance
from shared.reasons import Side, Who
from tests.unit.policy.building import (
    DECLINED,
    DEFAULTS,
    MILLISECOND,
    NOW,
    but,
    message,
    reviewed,
    spoken,
)

GRACE = DEFAULTS.grace
ASK = load_base("provenance: {no_outreach: hold, reversed_order: hold}", "ask")


def _reading(side: Side | None) -> Reading:
    return Reading(told="unknown", reasons=(Reason(name="Duplicate profile", side=side),))


@pytest.mark.parametrize("who", ["candidate", "company", "unknown", None])
def test_outreach_is_asked_of_a_no_that_may_be_the_candidates(who: Who | None) -> None:
    """Of what the platform knows to be no no of theirs nobody has invented anything."""
    lookup = Lookup(state="found", known=Known(who=who))
    context = but(who=who or "unknown", lookup=lookup, messages=(), now=NOW + GRACE)
    asked = [("provenance.no_outreach", "deny")] if who in {"candidate", "unknown"} else []
    assert spoken(provenance.outreach_came_first, context) == asked


@pytest.mark.parametrize("now", [NOW, NOW + GRACE])
@pytest.mark.parametrize(
    ("who", "reading", "asked"),
    [
        ("candidate", None, True),
        ("unknown", None, True),
        ("company", None, False),
        # the operator says that this reason is no no at all
        ("unknown", _reading("ignore"), False),
        ("unknown", _reading(None), True),
    ],
)
def test_outreach_is_asked_of_no_no_that_its_source_says_is_another(
    who: Who,
    reading: Reading | None,
    asked: bool,  # noqa: FBT001
    now: datetime,
) -> None:
    """A company that turns somebody down need not have written first; decisions before that stay."""
    context = but(who=who, reading=reading, messages=(), now=now)
    assert bool(spoken(provenance.outreach_came_first, context)) is asked
    assert spoken(provenance.outreach_came_first, context.model_copy(update={"edition": 5}))


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        # a moment before the no is before it
        ((message("m", MILLISECOND),), []),
        # at the very time of the no is not before it
        ((message("m", timedelta(0)),), [("provenance.declined_before_outreach", "deny")]),
        ((message("m", -MILLISECOND),), [("provenance.declined_before_outreach", "deny")]),
        # the candidate's own message is no outreach
        ((message("m", timedelta(days=1), "reply"),), [("provenance.no_outreach", "deny")]),
        ((), [("provenance.no_outreach", "deny")]),
        # the last day on which a message is still what the no answers, and a moment earlier
        ((message("m", timedelta(days=180)),), []),
        ((message("m", timedelta(days=180) + MILLISECOND),), [("provenance.no_outreach", "deny")]),
        # one before is enough, whatever came after
        ((message("m", timedelta(days=1)), message("n", -timedelta(days=1))), []),
    ],
)
def test_outreach_must_be_on_record_before_the_no(
    messages: tuple[Message, ...], expected: list[tuple[str, str]]
) -> None:
    """Once the grace is over, a no without a message before it is judged by what the document says."""
    context = but(messages=messages, received_at=NOW - GRACE)
    assert spoken(provenance.outreach_came_first, context) == expected
    held = [(code, "hold") for code, _ in expected]
    assert spoken(provenance.outreach_came_first, context, ASK) == held


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (NOW, "provenance.awaiting_outreach"),
        (NOW + GRACE - MILLISECOND, "provenance.awaiting_outreach"),
        # at its end the grace is over
        (NOW + GRACE, "provenance.no_outreach"),
        (NOW + GRACE + MILLISECOND, "provenance.no_outreach"),
    ],
)
def test_a_no_waits_for_the_grace_and_no_longer(now: datetime, expected: str) -> None:
    """Until the grace is over the message may still be reported; then the case is judged."""
    [(code, _)] = spoken(provenance.outreach_came_first, but(messages=(), now=now))
    assert code == expected


@pytest.mark.parametrize("late", [timedelta(0), timedelta(minutes=3), timedelta(days=1)])
@pytest.mark.parametrize(
    ("looked", "verdict"), [(timedelta(0), "hold"), (GRACE - MILLISECOND, "hold"), (GRACE, "deny")]
)
def test_the_grace_is_counted_from_the_first_look(late: timedelta, looked: timedelta, verdict: str) -> None:
    """After an outage the outreach lies as far behind the no as it came after it, whenever both are read."""
    first = NOW + late
    judged = judge(but(messages=(), seen_at=first, now=first + looked), DEFAULTS)
    assert judged.verdict == verdict
    assert judged.wait_until == (first + GRACE if verdict == "hold" else None)


def test_a_clock_behind_that_of_intake_shortens_no_grace() -> None:
    """A first look that seems to come before the no arrived is one at its arrival."""
    context = but(messages=(), seen_at=NOW - timedelta(minutes=5), now=NOW + GRACE - MILLISECOND)
    assert judge(context, DEFAULTS).wait_until == NOW + GRACE


@pytest.mark.parametrize("messages", [(), (message("after", -timedelta(days=1)),)])
@pytest.mark.parametrize("passed", [GRACE, timedelta(days=1)])
def test_a_no_waits_beyond_its_grace_while_history_is_not_all_read(
    messages: tuple[Message, ...], passed: timedelta
) -> None:
    """What it answers may be among it; it is looked at again soon, and a grace that is longer stands."""
    late = but(messages=messages, now=NOW + passed, history_waits=True)
    until = NOW + passed + HISTORY_LOOKS_EVERY
    [finding] = provenance.outreach_came_first(late, DEFAULTS)
    assert (finding.code, finding.severity) == ("provenance.awaiting_outreach", "hold")
    assert finding.evidence["until"] == until.isoformat()
    early = but(messages=messages, now=NOW + GRACE / 4, history_waits=True)
    [finding] = provenance.outreach_came_first(early, DEFAULTS)
    assert finding.evidence["until"] == (NOW + GRACE).isoformat()


def test_a_case_that_waits_for_history_is_judged_again_at_that_time() -> None:
    """And denied where all is read by then, and none of it was outreach before the no."""
    late = NOW + GRACE
    waiting = judge(but(messages=(), now=late, history_waits=True), DEFAULTS)
    assert (waiting.verdict, waiting.wait_until) == ("hold", late + HISTORY_LOOKS_EVERY)
    then = judge(but(messages=(), now=waiting.wait_until), DEFAULTS)
    assert (then.verdict, then.wait_until) == ("deny", None)


def test_history_that_waits_holds_up_no_no_with_outreach_nor_a_reviewed_one() -> None:
    """What comes late counts against what was approved, as every late fact does."""
    assert judge(but(history_waits=True), DEFAULTS).verdict == "approve"
    answered = reviewed(but(messages=(), now=NOW + GRACE, history_waits=True), "approve")
    assert spoken(provenance.outreach_came_first, answered) == [("provenance.no_outreach", "deny")]


def test_a_reviewed_case_does_not_wait() -> None:
    """A reviewer's yes cannot stand in for a message that nobody sent: the wait gives way to the deny."""
    context = reviewed(but(messages=()), "approve")
    assert spoken(provenance.outreach_came_first, context) == [("provenance.no_outreach", "deny")]


PENDING, FOUND = Lookup(state="pending"), Lookup(state="found")
FAILED = Lookup(state="failed", why="401")


@pytest.mark.parametrize(
    ("lookup", "now", "expected"),
    [
        (None, NOW, []),
        (FOUND, NOW, []),
        (PENDING, NOW, ["provenance.awaiting_lookup"]),
        (PENDING, NOW + GRACE - MILLISECOND, ["provenance.awaiting_lookup"]),
        (PENDING, NOW + GRACE, ["provenance.not_looked_up"]),
        (FAILED, NOW, ["provenance.not_looked_up"]),
        (FAILED, NOW + GRACE, ["provenance.not_looked_up"]),
    ],
)
def test_what_the_platform_knows_is_waited_for_and_not_for_ever(
    lookup: Lookup | None, now: datetime, expected: list[str]
) -> None:
    """Also where outreach is on record already; without an answer a person looks."""
    context = but(lookup=lookup, now=now)
    assert spoken(provenance.looked_up, context) == [(code, "hold") for code in expected]
    verdict = judge(context, DEFAULTS)
    awaited = expected == ["provenance.awaiting_lookup"]
    assert verdict.wait_until == (NOW + GRACE if awaited else None)
    assert verdict.verdict == ("hold" if expected else "approve")


def test_the_platform_is_waited_for_from_the_first_look_on() -> None:
    """The question lay as long as the no did, so after an outage its answer is as far away as ever."""
    late = NOW + timedelta(minutes=3)
    waiting = judge(but(lookup=PENDING, seen_at=late, now=late), DEFAULTS)
    assert (waiting.verdict, waiting.wait_until) == ("hold", late + GRACE)


@pytest.mark.parametrize("messages", [(), (message("same time", timedelta(0)),)])
def test_what_could_not_be_asked_is_held_against_nobody(messages: tuple[Message, ...]) -> None:
    """Missing outreach denies only once the platform was asked; a reviewer's word stands in for its own."""
    late = NOW + GRACE
    for lookup in (PENDING, FAILED):
        context = but(lookup=lookup, messages=messages, now=late)
        assert spoken(provenance.outreach_came_first, context) == []
        assert judge(context, DEFAULTS).verdict == "hold"
        assert judge(reviewed(context, "approve"), DEFAULTS).verdict == "approve"
    assert judge(but(lookup=FOUND, messages=messages, now=late), DEFAULTS).verdict == "deny"


def test_a_review_does_not_wait_for_the_platform() -> None:
    """The wait gives way to the question, which the review has answered."""
    context = reviewed(but(lookup=PENDING), "approve")
    assert spoken(provenance.looked_up, context) == [("provenance.not_looked_up", "hold")]
    assert judge(context, DEFAULTS).verdict == "approve"


@pytest.mark.parametrize(
    ("ahead", "denied"),
    [
        (timedelta(0), False),
        (timedelta(minutes=5), False),
        (timedelta(minutes=5) + MILLISECOND, True),
        (timedelta(days=365), True),
    ],
)
def test_a_no_from_the_future_is_not_believed(ahead: timedelta, denied: bool) -> None:  # noqa: FBT001
    """Clocks may differ by the tolerance and not more, however late the case is judged."""
    context = but(declined_at=NOW + ahead, now=NOW + timedelta(days=400))
    expected = [("provenance.from_the_future", "deny")] if denied else []
    assert spoken(provenance.not_from_the_future, context) == expected


@pytest.mark.parametrize(
    ("age", "denied"),
    [(timedelta(days=30), False), (timedelta(days=30) + MILLISECOND, True), (timedelta(days=-1), False)],
)
def test_a_stale_no_is_not_thanked_for(age: timedelta, denied: bool) -> None:  # noqa: FBT001
    """The last day still counts, a moment later does not."""
    expected = [("provenance.stale", "deny")] if denied else []
    assert spoken(provenance.not_stale, but(now=DECLINED + age)) == expected


@pytest.mark.parametrize("when", [DECLINED - timedelta(days=1), DECLINED, NOW, NOW + timedelta(days=1)])
def test_a_no_that_was_taken_back_is_none(when: datetime) -> None:
    """Whenever it was taken back, nothing is sent."""
    assert spoken(provenance.not_withdrawn, but(withdrawn_at=when)) == [("provenance.withdrawn", "deny")]


def test_a_standing_no_is_not_withdrawn() -> None:
    """Nobody took it back, so the rule is silent."""
    assert spoken(provenance.not_withdrawn, but()) == []
