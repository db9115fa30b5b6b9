"""From a message to its events and back: nothing is lost, whatever a handler does."""

import asyncio
from collections.abc import Sequence

import aio_pika
import pytest
from aio_pika.abc import AbstractIncomingMessage

from shared import bus as buses
from shared import topology
from shared.bus import Bus
from shared.consumer import MAX_UNEXPECTED, Again, Consumer, Dead, Done, Later, Outcome
from shared.errors import NotFound, Transient
from shared.events import Event
from shared.topology import MAX_ATTEMPTS, WAITS_S
from shared.vault import Sealer
from tests.integration.bus.consuming import QUEUE, all_done, consuming
from tests.integration.policy.stage import Stage, eventually, grace, outreach

WAIT_1S, WAIT_5S = (topology.wait_exchange(wait).name for wait in WAITS_S[:2])


class Script:
    """Work that answers as it is told, and remembers what it was given."""

    def __init__(self, *outcomes: Outcome | Exception) -> None:
        self.outcomes = list(outcomes)
        self.seen: list[str] = []

    async def work(self, events: Sequence[Event]) -> Sequence[Outcome]:
        """One outcome for each set; done once the script is over."""
        self.seen += [event.id for event in events]
        outcome = self.outcomes.pop(0) if self.outcomes else Done()
        if isinstance(outcome, Exception):
            raise outcome
        return [outcome] * len(events)


async def sent_again(stage: Stage, event: Event, attempt: int) -> None:
    """Puts an event into the queue as one that was tried so often."""
    await stage.bus.retry(QUEUE.name, [event], wait_s=1, attempt=attempt, why="test")
    message = await stage.next(WAIT_1S)
    await stage.broker.publish(message.body, queue=QUEUE.name, headers={"x-attempt": str(attempt)})


async def nothing_left(stage: Stage, *queues: str) -> bool:
    """Whether these queues are empty."""
    return not any([await stage.waiting(queue) for queue in queues])


