"""A publish returns when the broker has the message, and says so when it has not."""

import asyncio
import time

import aio_pika
import pytest

from deploy.local.servers import Servers
from shared import topology
from shared.bus import Bus
from shared.errors import Transient
from shared.events import OptOutReceived
from shared.states import State
from tests.integration.bus.consuming import QUEUE, led_again
from tests.integration.policy.stage import NOON, Stage, decline, event, eventually, grace, outreach


async def test_a_message_that_no_queue_takes_is_an_error(stage: Stage) -> None:
    """A binding that is missing loses nothing: the sender hears of it, and may try again."""
    async with await aio_pika.connect(stage.settings.amqp_url.get_secret_value()) as connection:
        queue = await (await connection.channel()).get_queue(QUEUE.name)
        await queue.unbind(topology.EVENTS.name, topology.Lane.FACT)
        with pytest.raises(Transient):
            await stage.bus.publish([outreach(grace())])
        await queue.bind(topology.EVENTS.name, topology.Lane.FACT)
    await stage.bus.publish([outreach(grace())])
    assert await stage.waiting(QUEUE.name) == 1


async def test_a_full_queue_of_lookups_refuses_no_decline(stage: Stage, servers: Servers, vhost: str) -> None:
    """Policy gets each; of the lookups the oldest lie with the dead, from where they can be replayed."""
    lookups = topology.WORKER_LOOKUPS.name
    policy = {
        "name": "full",
        "pattern": f"^{lookups}$",
        "apply-to": "queues",
        "priority": 9,
        "definition": {"max-length": 1},
    }
    servers.rabbitmq.set_policies([policy], vhost)
    for number in range(4):
        no = decline(grace(), str(number)).model_copy(update={"lookup": True})
        await stage.bus.publish([no])

    async def settled() -> bool:
        return await stage.waiting(topology.DEAD_QUEUE) + await stage.waiting(lookups) == 4

    await eventually(settled, "all lookups lie somewhere")
    assert await stage.waiting(QUEUE.name) == 4
    assert await stage.waiting(lookups) == 1


async def test_a_full_queue_refuses_and_takes_again_when_there_is_room(
    stage: Stage, servers: Servers, vhost: str
) -> None:
    """The oldest message is never dropped for the newest."""
    policy = {
        "name": "full",
        "pattern": f"^{QUEUE.name}$",
        "apply-to": "queues",
        "priority": 9,
        "definition": {"max-length": 3},
    }
    servers.rabbitmq.set_policies([policy], vhost)
    taken = 0

    async def refused() -> bool:
        nonlocal taken
        try:
            await stage.bus.publish([outreach(grace(), str(taken))])
        except Transient:
            return True
        taken += 1
        return False

    await eventually(refused, "the queue is full")
    messages = await stage.taken(QUEUE.name)
    assert len(messages) == taken >= 3
    assert outreach(grace(), "0").id.encode() in messages[0].body

    async def accepted() -> bool:
        return not await refused()

    await eventually(accepted, "there is room again")


async def test_without_a_broker_a_publish_fails_in_time_and_works_when_it_is_back(
    stage: Stage, own_servers: Servers
) -> None:
    """Nothing hangs, and a running policy is on its queues again by itself."""
    declined = decline(grace())
    impatient = Bus(stage.broker, sealer=stage.bus._sealer, clock=stage.clock, timeout_s=1)
    async with stage.policy(consumer_check_interval_s=0.1) as http:
        await stage.publish(outreach(grace()))
        await asyncio.to_thread(own_servers.rabbitmq.settle)
        own_servers.rabbitmq.stop()
        for publish in (impatient.publish([declined]), impatient.request([declined], timeout_s=1)):
            began = time.monotonic()
            with pytest.raises(Transient):
                await publish
            assert time.monotonic() - began < 2

        async def not_ready() -> bool:
            return (await http.get("/readyz")).status_code == 503

        await eventually(not_ready, "policy is not ready")
        own_servers.rabbitmq.start()

        async def published() -> bool:
            try:
                await impatient.publish([declined])
            except Transient:
                return False
            return True

        await eventually(published, "the broker takes it", 30)
        await stage.becomes(declined, State.APPROVED)

        async def ready() -> bool:
            return (await http.get("/readyz")).status_code == 200

        await eventually(ready, "policy is ready again", 30)
    await led_again(stage)


async def test_a_batch_goes_to_the_queue_of_its_lane_in_messages_of_fifty(stage: Stage) -> None:
    """Facts and stops do not share a queue; each message names its events for whoever traces it."""
    facts = [outreach(grace(f"p{n}"), f"o{n}") for n in range(120)]
    stop = event(OptOutReceived(person=grace()), "stop", NOON)
    await stage.bus.publish([*facts[:60], stop, *facts[60:]])
    sizes = [message.body.count(b'"specversion"') for message in await stage.taken(QUEUE.name)]
    assert sorted(sizes) == [20, 50, 50]
    (stopped,) = await stage.taken(topology.POLICY_STOPS.name)
    assert (stopped.message_id, stopped.type) == (stop.id, "afterword.opt_out.received.v1")
    assert stopped.delivery_mode == aio_pika.DeliveryMode.PERSISTENT
    assert stopped.app_id == "afterword-test"
