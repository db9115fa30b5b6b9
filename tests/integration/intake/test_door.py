"""The door on a real port: what each delivery is answered, and what is then on the bus."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from services.intake.registry import Sources
from shared import events, topology
from tests.integration.intake.stage import (
    KEYRING,
    READ_AGAIN,
    Platform,
    Stage,
    decline,
    opt_out,
    statuses,
    until,
)

FACTS, STOPS = topology.POLICY_FACTS.name, topology.POLICY_STOPS.name
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
async def platform(stage: Stage) -> Platform:
    """The platform `ats`."""
    return await stage.platform()


def assert_problem(answer: httpx.Response, status: int, slug: str) -> None:
    """It is refused, as a problem."""
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:afterword:problem:{slug}")
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_delivery_is_on_the_bus_when_it_is_answered(stage: Stage, platform: Platform) -> None:
    """With the ids that the answer names, in the envelope that policy reads, and no name in clear."""
    answer = await platform.send(decline("d-1"), headers={"traceparent": TRACE})
    (message,) = await stage.messages(FACTS)
    assert answer.status_code == 202
    (accepted,) = answer.json()["accepted"]
    own_id = events.event_id("acme", "ats", "d-1")
    assert accepted == {"id": "d-1", "event_id": own_id, "case": events.case_id(own_id)}
    assert (message.message_id, message.correlation_id) == (own_id, events.case_id(own_id))
    assert (message.type, message.app_id) == ("afterword.decline.received.v1", "afterword-intake")
    assert message.headers["traceparent"] == TRACE
    assert message.delivery_mode == 2
    assert b"ada@" not in message.body
    await platform.send([decline("d-1"), decline("d-2")])
    first, second = await stage.events(FACTS)
    assert (first.id, first.source, first.tenant) == (own_id, "/sources/ats", "acme")
    assert first.sourcekind == "standard"
    assert first.receivedat == stage.clock.now()
    assert first.digest == second.digest == events.content_digest(first.kind, first.time, first.data)
    assert first.data == events.DeclineReceived(
        person=events.Person(email="ada@example.org"), who="candidate"
    )


async def test_a_decline_of_a_source_that_is_looked_up_goes_to_the_worker_too(
    stage: Stage, platform: Platform
) -> None:
    """The same event in one confirm, its digest as before; other facts, and the company's own no, do not."""
    await platform.send(decline("d-1"))
    (before,) = await stage.events(FACTS)
    await stage.database["sources"].update_one({"_id": "ats"}, {"$set": {"credentials": b"sealed"}})
    stage.clock.advance(READ_AGAIN)
    message = decline("m-1", type="interaction.recorded")
    message["data"]["direction"] = "outreach"
    company = decline("d-2")
    company["data"]["who"] = "company"
    answer = await platform.send([decline("d-1"), message, company])
    assert answer.status_code == 202
    facts = {event.id: event for event in await stage.events(FACTS)}
    (looked_up,) = await stage.events(topology.WORKER_LOOKUPS.name)
    assert len(facts) == 3
    assert facts[before.id] == looked_up
    assert (looked_up.id, looked_up.digest, looked_up.lookup) == (before.id, before.digest, True)
    assert [event.lookup for event in facts.values() if event.id != before.id] == [None, None]


async def test_the_same_delivery_gets_the_same_ids(stage: Stage, platform: Platform) -> None:
    """Accepted again and published again; other content under the same id has another digest."""
    first = await platform.send(decline("d-1"))
    again = await platform.send(decline("d-1"))
    other = await platform.send(decline("d-1", timestamp="2026-01-30T12:00:00Z"))
    assert first.json() == again.json() == other.json()
    found = await stage.events(FACTS)
    assert len({event.id for event in found}) == 1
    assert [event.digest == found[0].digest for event in found] == [True, True, False]


async def test_one_id_of_two_sources_is_two_events(stage: Stage, platform: Platform) -> None:
    """What a platform calls its events is its own affair."""
    other = await stage.platform("crm")
    first, second = await platform.send(decline("d-1")), await other.send(decline("d-1"))
    assert first.json()["accepted"][0]["event_id"] != second.json()["accepted"][0]["event_id"]


async def test_a_batch_says_what_became_of_each(stage: Stage, platform: Platform) -> None:
    """In order, a repeat within it told but published once; only declines open cases."""
    bounce = decline("b-1", type="bounce.received", data={"person": {"external_id": "42"}})
    answer = await platform.send(
        [decline("d-1"), bounce, decline("d-1"), *(decline(f"e-{n}") for n in range(120))]
    )
    accepted = answer.json()["accepted"]
    assert [one["id"] for one in accepted[:4]] == ["d-1", "b-1", "d-1", "e-0"]
    assert accepted[0] == accepted[2]
    assert [one["case"] is None for one in accepted[:4]] == [False, True, False, False]
    messages = await stage.messages(FACTS)
    assert len(messages) == 3  # 122 events, 50 in a message


