"""What is made of platforms' answers: events or a clear refusal, whatever JSON they send."""

import inspect
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.intake.enrichment.asking import (
    CATCHES_UP_WITHIN,
    MAX_PAGES,
    Answer,
    Ask,
    Found,
    NotNow,
    Subject,
    Unanswered,
)
from services.intake.enrichment.credentials import Credentials
from services.intake.enrichment.found import MAX_MESSAGES
from services.intake.enrichment.platforms import PLATFORMS
from services.intake.envelope import Sender, enveloped
from shared.checked import checked
from shared.errors import Invalid
from shared.events import InteractionRecorded, PersonChanged, PreferenceSet

NOW = datetime(2026, 6, 3, 12, tzinfo=UTC)
CREDENTIALS: dict[str, Credentials] = {
    kind: checked(platform.CREDENTIALS, keys)
    for kind, platform in PLATFORMS.items()
    for keys in [
        {name: "k" for name, field in platform.CREDENTIALS.model_fields.items() if field.is_required()}
    ]
}

Answers = Callable[[Ask], Answer]


def look_up(kind: str, subject: Subject, answers: Answers) -> Found:
    """What is read when each request is answered so."""
    asking = PLATFORMS[kind].look_up(subject, CREDENTIALS[kind])
    try:
        ask = next(asking)
        while True:
            ask = asking.send(answers(ask))
    except StopIteration as end:
        found: Found = end.value
        return found


def by_path(**bodies: Any) -> Answers:
    """Answers by the last part of the path; a body that is a list of pages comes page by page."""
    bodies = {"token": {"access_token": "t"}, **bodies}

    def answer(ask: Ask) -> Answer:
        body = bodies[ask.path.rsplit("/", 1)[-1].replace(".", "_")]
        return Answer(body)

    return answer


def messages(found: Found) -> list[tuple[str, str | None]]:
    """Directions and texts."""
    data = (sent.data for sent in found.events)
    return [(one.direction, one.text) for one in data if isinstance(one, InteractionRecorded)]


def person(found: Found) -> PersonChanged:
    """Who it is."""
    (one,) = [sent.data for sent in found.events if isinstance(sent.data, PersonChanged)]
    return one


# ---- any JSON --------------------------------------------------------------------------------------------

_NAMES = sorted(
    set(re.findall(r'"([a-z]+[a-zA-Z_-]*)"', "".join(inspect.getsource(one) for one in PLATFORMS.values())))  # type: ignore[arg-type] # modules
)
_WORDS = ("7", "EMAIL", "ada@example.org", "rey@acme.example", "2026-06-02T09:00:00Z", "c1", "o1", "r1", "")
_STATES = ("WITHDRAWN", "REJECTED", "INTERVIEW", "2026-06-03T12:00:00Z", "a1", "stages", "candidates")
_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.sampled_from((*_WORDS, *_STATES))
)
_LEAVES |= st.text(max_size=20)
JSON = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=8),
    max_leaves=30,
)
ANSWERS = st.builds(Answer, JSON, st.none() | st.just({"cursor": "c"}))
SUBJECTS = st.builds(
    Subject,
    named=st.sampled_from([None, "7", "c1", "application/a1"]),
    candidate=st.sampled_from([None, "7", "c1"]),
    application=st.sampled_from([None, "a1", "o1", "..", "a/../b?c#d"]),
    reason=st.sampled_from([None, "r1"]),
    declined_at=st.just(NOW),
    job=st.sampled_from([None, "j1", "../j"]),
    waited=st.sampled_from([timedelta(0), CATCHES_UP_WITHIN]),
)


@pytest.mark.parametrize("kind", sorted(PLATFORMS))
@settings(deadline=None, max_examples=150)
@given(subject=SUBJECTS, answers=st.lists(ANSWERS, min_size=1, max_size=20))
def test_any_json_is_events_or_a_refusal(kind: str, subject: Subject, answers: list[Answer]) -> None:
    """Never another exception; what is read fits into one message and travels as any event does."""
    coming: Iterator[Answer] = iter(answers * 20)
    asked: list[Ask] = []

    def answer(ask: Ask) -> Answer:
        asked.append(ask)
        return next(coming)

    try:
        found = look_up(kind, subject, answer)
    except (Unanswered, Invalid, NotNow):
        found = Found()
    assert len(found.events) <= MAX_MESSAGES + 2
    assert len(asked) <= MAX_PAGES + 3
    for ask in asked:
        assert ask.path.startswith("/")
        assert not {"..", "?", "#"} & set(ask.path.split("/"))
    again = {enveloped(sent, Sender("s", "greenhouse", "t"), NOW).id for sent in found.events}
    assert len(again) == len({sent.id for sent in found.events})


