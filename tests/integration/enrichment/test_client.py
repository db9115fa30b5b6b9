"""Platforms asked over a real connection: what each answers."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.intake.enrichment.asking import NotNow, Subject, Unanswered
from services.intake.enrichment.client import Client
from services.intake.sources import Mapped
from shared.clock import FixedClock
from shared.events import InteractionRecorded, KnownDecline, PersonChanged, PreferenceSet
from tests.integration.enrichment.accounts import GREENHOUSE, account
from tests.integration.enrichment.platform import CANDIDATE, StandIn
from tests.integration.policy.stage import NOON


def told(found: Mapped) -> list[Any]:
    """What was found, in short."""
    return [
        (data.direction, data.text)
        if isinstance(data, InteractionRecorded)
        else (data.person.email, data.formerly)
        if isinstance(data, PersonChanged)
        else data.kind
        for data in (sent.data for sent in found.events)
    ]


async def test_greenhouse_tells_the_person_and_the_mails(platform: StandIn, client: Client) -> None:
    """From the application that an offer names to the candidate, and through all pages of their record."""
    found = await client.look_up(account(platform), GREENHOUSE)
    assert told(found) == [
        ("ada@example.org", ("application/101",)),
        ("outreach", "We build bridges. Would you like to talk?"),
        ("reply", "Thank you, not interested."),
    ]
    assert platform.asked == ["/token", "/v3/applications", "/v3/candidates", "/v3/notes", "/v3/notes"]


async def test_lever_tells_who_the_contact_is(platform: StandIn, client: Client) -> None:
    """And that they may not be written to, where their consent does not cover it."""
    platform.opportunity = {
        "id": "o1",
        "contact": "c1",
        "name": "Ada Example",
        "emails": ["ada@example.org"],
        "archived": {"reason": "r1", "archivedAt": int(NOON.timestamp() * 1000)},
        "dataProtection": {"contact": {"allowed": False, "expiresAt": None}},
    }
    subject = Subject("c1", "c1", "o1", "r1", NOON)
    found = await client.look_up(account(platform, "lever"), subject)
    assert told(found) == [("ada@example.org", ()), PreferenceSet.kind]


async def test_ashby_tells_who_the_candidate_is(platform: StandIn, client: Client) -> None:
    """By POST, method by method."""
    found = await client.look_up(
        account(platform, "ashby"), Subject("application/a1", None, "a1", None, NOON)
    )
    assert told(found) == [("ada@example.org", ("application/a1",))]
    with pytest.raises(Unanswered, match="did not succeed"):
        await client.look_up(account(platform, "ashby"), Subject("c2", "c2", "a1", None, NOON))


async def test_merge_tells_what_users_wrote(platform: StandIn, client: Client) -> None:
    """By cursor; an e-mail without a user has nobody who wrote it, and another's is another's."""
    mail = {"activity_type": "EMAIL", "candidate": "c1", "remote_created_at": "2026-06-01T09:00:00Z"}
    platform.activities = [
        {**mail, "id": "1", "user": "u1", "body": "Would you like to talk?"},
        {**mail, "id": "2", "user": None, "body": "No."},
        {**mail, "id": "3", "user": "u1", "candidate": "c9"},
    ]
    found = await client.look_up(account(platform, "merge"), Subject("c1", "c1", "a1", None, NOON))
    assert told(found) == [("ada@example.org", ()), ("outreach", "Would you like to talk?")]


async def test_smartrecruiters_tells_whose_no_a_status_was(
    platform: StandIn, client: Client, clock: FixedClock
) -> None:
    """Out of its history; a minute is no time in which it may be taken from the cache."""
    subject = Subject("c1", "c1", "c1/j1", None, NOON, "j1", timedelta(0))
    of = account(platform, "smartrecruiters")
    platform.statuses = [("2026-06-01T09:00:00.000Z", "NEW"), ("2026-06-03T11:59:59.500Z", "INTERVIEW")]
    moved = await client.look_up(of, subject)
    assert moved.known == KnownDecline(who=None, why="the status became INTERVIEW")
    clock.advance(timedelta(seconds=5))
    platform.statuses.append(("2026-06-03T12:00:05.100Z", "WITHDRAWN"))
    platform.status_reason = {"reasonOfWithdrawal": {"id": "w1", "label": "Took another offer"}}
    found = await client.look_up(of, replace(subject, declined_at=clock.now()))
    assert told(found) == [("ada@example.org", ())]
    assert found.known == KnownDecline(
        who="candidate",
        at=clock.now() + timedelta(milliseconds=100),
        stage="interview",
        reason="Took another offer",
    )


async def test_smartrecruiters_is_asked_again_where_it_lags(platform: StandIn, client: Client) -> None:
    """What it sent is newer than what it answers."""
    platform.statuses = [("2026-06-01T09:00:00.000Z", "NEW")]
    subject = Subject("c1", "c1", "c1/j1", None, NOON, "j1", timedelta(0))
    with pytest.raises(NotNow, match="does not tell of the change"):
        await client.look_up(account(platform, "smartrecruiters"), subject)


async def test_teamtailor_tells_whose_no_a_rejection_was(platform: StandIn, client: Client) -> None:
    """By the reason that it is related to, as it is now; and who is behind the application."""
    platform.rejection = {"rejected-at": NOON.isoformat(), "updated-at": NOON.isoformat()}
    subject = Subject("application/901", None, "901", None, NOON)
    of = account(platform, "teamtailor")
    unknown = await client.look_up(of, subject)
    assert told(unknown) == [("ada@example.org", ("application/901",))]
    assert unknown.known == KnownDecline(who="unknown", at=NOON, stage="application")
    platform.rejected_by_company = False
    found = await client.look_up(of, subject)
    assert found.known is not None
    assert (found.known.who, found.known.reason) == ("candidate", "Took another offer")


async def test_who_may_not_be_written_to_is_told_in_the_same_breath(
    platform: StandIn, client: Client
) -> None:
    """With the facts, so that nothing is approved before it is known."""
    platform.candidates = {"7": CANDIDATE | {"can_email": False}}
    found = await client.look_up(account(platform), GREENHOUSE)
    assert PreferenceSet.kind in told(found)
