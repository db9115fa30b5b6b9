"""A server is away or full: told within the timeout, nothing claimed, and taken again once it is back."""

import asyncio
import time
from datetime import timedelta

import pytest

from deploy.local.servers import Servers
from services.intake.app import build
from services.intake.registry import Sources
from shared import topology
from shared.clock import FixedClock
from shared.errors import Transient
from shared.store.client import Database
from tests.integration.intake.stage import Stage, decline, open_stage, opt_out, settings, statuses, until

FACTS = topology.POLICY_FACTS.name


@pytest.mark.timeout(180)
async def test_a_broker_that_comes_back_is_used_again(
    own_servers: Servers, amqp_url: str, mongo_url: str, clock: FixedClock, database: Database
) -> None:
    """503 within the timeout while it is away, and not ready; after its restart all is taken again."""
    async with open_stage(settings(amqp_url, mongo_url), clock, database) as stage:
        platform = await stage.platform()
        assert (await platform.send(decline("before"))).status_code == 202
        await asyncio.to_thread(own_servers.rabbitmq.settle)
        await asyncio.to_thread(own_servers.rabbitmq.stop)
        for sent in (decline("during"), opt_out("during-too")):
            began = time.monotonic()
            answer = await platform.send(sent)
            assert answer.status_code == 503
            assert answer.headers["retry-after"] == "5"
            assert time.monotonic() - began < 5
        assert (await stage.http.get("/readyz")).json()["checks"]["broker"]["ok"] is False
        assert (await stage.http.get("/healthz")).status_code == 200
        await asyncio.to_thread(own_servers.rabbitmq.start)

        async def taken() -> bool:
            return (await platform.send(decline("after"))).status_code == 202

        await until(taken)
        assert (await stage.http.get("/readyz")).status_code == 200
        assert set(statuses([await platform.send(decline(f"d-{n}")) for n in range(5)])) == {202}


async def test_a_connection_that_is_cut_is_made_again(servers: Servers, vhost: str, stage: Stage) -> None:
    """By itself, and no event is lost that was answered with 202."""
    platform = await stage.platform()
    assert (await platform.send(decline("before"))).status_code == 202
    await until(lambda: asyncio.to_thread(lambda: servers.rabbitmq.close_connections(vhost) > 0))

    async def taken() -> bool:
        return (await platform.send(decline("after"))).status_code == 202

    await until(taken)


async def test_a_full_queue_takes_nothing_more(servers: Servers, vhost: str, stage: Stage) -> None:
    """503, and what was answered with 202 is all there; once there is room, events are taken again."""
    platform = await stage.platform()
    full = {
        "name": "full",
        "pattern": r"^afterword\.policy\.facts$",
        "apply-to": "queues",
        "priority": 9,
        "definition": {"max-length": 3},
    }
    await asyncio.to_thread(servers.rabbitmq.set_policies, [full], vhost)
    answers = [await platform.send(decline(f"d-{n}")) for n in range(40)]
    assert set(statuses(answers)) == {202, 503}
    assert answers[-1].json()["type"] == "urn:afterword:problem:broker-away"
    accepted = {answer.json()["accepted"][0]["event_id"] for answer in answers if answer.status_code == 202}
    assert accepted <= {event.id for event in await stage.events(FACTS)}

    async def taken() -> bool:
        return (await platform.send(decline("after"))).status_code == 202

    await until(taken)


async def test_without_a_queue_nothing_is_taken(stage: Stage) -> None:
    """An event that no queue would get is refused, not lost."""
    platform = await stage.platform()
    await stage.channel.queue_delete(FACTS)
    assert (await platform.send(decline("d-1"))).status_code == 503


@pytest.mark.timeout(120)
async def test_known_sources_are_served_while_the_database_is_away(
    own_servers: Servers, amqp_url: str, mongo_url: str, clock: FixedClock, database: Database
) -> None:
    """By their last known configuration; of others nobody can say, so they are told to come again.

    Once it is back, changes are heard of again.
    """
    async with open_stage(settings(amqp_url, mongo_url), clock, database) as stage:
        known, other = await stage.platform(), await stage.platform("other")
        assert (await known.send(decline("d-1"))).status_code == 202
        await asyncio.to_thread(own_servers.mongodb.stop)
        clock.advance(timedelta(seconds=2))
        assert (await known.send(decline("d-2"))).status_code == 202
        answer = await other.send(decline("d-3"))
        assert (answer.status_code, answer.json()["type"]) == (503, "urn:afterword:problem:sources-away")
        assert (await stage.http.get("/readyz")).status_code == 200
        await asyncio.to_thread(own_servers.mongodb.start)

        async def taken() -> bool:
            return (await other.send(decline("d-3"))).status_code == 202

        await until(taken)
        await Sources(database, clock).enable("ats", enabled=False)

        async def heard() -> bool:
            return (await known.send(decline("d-4"))).status_code == 401

        await until(heard)


async def test_without_a_broker_it_does_not_start(mongo_url: str, clock: FixedClock) -> None:
    """One line says which server and which setting, without the password."""
    app = build(settings("amqp://user:secret@127.0.0.1:1/", mongo_url), clock)
    with pytest.raises(Transient, match=r"RabbitMQ at 127\.0\.0\.1:1 \(AFTERWORD_AMQP_URL\)") as refused:
        async with app.router.lifespan_context(app):
            pass
    assert "secret" not in str(refused.value)
    assert "\n" not in str(refused.value)
