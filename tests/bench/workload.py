"""The same work for every runner: people who were written to, and who then declined."""

from datetime import datetime, timedelta

from shared.events import (
    Data,
    DeclineReceived,
    Event,
    InteractionRecorded,
    Person,
    Recruiter,
    case_id,
    content_digest,
    event_id,
    type_of,
)

TENANT, SOURCE = "bench", "bench"
#: Declines a recruiter gets.
PER_RECRUITER = 20


def outreach(count: int, now: datetime) -> list[Event]:
    """One message to each person, a day ago."""
    return [
        _event(
            f"outreach-{number}",
            InteractionRecorded(person=_person(number), recruiter=_recruiter(number), direction="outreach"),
            now - timedelta(days=1),
            now,
        )
        for number in range(count)
    ]


def declines(count: int, now: datetime) -> list[Event]:
    """Each person's no, an hour ago."""
    return [
        _event(
            f"decline-{number}",
            DeclineReceived(
                person=_person(number),
                recruiter=_recruiter(number),
                who="candidate",
                stage="outreach",
                text="Thank you, but I am not looking at the moment.",
            ),
            now - timedelta(hours=1),
            now,
        )
        for number in range(count)
    ]


def _person(number: int) -> Person:
    return Person(name="Ada Lovelace", email=f"ada.{number}@example.org", external_id=f"candidate-{number}")


def _recruiter(number: int) -> Recruiter:
    return Recruiter(email=f"charles.{number // PER_RECRUITER}@bench.example")


def _event(sent_id: str, data: Data, at: datetime, now: datetime) -> Event:
    own_id = event_id(TENANT, SOURCE, sent_id)
    return Event(
        id=own_id,
        type=type_of(type(data)),
        source=f"/sources/{SOURCE}",
        subject=case_id(own_id) if isinstance(data, DeclineReceived) else None,
        time=at,
        tenant=TENANT,
        receivedat=now,
        digest=content_digest(data.kind, at, data),
        data=data,
    )
