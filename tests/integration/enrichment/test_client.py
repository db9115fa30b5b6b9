"""Platforms asked over a real connection: what each answers, and every way in which one can fail to."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from services.intake.enrichment import client as asking
from services.intake.enrichment.accounts import Account
from services.intake.enrichment.asking import NotNow, Subject, Unanswered
from services.intake.enrichment.client import Client, outside
from services.intake.enrichment.platforms import PLATFORMS
from services.intake.sources import Mapped
from shared.checked import checked
from shared.clock import FixedClock
from shared.events import InteractionRecorded, KnownDecline, PersonChanged, PreferenceSet
from tests.integration.enrichment.platform import (
    ACCOUNT,
    CANDIDATE,
    CLIENT,
    KEY,
    OUTREACH,
    SECRET,
    StandIn,
    says,
)
from tests.integration.policy.stage import NOON

KEYS: dict[str, dict[str, str]] = {
    "greenhouse": {"client_id": CLIENT, "client_secret": SECRET},
    "lever": {"api_key": KEY},
    "ashby": {"api_key": KEY},
    "merge": {"api_key": KEY, "account_token": ACCOUNT},
    "smartrecruiters": {"api_key": KEY},
    "teamtailor": {"api_key": KEY},
}
GREENHOUSE = Subject("application/101", None, "101", None, NOON)


@pytest.fixture
def clock() -> FixedClock:
    """Time that moves when told to."""
    return FixedClock(NOON)


@pytest.fixture
async def client(clock: FixedClock) -> AsyncIterator[Client]:
    """A client that goes out as the worker's does."""
    http = outside()
    yield Client(http, clock)
    await http.aclose()


def account(platform: StandIn, kind: str = "greenhouse", **changed: str) -> Account:
    """A source of this kind, whose API is the stand-in."""
    given: dict[str, Any] = {**KEYS[kind], "api_url": platform.url, **changed}
    of = PLATFORMS[kind]
    return Account("ats", of, checked(of.CREDENTIALS, given))


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
        "archived": {"reason": "r1", "archivedAt": 1_780_000_000_000},
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


async def test_a_wait_that_the_platform_asks_for_is_kept(
    platform: StandIn, client: Client, clock: FixedClock
) -> None:
    """Nothing is asked before its time, whoever asks; then all goes on."""
    platform.faults.append(says(429, retry_after="30"))
    with pytest.raises(NotNow) as asked:
        await client.look_up(account(platform), GREENHOUSE)
    assert asked.value.after_s == 30
    clock.advance(timedelta(seconds=29))
    with pytest.raises(NotNow) as again:
        await client.look_up(account(platform), GREENHOUSE)
    assert (again.value.after_s, platform.asked) == (1, ["/token"])
    clock.advance(timedelta(seconds=1))
    assert len((await client.look_up(account(platform), GREENHOUSE)).events) == 3


async def test_a_wait_may_be_told_as_a_date(platform: StandIn, client: Client, clock: FixedClock) -> None:
    """As HTTP allows, also with 503; and what is no wait at all is waited out as any failure."""
    platform.faults.append(says(503, retry_after=format_datetime(NOON + timedelta(minutes=2), usegmt=True)))
    with pytest.raises(NotNow) as asked:
        await client.look_up(account(platform), GREENHOUSE)
    assert asked.value.after_s == 120
    clock.advance(timedelta(minutes=2))
    platform.faults.append(says(429, retry_after="soon"))
    with pytest.raises(NotNow) as again:
        await client.look_up(account(platform), GREENHOUSE)
    assert 0 < again.value.after_s <= 1


async def test_failures_are_waited_out_ever_longer(
    platform: StandIn, client: Client, clock: FixedClock
) -> None:
    """Each time up to twice as long as the time before, and from the start again once it answered."""
    waits = []
    for _ in range(6):
        platform.faults.append(says(502, "<html>"))
        with pytest.raises(NotNow) as failed:
            await client.look_up(account(platform), GREENHOUSE)
        waits.append(failed.value.after_s)
        clock.advance(timedelta(seconds=failed.value.after_s + 0.001))
    assert all(2**n / 2 <= wait <= 2**n for n, wait in enumerate(waits))
    await client.look_up(account(platform), GREENHOUSE)
    clock.advance(timedelta(hours=1))
    platform.faults.append(says(500))
    with pytest.raises(NotNow) as first:
        await client.look_up(account(platform), GREENHOUSE)
    assert first.value.after_s <= 1


async def test_another_source_is_not_kept_waiting(platform: StandIn, client: Client) -> None:
    """One platform's trouble is its own."""
    platform.faults.append(says(429, retry_after="3000"))
    with pytest.raises(NotNow):
        await client.look_up(account(platform), GREENHOUSE)
    of = account(platform)
    found = await client.look_up(Account("other", of.platform, of.credentials), GREENHOUSE)
    assert len(found.events) == 3