# ---- greenhouse ------------------------------------------------------------------------------------------

SUBJECT = Subject("7", "7", "101", None, NOW)
CANDIDATE = {"id": 7, "first_name": "Ada", "email_addresses": [{"value": "Ada@Example.org"}]}
MAIL = {
    "id": 1,
    "candidate_id": 7,
    "type": "EMAIL",
    "created_at": "2026-06-02T09:00:00Z",
    "email_from": "rey@acme.example",
    "to": "ada@example.org",
    "body": "Hello",
}


def greenhouse(*notes: Any, candidate: Any = CANDIDATE) -> Found:
    """What is read of a candidate with these notes."""
    return look_up("greenhouse", SUBJECT, by_path(candidates=[candidate], notes=list(notes)))


@pytest.mark.parametrize(
    ("changed", "read"),
    [
        ({}, [("outreach", "Hello")]),
        ({"to": "Ada <ADA@example.org>, boss@acme.example"}, [("outreach", "Hello")]),
        ({"to": ["x@acme.example", "ada@example.org"]}, [("outreach", "Hello")]),
        ({"to": "x@acme.example", "cc": "ada@example.org"}, [("outreach", "Hello")]),
        ({"to": None, "email_to": "ada@example.org"}, [("outreach", "Hello")]),
        ({"email_from": "ada@example.org", "to": "rey@acme.example"}, [("reply", "Hello")]),
        ({"to": "x@acme.example"}, []),
        ({"to": None}, []),
        ({"email_from": None}, []),
        ({"email_from": "ada@example.org, rey@acme.example"}, []),
        ({"type": "LINKEDIN_INMAIL"}, []),
        ({"type": "NOTE"}, []),
        ({"candidate_id": 8}, []),
        ({"created_at": "yesterday"}, []),
        ({"id": None}, []),
        ({"body": None}, [("outreach", None)]),
        ({"body": "<p>Hello <b>Ada</b></p><script>x</script>"}, [("outreach", "Hello Ada")]),
    ],
)
def test_only_what_surely_went_to_the_candidate_is_outreach(changed: dict[str, Any], read: list[Any]) -> None:
    """An invented outreach would let a letter through; what is unclear is left out, and said."""
    found = greenhouse(MAIL | changed)
    assert messages(found) == read
    assert bool(found.ignored) is not bool(read)


def test_a_candidate_without_an_address_has_no_outreach() -> None:
    """For nobody knows what went to them."""
    assert (
        messages(greenhouse(MAIL, candidate={"id": 7, "phone_numbers": [{"value": "+491511234567"}]})) == []
    )


def test_the_newest_messages_are_handed_on_and_the_rest_is_said() -> None:
    """Oldest first, as they happened."""
    mails = [
        MAIL | {"id": n, "created_at": (NOW - timedelta(days=n)).isoformat()}
        for n in range(1, MAX_MESSAGES + 3)
    ]
    found = greenhouse(*mails)
    times = [sent.time for sent in found.events if isinstance(sent.data, InteractionRecorded)]
    assert times == [NOW - timedelta(days=n) for n in range(MAX_MESSAGES, 0, -1)]
    assert [one.why for one in found.ignored] == ["2 older messages"]


def test_who_cannot_be_mailed_wants_no_follow_up() -> None:
    """It comes as a fact, with the others."""
    found = greenhouse(candidate=CANDIDATE | {"can_email": False})
    (wish,) = [sent.data for sent in found.events if isinstance(sent.data, PreferenceSet)]
    assert (wish.follow_up, wish.person.external_id) == (False, "7")


def test_another_candidate_than_asked_for_is_none() -> None:
    """However the platform reads the question; nor another application."""
    with pytest.raises(Unanswered, match="not there"):
        greenhouse(candidate=CANDIDATE | {"id": 8})
    subject = Subject("application/101", None, "101", None, NOW)
    with pytest.raises(Unanswered, match="whose application"):
        look_up("greenhouse", subject, by_path(applications=[{"id": 102, "candidate_id": 7}]))


def test_a_message_is_the_same_event_whatever_becomes_of_the_person() -> None:
    """Its id and what it says do not change when an address does."""
    before = greenhouse(MAIL).events[1]
    after = greenhouse(MAIL, candidate=CANDIDATE | {"first_name": "Augusta"}).events[1]
    assert before == after


# ---- lever -----------------------------------------------------------------------------------------------

ARCHIVED = {"reason": "r1", "archivedAt": int(NOW.timestamp() * 1000)}
OPPORTUNITY = {"contact": "c1", "emails": ["ada@example.org"], "archived": ARCHIVED}


def lever(subject: Subject = Subject("c1", "c1", "o1", "r1", NOW), **changed: Any) -> Found:  # noqa: B008 - immutable
    """What is read of an opportunity."""
    return look_up("lever", subject, lambda _: Answer({"data": OPPORTUNITY | changed}))


