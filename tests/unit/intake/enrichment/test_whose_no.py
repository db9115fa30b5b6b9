"""Platforms that send ids alone: whose no a change was, since when, and when it was none at all."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.enrichment.asking import (
    CATCHES_UP_WITHIN,
    Answer,
    Ask,
    Found,
    NotNow,
    Subject,
    Unanswered,
)
from shared.events import KnownDecline, PreferenceSet
from tests.unit.intake.enrichment.test_platforms import NOW, look_up, person

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
EARLY = timedelta(0)


def known(found: Found) -> KnownDecline:
    """What is known of the no."""
    assert found.known is not None
    return found.known


# ---- smartrecruiters -------------------------------------------------------------------------------------

Changes = tuple[tuple[timedelta, str], ...]

ADA = {"id": "c1", "firstName": "Ada", "lastName": "Example", "email": "ada@example.org"}
SR = Subject("c1", "c1", "c1/j1", None, NOW, "j1")
STATUSES = [
    "LEAD",
    "NEW",
    "IN_REVIEW",
    "INTERVIEW",
    "OFFERED",
    "HIRED",
    "TRANSFERRED",
    "REJECTED",
    "WITHDRAWN",
]
WITHDRAWN: Changes = ((-9 * DAY, "NEW"), (-DAY, "INTERVIEW"), (-SECOND, "WITHDRAWN"))


def smartrecruiters(changes: Changes = WITHDRAWN, subject: Subject = SR, **state: Any) -> Found:
    """What is read where the status changed so, each so long after the delivery."""
    content = [{"changedOn": (NOW + after).isoformat(), "status": status} for after, status in changes]
    at_last = {"status": changes[-1][1]} if changes else {}
    bodies = {
        "/candidates/c1": ADA,
        "/candidates/c1/jobs/j1": at_last | state,
        "/candidates/c1/jobs/j1/status/history": {"totalFound": len(content), "content": content[::-1]},
    }
    return look_up("smartrecruiters", subject, lambda ask: Answer(bodies[ask.path]))


def test_a_withdrawal_is_the_candidates() -> None:
    """With its reason, how far it had come, and when it was rather than when it was told."""
    found = smartrecruiters(
        reasonOfWithdrawal={"id": "1", "label": "Took another offer"},
        reasonOfRejection={"id": "2", "label": "From long before"},
    )
    assert known(found) == KnownDecline(
        who="candidate", at=NOW - SECOND, stage="interview", reason="Took another offer"
    )
    assert person(found).person.email == "ada@example.org"


def test_a_rejection_is_the_companys() -> None:
    """Whatever is left over of a withdrawal."""
    found = smartrecruiters(
        ((-DAY, "OFFERED"), (EARLY, "REJECTED")),
        reasonOfWithdrawal={"label": "Took another offer"},
        reasonOfRejection={"label": "Budget"},
    )
    assert (known(found).who, known(found).stage, known(found).reason) == ("company", "offer", "Budget")


@pytest.mark.parametrize("status", [one for one in STATUSES if one not in {"REJECTED", "WITHDRAWN"}])
def test_a_move_is_no_decline(status: str) -> None:
    """It says what it was, and nobody is read of."""
    found = smartrecruiters(((-DAY, "NEW"), (-SECOND, status)))
    assert known(found) == KnownDecline(who=None, why=f"the status became {status}")
    assert found.events == ()


@pytest.mark.parametrize(
    ("spelled", "status", "stage"),
    [
        ("IN-REVIEW", "IN_REVIEW", "application"),
        ("In Review", "IN_REVIEW", "application"),
        ("OFFER", "OFFERED", "offer"),
        ("HIRE", "HIRED", "offer"),
        ("hired", "HIRED", "offer"),
    ],
)
def test_a_status_is_the_same_however_a_method_spells_it(spelled: str, status: str, stage: str) -> None:
    """A move is no no of anybody's, and whoever withdraws from an offer had one."""
    moved = smartrecruiters(((-DAY, "NEW"), (-SECOND, spelled)), status=status)
    assert known(moved).why == f"the status became {status}"
    left = smartrecruiters(((-DAY, spelled), (-SECOND, "Withdrawn")), status="WITHDRAWN")
    assert (known(left).who, known(left).stage) == ("candidate", stage)


def test_a_status_that_nobody_knows_is_nobodys() -> None:
    """It is no sign that it was no decline."""
    assert known(smartrecruiters(((-DAY, "NEW"), (-SECOND, "DECLINED")))).who == "unknown"


def test_what_came_after_the_delivery_is_not_what_it_told() -> None:
    """A no that the status does not stand at any more is none; a move before a no is still a move."""
    back = smartrecruiters((*WITHDRAWN, (DAY, "IN_REVIEW")))
    assert known(back).why == "the status is IN_REVIEW by now"
    overtaken = smartrecruiters((*WITHDRAWN, (DAY, "REJECTED")))
    assert known(overtaken).who is None
    moved = smartrecruiters(((-SECOND, "INTERVIEW"), (DAY, "WITHDRAWN")))
    assert known(moved).why == "the status became INTERVIEW"