async def test_a_platform_that_trickles_is_cut(
    platform: StandIn, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte comes in time, and all of it never does."""
    monkeypatch.setattr(asking, "WHOLE_TIMEOUT_S", 0.3)
    ended = asyncio.Event()

    async def trickle() -> AsyncIterator[bytes]:
        while not ended.is_set():
            yield b" "
            await asyncio.sleep(0.01)

    async def slow(_: Request) -> Response:
        return StreamingResponse(trickle(), media_type="application/json")

    platform.faults.append(slow)
    with pytest.raises(NotNow, match="does not answer"):
        await client.look_up(account(platform), GREENHOUSE)
    ended.set()


async def test_a_platform_that_is_slow_takes_nobody_elses_time(
    platform: StandIn, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So much time a lookup; the next try goes on where this one was."""
    monkeypatch.setattr(asking, "LOOKUP_TIMEOUT_S", 1.0)
    ended = asyncio.Event()

    async def stuck(_: Request) -> Response:
        await ended.wait()
        return Response()

    await client.look_up(account(platform), GREENHOUSE)
    subject = Subject("application/102", None, "102", None, NOON)
    platform.applications["102"] = {"id": 102, "candidate_id": 7}
    platform.faults.append(stuck)
    with pytest.raises(NotNow, match="slow"):
        await client.look_up(account(platform), subject)
    ended.set()
    asked = len(platform.asked)
    assert len((await client.look_up(account(platform), subject)).events) == 3
    assert platform.asked[asked:] == ["/v3/applications"]


@pytest.mark.parametrize(
    "fault",
    [
        says(200, b'{"access_token": "a-'),
        says(200, b"<html>a page of something in between</html>"),
        says(500),
        says(408),
    ],
    ids=["truncated", "html", "500", "408"],
)
async def test_what_may_pass_is_tried_again(
    platform: StandIn, client: Client, clock: FixedClock, fault: Any
) -> None:
    """And is found then."""
    platform.faults.append(fault)
    with pytest.raises(NotNow):
        await client.look_up(account(platform), GREENHOUSE)
    clock.advance(timedelta(seconds=1))
    assert (await client.look_up(account(platform), GREENHOUSE)).events


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (says(401), "does not take the key"),
        (says(403), "does not take the key"),
        (says(404), "is not there"),
        (says(422), "answered 422"),
        (says(302, location="https://elsewhere.example/"), "answered 302"),
        (says(200, b'["' + b"x" * asking.MAX_ANSWER_BYTES + b'"]'), "larger than is read"),
        (says(200, gzip.compress(b" " * 10_000_000), content_encoding="gzip"), "compressed"),
        (says(200, b'{"access_token": 7.5}'), "did not tell a token"),
    ],
    ids=["401", "403", "404", "422", "redirect", "huge", "bomb", "odd"],
)
async def test_what_will_not_pass_is_told(platform: StandIn, client: Client, fault: Any, why: str) -> None:
    """At once: asking again would not mend it."""
    platform.faults.append(fault)
    with pytest.raises(Unanswered, match=why):
        await client.look_up(account(platform), GREENHOUSE)
    assert platform.asked == ["/token"]


async def test_a_key_that_was_revoked_is_told(platform: StandIn, client: Client, clock: FixedClock) -> None:
    """Also in the midst of it, when the token had been given."""
    await client.look_up(account(platform), GREENHOUSE)
    clock.advance(timedelta(minutes=5))
    with pytest.raises(Unanswered, match="does not take the key"):
        await client.look_up(account(platform, client_secret="revoked"), GREENHOUSE)


async def test_a_candidate_who_was_deleted_is_told(platform: StandIn, client: Client) -> None:
    """Harvest answers with an empty list."""
    platform.candidates = {}
    with pytest.raises(Unanswered, match="the candidate is not there"):
        await client.look_up(account(platform), GREENHOUSE)


async def test_a_record_that_never_ends_is_left(platform: StandIn, client: Client) -> None:
    """So many pages are read, and then a person looks."""
    platform.notes = [OUTREACH] * 100
    with pytest.raises(Unanswered, match="more than is read"):
        await client.look_up(account(platform), GREENHOUSE)
    assert platform.asked.count("/v3/notes") == 10


async def test_the_same_is_not_asked_twice_in_a_minute(
    platform: StandIn, client: Client, clock: FixedClock
) -> None:
    """One no is told under two names; a minute later it is asked anew."""
    first = await client.look_up(account(platform), GREENHOUSE)
    asked = len(platform.asked)
    assert await client.look_up(account(platform), GREENHOUSE) == first
    assert len(platform.asked) == asked
    clock.advance(timedelta(minutes=1))
    await client.look_up(account(platform), GREENHOUSE)
    assert len(platform.asked) == 2 * asked


async def test_the_inside_of_the_network_is_out_of_reach(
    platform: StandIn, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that leads to a private address, or to this machine by another name, is not connected to."""
    loop = asyncio.get_running_loop()
    port = int(platform.url.rpartition(":")[2])

    async def resolve(host: str, *_: Any, **__: Any) -> list[Any]:
        return [(2, 1, 6, "", (host.partition(".")[0].replace("-", "."), port))]

    monkeypatch.setattr(loop, "getaddrinfo", resolve)
    for inside in ("127-0-0-1", "10-0-0-7", "169-254-169-254", "192-168-1-1", "100-64-0-1"):
        of = account(platform, api_url=f"https://{inside}.example.org:{port}")
        with pytest.raises(Unanswered, match="not public"):
            await client.look_up(of, GREENHOUSE)
    assert platform.asked == []


async def test_who_may_not_be_written_to_is_told_in_the_same_breath(
    platform: StandIn, client: Client
) -> None:
    """With the facts, so that nothing is approved before it is known."""
    platform.candidates = {"7": CANDIDATE | {"can_email": False}}
    found = await client.look_up(account(platform), GREENHOUSE)
    assert PreferenceSet.kind in told(found)