async def test_requests_at_one_moment_share_messages(stage: Stage, platform: Platform) -> None:
    """Under load the sets grow by themselves, and each request gets its own ids."""
    answers = await asyncio.gather(*(platform.send(decline(f"d-{n}")) for n in range(200)))
    assert set(statuses(answers)) == {202}
    assert [answer.json()["accepted"][0]["id"] for answer in answers] == [f"d-{n}" for n in range(200)]
    messages = await stage.messages(FACTS)
    assert len(messages) < 100


async def test_what_is_not_signed_for_this_source_is_refused(stage: Stage, platform: Platform) -> None:
    """401, and nothing of it is on the bus."""
    other = await stage.platform("crm")
    forged = Platform(stage.http, stage.clock, "ats", other.secret)
    assert_problem(await forged.send(decline("d-1")), 401, "unverified")
    assert_problem(await platform.send(decline("d-1"), headers={"webhook-signature": ""}), 401, "unverified")
    late = await platform.send(decline("d-1"), headers={"webhook-timestamp": "1769860000"})
    assert_problem(late, 401, "unverified")
    assert not await stage.messages(FACTS)


async def test_unknown_and_disabled_sources_answer_alike(stage: Stage, platform: Platform) -> None:
    """401, whether signed or not; and a disabled one takes deliveries again once it is enabled."""
    sources = Sources(stage.database, stage.clock)
    assert (await platform.send(decline("d-1"))).status_code == 202
    await sources.enable("ats", enabled=False)
    stage.clock.advance(READ_AGAIN)
    disabled = await platform.send(decline("d-1"))
    unknown = await Platform(stage.http, stage.clock, "nobody", platform.secret).send(decline("d-1"))
    no_name = await Platform(stage.http, stage.clock, "No..Name", platform.secret).send(decline("d-1"))
    unsigned = await platform.send(decline("d-1"), headers={"webhook-signature": "v1,AAAA"})
    assert_problem(disabled, 401, "unverified")
    assert disabled.json() == unknown.json() == no_name.json() == unsigned.json()
    await sources.enable("ats", enabled=True)
    stage.clock.advance(READ_AGAIN)
    assert (await platform.send(decline("d-1"))).status_code == 202


async def test_a_changed_source_is_heard_of_at_once(stage: Stage, platform: Platform) -> None:
    """No time passes; until it is heard of, the known configuration serves."""
    sources = Sources(stage.database, stage.clock)
    for enabled, status in ((True, 202), (False, 401), (True, 202)):
        await sources.enable("ats", enabled=enabled)

        async def heard(status: int = status) -> bool:
            return (await platform.send(decline("d-1"))).status_code == status

        await until(heard)


async def test_the_previous_secret_is_taken_until_its_end(stage: Stage, platform: Platform) -> None:
    """Both for the grace, then the new one alone."""
    until, secret = await Sources(stage.database, stage.clock).rotate("ats", timedelta(hours=1), KEYRING)
    renewed = Platform(stage.http, stage.clock, "ats", secret)
    assert statuses([await platform.send(decline("d-1")), await renewed.send(decline("d-1"))]) == [202, 202]
    stage.clock.advance(until - stage.clock.now())
    assert statuses([await platform.send(decline("d-1")), await renewed.send(decline("d-1"))]) == [401, 202]


async def test_a_body_too_large_is_refused_by_its_length_and_while_it_comes(
    stage: Stage, platform: Platform
) -> None:
    """413; the line stays usable for the next."""
    assert_problem(await platform.send(b" " * 3_000_000), 413, "body-too-large")

    async def parts() -> AsyncIterator[bytes]:
        for _ in range(30):
            yield b" " * 100_000

    headers = {"content-type": "application/json"}
    chunked = await stage.http.post("/v1/sources/ats/events", content=parts(), headers=headers)
    assert_problem(chunked, 413, "body-too-large")
    full = json.dumps(decline("d-1")).encode()
    assert (await platform.send(full + b" " * (1_048_576 - len(full)))).status_code == 202


async def test_what_is_not_json_is_refused(platform: Platform) -> None:
    """415, by the content type alone."""
    for headers in ({"content-type": "text/xml"}, {"content-encoding": "gzip"}):
        assert_problem(await platform.send(decline("d-1"), headers=headers), 415, "not-json")