def test_what_is_said_of_the_same_status_later_is_one_change() -> None:
    """Its time is that of the first; one that was left in between is another."""
    again = ((-9 * DAY, "WITHDRAWN"), (-8 * DAY, "NEW"), (-DAY, "WITHDRAWN"), (-SECOND, "WITHDRAWN"))
    assert (known(smartrecruiters(again)).at, known(smartrecruiters(again)).stage) == (
        NOW - DAY,
        "application",
    )


def test_a_time_that_was_cut_to_the_second_finds_its_change() -> None:
    """What happened within that second is what the delivery told of."""
    assert known(smartrecruiters(((-DAY, "NEW"), (0.9 * SECOND, "WITHDRAWN")))).who == "candidate"


def test_a_history_that_lags_is_read_again_and_believed_after_a_while() -> None:
    """A delivery may be faster than what is read; one that was refused for hours is late itself."""
    early = replace(SR, waited=EARLY)
    for behind in ((-DAY, "INTERVIEW"),), ((-6 * MINUTE, "REJECTED"),), ():
        with pytest.raises(NotNow):
            smartrecruiters(behind, early)
    assert known(smartrecruiters(((-DAY, "INTERVIEW"),))).who is None
    assert known(smartrecruiters(((-DAY, "NEW"), (-6 * MINUTE, "WITHDRAWN")))).who == "candidate"
    assert known(smartrecruiters(subject=early)).who == "candidate"
    with pytest.raises(Unanswered, match="does not tell of the change"):
        smartrecruiters(())


def test_a_state_that_contradicts_its_history_is_left_to_a_person() -> None:
    """After it had its time to catch up."""
    with pytest.raises(NotNow):
        smartrecruiters(subject=replace(SR, waited=EARLY), status="INTERVIEW")
    with pytest.raises(Unanswered):
        smartrecruiters(status="INTERVIEW")


@pytest.mark.parametrize(
    "subject",
    [replace(SR, job=None), Subject("application/a1", None, "a1", None, NOW)],
)
def test_an_application_without_candidate_and_job_cannot_be_asked_for(subject: Subject) -> None:
    """Nothing is documented that finds them by the application's own id."""
    with pytest.raises(Unanswered, match="did not tell"):
        smartrecruiters(subject=subject)


@pytest.mark.parametrize(
    "history",
    [
        {"totalFound": 11, "content": [{"changedOn": NOW.isoformat(), "status": "WITHDRAWN"}]},
        {"content": [{"changedOn": NOW.isoformat(), "status": "WITHDRAWN"}, {"status": "NEW"}]},
        {"content": [{"changedOn": NOW.isoformat(), "status": "WITHDRAWN"}, {"changedOn": NOW.isoformat()}]},
    ],
)
def test_half_a_history_is_none(history: dict[str, Any]) -> None:
    """What is missing may be what counts."""
    with pytest.raises(Unanswered):
        look_up(
            "smartrecruiters",
            SR,
            lambda ask: Answer(history if "history" in ask.path else ADA | {"status": "WITHDRAWN"}),
        )


def test_another_candidate_than_asked_for_is_none() -> None:
    """However the platform reads the question."""
    with pytest.raises(Unanswered, match="not there"):
        look_up("smartrecruiters", replace(SR, candidate="c2"), _as_if_asked_for_ada)


def _as_if_asked_for_ada(ask: Ask) -> Answer:
    content = [{"changedOn": NOW.isoformat(), "status": "WITHDRAWN"}]
    return Answer({"content": content} if "history" in ask.path else ADA | {"status": "WITHDRAWN"})


AFTER = st.timedeltas(-30 * DAY, DAY)


@given(
    st.lists(
        st.tuples(AFTER, st.sampled_from(STATUSES)), min_size=1, max_size=8, unique_by=lambda one: one[0]
    )
)
def test_only_who_withdrew_and_still_has_is_said_to_have_declined(
    changes: list[tuple[timedelta, str]],
) -> None:
    """Whatever else happened before and after, and in whatever order it is told."""
    in_order = sorted(changes)
    until = [status for after, status in in_order if after <= 5 * SECOND]
    try:
        read = known(smartrecruiters(tuple(in_order)))
    except Unanswered:
        assert not until
        return
    assert (read.who == "candidate") is (until[-1] == in_order[-1][1] == "WITHDRAWN")
    assert (read.who == "company") is (until[-1] == in_order[-1][1] == "REJECTED")
    assert (read.who is None) is (read.why is not None)
    assert read.at is None or read.at <= NOW + 5 * SECOND


