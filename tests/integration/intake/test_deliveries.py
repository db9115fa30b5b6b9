"""Raw deliveries: copied at the door, kept by the worker, gone with an erasure."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from services.intake.deliveries.copies import REFUSED
from services.intake.deliveries.record import opened
from shared import topology
from shared.clock import FixedClock, SystemClock
from shared.events import DeliveryTaken, Event, Person, PersonForgotten, event_id, type_of
from shared.identity import scoped
from shared.topology import Lane
from tests.integration.intake.stage import Platform, Stage, decline, statuses, until
from tests.integration.intake.working import FINGERPRINTS, VAULT, clear, kept, open_worker, publish

ADA = Person(email="ada@example.org")
DELIVERIES = topology.WORKER_DELIVERIES.name


@pytest.fixture
def clock() -> FixedClock:
    """The true time, held: the database itself ends what is older than it is kept."""
    return FixedClock(SystemClock().now())


@pytest.fixture
async def worker(amqp_url: str, mongo_url: str, clock: FixedClock, stage: Stage) -> AsyncIterator[None]:
    """A worker beside the door."""
    async with open_worker(amqp_url, mongo_url, clock):
        yield


@pytest.fixture
async def platform(stage: Stage) -> Platform:
    """A platform that may send."""
    return await stage.platform()


def forgotten(stage: Stage, *people: Person) -> Event:
    """Policy's word that a person was forgotten whose erasure was taken in now."""
    keys = {
        scoped("acme", fingerprint)
        for person in people
        for fingerprint in FINGERPRINTS.of(person, "/sources/ats")
    }
    return Event(
        id=event_id("acme", "ats", "e1"),
        type=type_of(PersonForgotten),
        source="/policy",
        time=stage.clock.now(),
        tenant="acme",
        receivedat=stage.clock.now(),
        data=PersonForgotten(keys=tuple(keys)),
    )


@pytest.mark.usefixtures("worker")
async def test_what_came_is_kept_sealed_with_what_became_of_it(stage: Stage, platform: Platform) -> None:
    """Credentials are left out, and no word of the person lies in clear."""
    answer = await platform.send(
        decline("d1"), headers={"authorization": "Bearer x", "x-auth": platform.secret, "x-trace": "t1"}
    )
    (stored,) = await kept(stage, 1)
    (accepted,) = answer.json()["accepted"]
    assert (stored["source"], stored["tenant"], stored["outcome"]) == ("ats", "acme", "accepted")
    assert stored["at"] == stage.clock.now()
    assert stored["expires_at"] == stage.clock.now() + timedelta(days=14)
    assert stored["events"] == [
        {
            "id": accepted["event_id"],
            "type": "decline.received",
            "who": "candidate",
            "case": accepted["case"],
        }
    ]
    assert "ada@" not in clear([stored])
    raw = opened(stored, VAULT)
    assert b"ada@example.org" in raw.body
    assert (raw.method, raw.query, raw.headers["x-trace"]) == ("POST", "", "t1")
    assert not {"authorization", "x-auth"} & set(raw.headers)


@pytest.mark.usefixtures("worker")
async def test_what_was_refused_is_kept_with_the_reason(stage: Stage, platform: Platform) -> None:
    """Of a source that there is: by its signature, its content, and unread; nothing of any other name."""
    stranger = Platform(stage.http, stage.clock, "nobody", platform.secret)
    wrong = Platform(stage.http, stage.clock, "ats", "whsec_" + "AAAA" * 11)
    answers = []
    with capture_logs() as logs:
        for sent in (
            stranger.send(decline("d1")),
            wrong.send(decline("d1")),
            platform.send(decline("")),
            platform.send(b"x", headers={"content-type": "text/plain"}),
        ):
            answers.append(await sent)
            stage.clock.advance(timedelta(milliseconds=1))
    assert statuses(answers) == [401, 401, 422, 415]
    told = [(one["source"], one["why"]) for one in logs if one["event"] == "refused"]
    reasons = ["wrong-signature", "invalid", "not-json"]
    assert told == [(None, "unknown-source"), *(("ats", reason) for reason in reasons)]
    stored = await kept(stage, 3)
    assert [one["problem"] for one in stored] == reasons
    assert stored[0]["why"] == ["no signature in webhook-signature is right."]
    assert {one["outcome"] for one in stored} == {"refused"}
    assert stored[1]["why"] == ["/id: 1 to 200 characters are expected, without space around them"]
    assert [len(opened(one, VAULT).body) > 0 for one in stored] == [True, True, False]