def archived_at(after: timedelta) -> dict[str, Any]:
    """What the platform says of an archiving so long after the one that was reported."""
    return ARCHIVED | {"archivedAt": int((NOW + after).timestamp() * 1000)}


def test_lever_tells_the_person() -> None:
    """With either form of the reason, and of the contact."""
    assert person(lever()).person.email == "ada@example.org"
    flat = lever(archived=None, archiveReason="r1", archivedAt=ARCHIVED["archivedAt"])
    assert person(flat).person.external_id == "c1"
    assert person(lever(contact={"id": "c1"})).formerly == ()
    assert person(lever(Subject("o1", "o1", "o1", "r1", NOW))).formerly == ("o1",)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"contact": "c2"}, "another contact"),
        ({"archived": ARCHIVED | {"reason": "r2"}}, "another reason"),
        ({"archived": None}, "does not tell of the change"),
        ({"archived": {"reason": "r1"}}, "does not tell of the change"),
        ({"archived": archived_at(-timedelta(days=900))}, "does not tell of the change"),
        ({"archived": archived_at(-timedelta(minutes=6))}, "does not tell of the change"),
        ({"archived": archived_at(timedelta(minutes=6))}, "archived again since"),
        ({"isAnonymized": True}, "anonymised"),
        ({"deletedAt": 1_780_000_000_000}, "anonymised"),
    ],
)
def test_what_an_unsigned_body_said_otherwise_is_not_believed(changed: dict[str, Any], why: str) -> None:
    """Lever's signature leaves the body out: whoever saw one delivery could have written it."""
    with pytest.raises(Unanswered, match=why):
        lever(**changed)


@pytest.mark.parametrize("archived", [None, {"reason": "r1"}, archived_at(-timedelta(days=900))])
def test_an_archiving_that_lever_does_not_tell_of_yet_is_asked_for_again(archived: Any) -> None:
    """Its API may be behind the delivery; the same holds for one that was archived once before."""
    early = Subject("c1", "c1", "o1", "r1", NOW, waited=CATCHES_UP_WITHIN - timedelta(seconds=1))
    with pytest.raises(NotNow):
        lever(early, archived=archived)


def test_lever_and_its_delivery_may_tell_of_one_archiving_some_minutes_apart() -> None:
    """Where the delivery leaves the time out, that at which it was sent stands in."""
    for minutes in (-4, 4):
        assert person(lever(archived=archived_at(timedelta(minutes=minutes)))).person.external_id == "c1"


# ---- ashby and merge -------------------------------------------------------------------------------------


def test_ashby_finds_the_candidate_of_an_application() -> None:
    """And what stood in for them is the same person."""
    answers = by_path(
        application_info={"success": True, "results": {"candidate": {"id": "c1"}}},
        candidate_info={
            "success": True,
            "results": {"id": "c1", "socialLinks": [{"url": "https://x.com/ada"}]},
        },
    )
    found = look_up("ashby", Subject("application/a1", None, "a1", None, NOW), answers)
    assert (person(found).person.external_id, person(found).formerly) == ("c1", ("application/a1",))


ACTIVITY = {
    "id": "1",
    "activity_type": "EMAIL",
    "candidate": "c1",
    "user": "u1",
    "remote_created_at": "2026-06-02T09:00:00Z",
    "body": "Hello",
}


@pytest.mark.parametrize(
    ("changed", "read"),
    [
        ({}, [("outreach", "Hello")]),
        ({"user": None}, []),
        ({"activity_type": "NOTE"}, []),
        ({"candidate": "c2"}, []),
        ({"remote_created_at": None, "created_at": "2026-06-02T09:00:00Z"}, []),
        ({"remote_was_deleted": True}, []),
    ],
)
def test_merge_tells_what_a_user_sent(changed: dict[str, Any], read: list[Any]) -> None:
    """By the platform's own time, and by nobody's guess."""
    answers = by_path(
        a1={"candidate": {"id": "c1"}, "credited_to": {"id": "u1"}},
        activities={"results": [ACTIVITY | changed], "next": None},
    )
    found = look_up("merge", Subject("c1", "c1", "a1", None, NOW), answers)
    assert messages(found) == read


def test_merge_asks_for_a_candidate_that_came_as_an_id() -> None:
    """Some accounts do not expand."""
    answers = by_path(
        a1={"candidate": "c1", "credited_to": None},
        c1={"id": "c1", "email_addresses": [{"value": "ada@example.org"}]},
        activities={"results": [], "next": None},
    )
    found = look_up("merge", Subject("c1", "c1", "a1", None, NOW), answers)
    assert person(found).person.email == "ada@example.org"
