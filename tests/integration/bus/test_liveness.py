"""Is this process being given messages? Asked of the broker itself, and acted upon."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import aio_pika
import pytest
from pydantic import SecretStr

from shared.background import running
from shared.backlog import QUIET_LOOKS, Backlog
from shared.consumer import Consumer, Done, Outcome
from shared.events import Event
from shared.liveness import ConsumerWatch, NotConsumingError
from shared.migrate import declare
from tests.integration.bus.consuming import QUEUE, all_done, consuming
from tests.integration.bus.process import policy_process
from tests.integration.policy.stage import Stage, eventually, grace, outreach


async def test_a_watch_that_is_cancelled_finishes_its_look(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut short while its channel opens, it would take down the connection that the stop still needs."""
    begun, answered, finished = asyncio.Event(), asyncio.Event(), asyncio.Event()
    look = ConsumerWatch.look

    async def slow(watch: ConsumerWatch) -> None:
        begun.set()
        await answered.wait()
        await look(watch)
        finished.set()

    async with consuming(stage, all_done) as consumer:
        monkeypatch.setattr(ConsumerWatch, "look", slow)
        watching = asyncio.create_task(ConsumerWatch(stage.broker, [consumer]).watch(60))
        await begun.wait()
        watching.cancel()
        answered.set()
        await asyncio.wait({watching}, timeout=5)
        assert watching.cancelled()
        assert finished.is_set()


async def test_readiness_says_that_the_queue_has_no_consumer(stage: Stage) -> None:
    """Ready means that the consumer is on its queue: not while that is gone, and again once it is back."""
    async with stage.policy(consumer_check_interval_s=0.02) as http:

        async def ready() -> bool:
            return (await http.get("/readyz")).status_code == 200

        async def gone() -> bool:
            answer = await http.get("/readyz")
            return answer.status_code == 503 and "consumers" in answer.text

        await eventually(ready, "policy is ready")
        await _delete(stage)
        await eventually(gone, "policy is not ready")
        await declare(SecretStr(stage.settings.amqp_url.get_secret_value()))
        await eventually(ready, "policy is ready again", 30)
        await stage.publish(outreach(grace()))


async def test_a_process_without_its_consumer_ends_itself(stage: Stage, tmp_path: Path) -> None:
    """So that whoever keeps it running starts it anew, with its consumer on the queue."""
    with policy_process(stage, tmp_path, CONSUMER_CHECK_INTERVAL_S="0.1") as service:
        await service.until_ready()
        await _delete(stage)
        assert await asyncio.to_thread(service.wait, 10) in {0, -signal.SIGTERM}
    assert "ends itself to be restarted" in service.log_tail(200)


async def test_a_process_that_gets_nothing_while_messages_wait_is_not_consuming(stage: Stage) -> None:
    """Another replica that holds the queue does not hide it: two looks in a row without a message are one."""
    async with (
        consuming(stage, all_done, subscribed=False) as consumer,
        await aio_pika.connect(stage.settings.amqp_url.get_secret_value()) as connection,
    ):
        watch = ConsumerWatch(stage.broker, [consumer])
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=1)
        held: asyncio.Queue[object] = asyncio.Queue()
        await (await channel.get_queue(QUEUE.name)).consume(held.put)
        await watch.look()
        await stage.bus.publish([outreach(grace(), "one")])
        await held.get()
        await watch.look()
        await stage.bus.publish([outreach(grace(), "two")])
        await watch.look()
        with pytest.raises(NotConsumingError, match="none come to this process"):
            await watch.look()


async def test_a_busy_process_is_not_taken_for_a_starving_one(stage: Stage) -> None:
    """Messages that wait because this process works are nothing to worry about."""
    release, begun = asyncio.Event(), asyncio.Event()

    async def slow(events: object) -> list[Done]:
        begun.set()
        await release.wait()
        return [Done()]

    async with consuming(stage, slow, prefetch=1) as consumer:
        await stage.bus.publish([outreach(grace(), "one")])
        await begun.wait()
        await stage.bus.publish([outreach(grace(), "two")])
        assert await stage.waiting(QUEUE.name) == 1
        watch = ConsumerWatch(stage.broker, [consumer])
        for _ in range(3):
            await watch.look()
        release.set()


async def test_a_look_that_fails_unforeseen_ends_no_watch(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process is not ready as long as nobody can look, and ready as soon as somebody can again."""
    connection = stage.broker._connection
    assert connection is not None
    async with consuming(stage, all_done) as consumer:
        watch = ConsumerWatch(stage.broker, [consumer])

        async def fault() -> str:
            try:
                await watch.check()
            except Exception as error:  # noqa: BLE001 - as readiness does
                return str(error)
            return ""

        async with running(watch.watch(0.02)):
            await eventually(lambda: _is(fault, ""), "the process is ready")
            # for a moment a connection has no transport, of which the client library says this
            with monkeypatch.context() as between:
                between.setattr(connection, "transport", None)
                await eventually(lambda: _is(fault, "Connection was not opened"), "it is not ready")
            await eventually(lambda: _is(fault, ""), "it is ready again")


async def test_a_backlog_hears_what_waits(stage: Stage) -> None:
    """Also before anything is consumed, and until all of it was handled."""
    release, begun = asyncio.Event(), asyncio.Event()

    async def slow(events: Sequence[Event]) -> Sequence[Outcome]:
        begun.set()
        await release.wait()
        return await all_done(events)

    await stage.bus.publish([outreach(grace(), "one")])
    await stage.bus.publish([outreach(grace(), "two")])
    backlog = Backlog()
    async with consuming(stage, all_done, subscribed=False) as nobody:
        await ConsumerWatch(stage.broker, [nobody], {QUEUE.name: backlog}).measure()
    assert backlog.waits(stage.clock.now())
    backlog = Backlog()
    async with consuming(stage, slow, prefetch=1) as consumer:
        await begun.wait()
        watch = ConsumerWatch(stage.broker, [consumer], {QUEUE.name: backlog})
        await watch.look()
        assert backlog.waits(stage.clock.now())
        release.set()
        await eventually(lambda: _received(consumer, 2), "both are handled")
        for _ in range(QUIET_LOOKS):
            await watch.look()
        assert not backlog.waits(stage.clock.now())


async def _is(said: Callable[[], Awaitable[str]], expected: str) -> bool:
    return await said() == expected


async def _received(consumer: Consumer, messages: int) -> bool:
    return consumer.received == messages and not consumer.in_flight


async def _delete(stage: Stage) -> None:
    async with await aio_pika.connect(stage.settings.amqp_url.get_secret_value()) as connection:
        await (await connection.channel()).queue_delete(QUEUE.name)