@pytest.mark.usefixtures("worker")
async def test_a_flood_of_refusals_fills_nothing(stage: Stage, platform: Platform) -> None:
    """Some are kept, the rest is let go; what is accepted is kept all the same."""
    wrong = Platform(stage.http, stage.clock, "ats", "whsec_" + "AAAA" * 11)
    at_once = int(REFUSED.burst)
    await asyncio.gather(*(wrong.send(decline("d1")) for _ in range(3 * at_once)))
    await platform.send(decline("d1"))
    await kept(stage, 1, outcome="accepted")
    await kept(stage, at_once, outcome="refused")
    assert 'afterword_copies_total{result="dropped"} 40.0' in (await stage.http.get("/metrics")).text


async def test_many_copies_share_a_message(stage: Stage, platform: Platform) -> None:
    """Those of one moment; nobody waits for them."""
    await asyncio.gather(*(platform.send(decline(f"d{n}")) for n in range(40)))
    found = []

    async def all_there() -> bool:
        found.extend(await stage.messages(DELIVERIES))
        metrics = (await stage.http.get("/metrics")).text
        return 'afterword_copies_total{result="handed over"} 40.0' in metrics

    await until(all_there)
    found.extend(await stage.messages(DELIVERIES))
    assert 0 < len(found) < 40


async def test_a_copy_that_comes_again_is_kept_and_counted_once(
    stage: Stage, platform: Platform, amqp_url: str, mongo_url: str, clock: FixedClock
) -> None:
    """As a message does whose consumer died; the hour knows one."""
    await platform.send(decline("d1"))
    copies: list[Event] = []

    async def copied() -> bool:
        copies.extend(await stage.events(DELIVERIES))
        return bool(copies)

    await until(copied)
    assert isinstance(copies[0].data, DeliveryTaken)
    other = copies[0].model_copy(update={"id": "dlv_other"})
    await publish(stage, Lane.DELIVERY, copies)
    await publish(stage, Lane.DELIVERY, [*copies, other])
    async with open_worker(amqp_url, mongo_url, clock):
        await kept(stage, 2)

        async def counted() -> bool:
            hour = await stage.database["delivery_hours"].find_one({"source": "ats"})
            return hour is not None and hour["accepted"] == 2

        await until(counted)
    assert not await stage.messages(DELIVERIES)
    (hour,) = await stage.database["delivery_hours"].find().to_list(None)
    assert hour["accepted"] == 2


@pytest.mark.usefixtures("worker")
async def test_an_erasure_deletes_what_came_before_it_by_any_alias(stage: Stage, platform: Platform) -> None:
    """Also what names the person otherwise; others' copies and later ones stay."""
    alias = Person(profile_urls=("https://www.linkedin.com/in/ada-example",))
    by_profile = {"person": alias.model_dump(mode="json", exclude_none=True), "who": "candidate"}
    await platform.send(decline("d1"))
    await platform.send(decline("d2", data=by_profile))
    await platform.send(decline("d3", data={"person": {"email": "grace@example.org"}, "who": "candidate"}))
    await kept(stage, 3)
    wish = forgotten(stage, ADA, alias)
    stage.clock.advance(timedelta(seconds=1))
    await platform.send(decline("d4"))
    await kept(stage, 4)
    await publish(stage, Lane.FORGOTTEN, [wish])

    async def deleted() -> bool:
        return await stage.database["deliveries"].count_documents({}) == 2

    await until(deleted)
    left = await kept(stage, 2)
    assert [one["events"][0]["id"] for one in left] == [
        event_id("acme", "ats", sent) for sent in ("d3", "d4")
    ]


async def test_a_copy_that_is_stored_after_the_erasure_does_not_survive_it(
    stage: Stage, platform: Platform, amqp_url: str, mongo_url: str, clock: FixedClock
) -> None:
    """It came before the wish and lay on the bus; what came after the wish stays."""
    await platform.send(decline("d1"))
    wish = forgotten(stage, ADA)
    stage.clock.advance(timedelta(seconds=1))
    await platform.send(decline("d2"))
    copies: list[Event] = []

    async def both() -> bool:
        copies.extend(await stage.events(DELIVERIES))
        return len(copies) == 2

    await until(both)
    await publish(stage, Lane.FORGOTTEN, [wish])
    async with open_worker(amqp_url, mongo_url, clock):

        async def known() -> bool:
            return await stage.database["delivery_erasures"].count_documents({}) == 1

        await until(known)
        await publish(stage, Lane.DELIVERY, copies)
        (left,) = await kept(stage, 1, **{"events.id": event_id("acme", "ats", "d2")})

        async def alone() -> bool:
            return await stage.database["deliveries"].count_documents({}) == 1

        await until(alone)
    assert left["at"] == clock.now()