async def test_a_message_whose_handler_raises_comes_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever escapes the consumer is redelivered, and not discarded."""
    script, event = Script(), outreach(grace())
    forward = Consumer._forward

    async def broken(consumer: Consumer, *arguments: object) -> None:
        monkeypatch.undo()
        raise ZeroDivisionError

    monkeypatch.setattr(Consumer, "_forward", broken)
    async with consuming(stage, script.work) as consumer:
        await stage.bus.publish([event])

        async def twice() -> bool:
            return script.seen == [event.id] * 2 and consumer.in_flight == 0

        await eventually(twice, "it was handled again")
    assert Consumer._forward is forward
    assert await nothing_left(stage, QUEUE.name, topology.DEAD_QUEUE)


async def test_a_message_whose_handler_is_cut_short_goes_back_to_the_queue(stage: Stage) -> None:
    """A stop that cannot wait any longer leaves the message to the next process."""
    begun, event = asyncio.Event(), outreach(grace())

    async def endless(events: Sequence[Event]) -> Sequence[Outcome]:
        begun.set()
        await asyncio.Event().wait()
        return []

    async with consuming(stage, endless, stop_timeout_s=0.1):
        await stage.bus.publish([event])
        await begun.wait()
        assert await stage.waiting(QUEUE.name) == 0
    script = Script()
    async with consuming(stage, script.work):

        async def handled() -> bool:
            return script.seen == [event.id]

        await eventually(handled, "the next process handled it")


async def test_what_may_pass_comes_back_to_its_own_queue_with_growing_waits(stage: Stage) -> None:
    """First after one second, then after five; no other queue hears of it."""
    script, event = Script(Again("first"), Again("second")), outreach(grace())
    async with consuming(stage, script.work):
        await stage.bus.publish([event])
        message = await stage.next(WAIT_5S)
        assert script.seen == [event.id] * 2
    assert (message.headers["x-attempt"], message.headers["x-why"]) == ("2", "second")
    assert message.routing_key == QUEUE.name
    others = [queue.name for queue in topology.queues()]
    assert await nothing_left(stage, *others)


async def test_only_the_event_that_failed_is_tried_again(stage: Stage) -> None:
    """Its neighbours in the message are done."""
    bad, good = outreach(grace(), "bad"), outreach(grace("alan"), "good")

    async def work(events: Sequence[Event]) -> Sequence[Outcome]:
        return [Again("bad") if event.id == bad.id else Done() for event in events]

    async with consuming(stage, work):
        await stage.bus.publish([good, bad])
        message = await stage.next(WAIT_1S)
    assert message.message_id == bad.id
    assert good.id.encode() not in message.body


@pytest.mark.parametrize(
    ("attempt", "outcome", "why"),
    [
        (MAX_ATTEMPTS - 1, Again("still away"), "still away"),
        (MAX_ATTEMPTS - 1, Transient("server"), "server away: Transient"),
        (MAX_ATTEMPTS - 1, ConnectionError(), "server away: ConnectionError"),
        (MAX_UNEXPECTED - 1, ZeroDivisionError(), "unexpected ZeroDivisionError"),
        (0, NotFound("no such case"), "no such case"),
        (0, Dead("names nobody"), "names nobody"),
    ],
)
async def test_what_does_not_pass_is_a_dead_letter_with_its_reason(
    stage: Stage, attempt: int, outcome: Outcome | Exception, why: str
) -> None:
    """After its last try, or at once where no try would help."""
    event = outreach(grace())
    async with consuming(stage, Script(outcome).work):
        await sent_again(stage, event, attempt)
        message = await stage.next(topology.DEAD_QUEUE)
    assert (message.headers["x-why"], message.headers["x-queue"]) == (why, QUEUE.name)
    assert event.id.encode() in message.body
    assert await nothing_left(stage, QUEUE.name, WAIT_1S, WAIT_5S)


@pytest.mark.parametrize("outcome", [Again("away"), Transient("server"), ConnectionError()])
async def test_before_its_last_try_it_is_put_off(stage: Stage, outcome: Outcome | Exception) -> None:
    """The last but one try still waits, the longest of all waits."""
    event = outreach(grace())
    async with consuming(stage, Script(outcome).work):
        await sent_again(stage, event, MAX_ATTEMPTS - 2)
        message = await stage.next(topology.wait_exchange(WAITS_S[-1]).name)
    assert message.headers["x-attempt"] == str(MAX_ATTEMPTS - 1)


async def test_waiting_is_no_failure(stage: Stage) -> None:
    """What is not due yet does not use up its tries, and never waits longer than asked."""
    async with consuming(stage, Script(Later(29, "not yet")).work):
        await sent_again(stage, outreach(grace()), 7)
        message = await stage.next(WAIT_5S)
    assert (message.headers["x-attempt"], message.headers["x-why"]) == ("7", "not yet")


async def test_a_message_that_is_no_batch_is_a_dead_letter(stage: Stage) -> None:
    """As it came, with the reason."""
    async with consuming(stage, all_done):
        await stage.broker.publish(b"\xff not json", exchange=topology.EVENTS, routing_key=topology.Lane.FACT)
        message = await stage.next(topology.DEAD_QUEUE)
    assert message.body == b"\xff not json"
    assert "JSON batch" in str(message.headers["x-why"])


async def test_a_message_on_which_consumers_die_is_a_dead_letter_in_the_end(stage: Stage) -> None:
    """The broker counts deliveries, since nobody who dies can."""
    event = outreach(grace())
    await stage.bus.publish([event])
    deliveries = 0
    async with await aio_pika.connect(stage.settings.amqp_url.get_secret_value()) as connection:
        while not await stage.waiting(topology.DEAD_QUEUE):
            channel = await connection.channel()
            queue = await channel.get_queue(QUEUE.name, ensure=False)
            message = await queue.get(fail=False)
            deliveries += message is not None
            await channel.close()
            assert deliveries <= topology.DELIVERY_LIMIT + 1
    assert deliveries == topology.DELIVERY_LIMIT + 1
    dead: AbstractIncomingMessage = await stage.next(topology.DEAD_QUEUE)
    assert event.id.encode() in dead.body
    assert dead.headers["x-first-death-reason"] == "delivery_limit"
    assert dead.headers["x-first-death-queue"] == QUEUE.name


async def test_a_sender_that_has_gone_does_not_fail_its_event(stage: Stage) -> None:
    """The work is done and acknowledged, though nobody hears the answer."""
    begun, gone, event = asyncio.Event(), asyncio.Event(), outreach(grace())
    sets = 0

    async def slow(events: Sequence[Event]) -> Sequence[Outcome]:
        nonlocal sets
        sets += 1
        begun.set()
        await gone.wait()
        return [Done()] * len(events)

    asker = buses.connect(stage.settings.amqp_url, "asker", stop_timeout_s=1)
    await asker.start()
    bus = Bus(
        asker,
        sealer=Sealer(stage.settings.bus_key.get_secret_value()),
        clock=stage.clock,
        timeout_s=5,
    )
    async with consuming(stage, slow) as consumer:
        with pytest.raises(Transient, match="no answer"):
            await bus.request([event], timeout_s=0.3)
        await begun.wait()
        await asker.stop()
        gone.set()

        async def finished() -> bool:
            return consumer.in_flight == 0

        await eventually(finished, "it is finished")
    assert sets == 1
    assert await nothing_left(stage, QUEUE.name, WAIT_1S, topology.DEAD_QUEUE)