# ---- teamtailor ------------------------------------------------------------------------------------------

TT = Subject("application/901", None, "901", None, NOW)
_LINKS = {
    "candidate": {"data": {"type": "candidates", "id": "7"}},
    "stage": {"data": {"type": "stages", "id": "3"}},
    "reject-reason": {"data": {"type": "reject-reasons", "id": "5"}},
}


def teamtailor(
    rejected_at: datetime | str | None = NOW,
    *,
    subject: Subject = TT,
    reason: dict[str, Any] | None = None,
    unsubscribed: bool = False,
    updated_at: datetime = NOW + SECOND,
) -> Found:
    """What is read of an application, with the one thing otherwise."""
    told = rejected_at.isoformat() if isinstance(rejected_at, datetime) else rejected_at
    candidate = {
        "first-name": "Ada",
        "last-name": "Example",
        "email": "ada@example.org",
        "unsubscribed": unsubscribed,
    }
    included = [
        # another of the same id must not be taken for it
        {"type": "jobs", "id": "5", "attributes": {"rejected-by-company": False, "reason": "x"}},
        {"type": "candidates", "id": "7", "attributes": candidate},
        {"type": "stages", "id": "3", "attributes": {"name": "First interview"}},
    ]
    if reason is not None:
        included.append({"type": "reject-reasons", "id": "5", "attributes": reason})
    links = _LINKS if reason is not None else _LINKS | {"reject-reason": {"data": None}}
    attributes = {"rejected-at": told, "updated-at": updated_at.isoformat()}
    data = {"id": "901", "type": "job-applications", "attributes": attributes, "relationships": links}
    return look_up("teamtailor", subject, lambda _: Answer({"data": data, "included": included}))


@pytest.mark.parametrize(
    ("reason", "who"),
    [
        ({"reason": "Took another offer", "rejected-by-company": False}, "candidate"),
        ({"reason": "Not a fit", "rejected-by-company": True}, "company"),
        ({"reason": "Other", "rejected-by-company": None}, "unknown"),
        ({"reason": "Other"}, "unknown"),
        ({"reason": "Other", "rejected-by-company": "false"}, "unknown"),
        ({"reason": "Other", "rejected-by-company": 0}, "unknown"),
        (None, "unknown"),
    ],
)
def test_the_reason_says_whose_no_a_rejection_was(reason: dict[str, Any] | None, who: str) -> None:
    """By its own word alone: none, or what is no yes or no, leaves it open."""
    found = teamtailor(reason=reason)
    named = reason["reason"] if reason else None
    assert known(found) == KnownDecline.model_validate(
        {"who": who, "at": NOW, "stage": "interview", "reason": named}
    )
    assert (person(found).person.external_id, person(found).formerly) == ("7", ("application/901",))


def test_whoever_unsubscribed_wants_no_follow_up() -> None:
    """It comes with the others."""
    found = teamtailor(reason={"rejected-by-company": False}, unsubscribed=True)
    (wish,) = [sent.data for sent in found.events if isinstance(sent.data, PreferenceSet)]
    assert (wish.follow_up, wish.person.external_id) == (False, "7")


def test_a_rejection_that_was_taken_back_is_none() -> None:
    """And nobody is read of; one that came again counts by its own time."""
    found = teamtailor(None)
    assert known(found) == KnownDecline(who=None, why="the application is not rejected any more")
    assert found.events == ()
    assert known(teamtailor(NOW + DAY)).at == NOW + DAY


@pytest.mark.parametrize(
    ("rejected_at", "updated_at"),
    [(None, NOW - SECOND), (NOW - DAY, NOW + SECOND), ("yesterday", NOW + SECOND)],
)
def test_an_answer_older_than_the_rejection_is_asked_for_again(
    rejected_at: datetime | str | None, updated_at: datetime
) -> None:
    """And left to a person when it stays so."""
    with pytest.raises(NotNow):
        teamtailor(rejected_at, updated_at=updated_at, subject=replace(TT, waited=CATCHES_UP_WITHIN - SECOND))
    with pytest.raises(Unanswered, match="does not tell of the change"):
        teamtailor(rejected_at, updated_at=updated_at)


@pytest.mark.parametrize("attributes", [None, {}, {"updated-at": NOW.isoformat()}])
def test_an_application_that_does_not_tell_whether_it_is_rejected_is_left(attributes: Any) -> None:
    """What is missing is no sign that it is not."""
    data = {"id": "901", "attributes": attributes}
    with pytest.raises(Unanswered, match="whether the application is rejected"):
        look_up("teamtailor", TT, lambda _: Answer({"data": data}))


def test_another_application_than_asked_for_is_none() -> None:
    """However the platform reads the question."""
    with pytest.raises(Unanswered, match="not there"):
        teamtailor(subject=replace(TT, application="902"))