async def test_each_field_at_fault_is_named(stage: Stage, platform: Platform) -> None:
    """422, and no event of the batch is taken."""
    answer = await platform.send([decline("d-1"), decline("d-2", timestamp="soon", data={"person": {}})])
    assert_problem(answer, 422, "invalid")
    assert {error["pointer"] for error in answer.json()["errors"]} == {"/1/timestamp", "/1/data/person"}
    assert not await stage.messages(FACTS)


async def test_a_source_over_its_rate_waits_and_others_do_not(stage: Stage) -> None:
    """429 with the seconds to wait; strangers who send in its name use up nothing of it."""
    slow, other = await stage.platform("slow", per_second=0.1, burst=2), await stage.platform("other")
    forged = Platform(stage.http, stage.clock, "slow", other.secret)
    assert statuses([await forged.send(decline("x")) for _ in range(5)]) == [401] * 5
    assert statuses([await slow.send(decline(f"d-{n}")) for n in range(2)]) == [202, 202]
    limited = await slow.send(decline("d-3"))
    assert_problem(limited, 429, "too-many")
    assert limited.headers["retry-after"] == "10"
    assert (await other.send(decline("d-4"))).status_code == 202
    stage.clock.advance(timedelta(seconds=10))
    assert (await slow.send(decline("d-3"))).status_code == 202


async def test_strangers_are_slowed_down_together(stage: Stage, platform: Platform) -> None:
    """429 whether there is such a source or not; who signs is served."""
    strangers = [Platform(stage.http, stage.clock, f"no-{n}", platform.secret) for n in range(250)]
    answers = statuses(await asyncio.gather(*(stranger.send(decline("x")) for stranger in strangers)))
    assert (answers.count(401), answers.count(429)) == (200, 50)
    assert (await platform.send(decline("d-1"))).status_code == 202


async def test_a_stop_is_answered_when_it_is_in_force(stage: Stage, platform: Platform) -> None:
    """202 only after policy said so; a fact in the same batch goes its own way."""
    end = await stage.obey()
    answer = await platform.send([opt_out("o-1"), decline("d-1"), opt_out("o-2")])
    assert answer.status_code == 202
    assert [event.kind for event in await stage.events(FACTS)] == ["decline.received"]
    assert not await stage.messages(STOPS)
    await end()


async def test_a_stop_that_nobody_obeys_is_not_answered_as_if_it_were(
    stage: Stage, platform: Platform
) -> None:
    """503 after a while; it stays queued, and sent again it is answered once it is in force."""
    answer = await platform.send(opt_out("o-1"))
    assert_problem(answer, 503, "not-in-force")
    assert answer.headers["retry-after"] == "5"
    (kept,) = await stage.events(STOPS)
    assert kept.id == events.event_id("acme", "ats", "o-1")
    end = await stage.obey("server away")
    assert_problem(await platform.send(opt_out("o-1")), 503, "not-in-force")
    await end()
    await stage.obey()
    assert (await platform.send(opt_out("o-1"))).status_code == 202


async def test_what_stops_goes_on_while_facts_flow(stage: Stage, platform: Platform) -> None:
    """An answer that is waited for holds up nobody else."""
    waiting = asyncio.create_task(platform.send(opt_out("o-1")))
    answers = await asyncio.gather(*(platform.send(decline(f"d-{n}")) for n in range(20)))
    assert set(statuses(answers)) == {202}
    assert not waiting.done()
    assert (await waiting).status_code == 503


async def test_open_requests_are_answered_before_the_end(stage: Stage, platform: Platform) -> None:
    """Told to stop, intake takes nothing new and finishes what it has."""
    waiting = asyncio.create_task(platform.send(opt_out("o-1")))
    queue = await stage.channel.get_queue(STOPS, ensure=False)
    async with asyncio.timeout(10), queue.iterator() as messages:
        message = await anext(messages)
        stage.server.should_exit = True
        await message.nack(requeue=True)
    await stage.obey()
    assert (await waiting).status_code == 202
    await stage.serving


async def test_every_delivery_is_counted(stage: Stage, platform: Platform) -> None:
    """By kind and result, never by a stranger's word."""
    await platform.send(decline("d-1"))
    await platform.send([])
    await Platform(stage.http, stage.clock, "nobody", platform.secret).send(decline("d-1"))
    await platform.send(decline("d-1"), headers={"webhook-signature": ""})
    metrics = (await stage.http.get("/metrics")).text
    counted = [("standard", result) for result in ("accepted", "invalid")]
    counted += [("none", result) for result in ("unknown-source", "wrong-signature")]
    for kind, result in counted:
        assert f'afterword_deliveries_total{{kind="{kind}",result="{result}"}} 1.0' in metrics
    assert "nobody" not in metrics
