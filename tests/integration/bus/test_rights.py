"""Each service's rights on the broker are enough for its work, and for no other's."""

import aio_pika
import pytest
from aiormq.exceptions import ChannelAccessRefused
from pydantic import SecretStr

from deploy.local.servers import Servers
from deploy.rabbitmq.rights import RIGHTS
from shared import topology
from shared.events import OptOutReceived
from shared.states import State
from tests.integration.policy.stage import NOON, Stage, decline, event, grace, outreach


def as_service(servers: Servers, vhost: str, name: str) -> str:
    """The URL of a user with this service's rights, its routing keys included."""
    rights = RIGHTS[name]
    url = servers.rabbitmq.add_user(
        f"{vhost}-{name}", "pw", vhost=vhost, configure=rights.configure, write=rights.write, read=rights.read
    )
    keys = {"exchange": topology.EVENTS.name, "write": rights.routing_keys, "read": "^$"}
    servers.rabbitmq._request("PUT", f"topic-permissions/{vhost}/{vhost}-{name}", keys)
    return url


async def test_policy_does_all_its_work_with_its_own_rights(
    stage: Stage, servers: Servers, vhost: str
) -> None:
    """Decides, answers, puts off, buries and asks for its queues, without the right to configure any."""
    url = SecretStr(as_service(servers, vhost, "policy"))
    early, declined = decline(grace("early"), "early"), decline(grace())
    async with stage.policy(amqp_url=url) as http:
        await stage.publish(outreach(grace()), early)
        await stage.publish(declined)
        await stage.becomes(declined, State.APPROVED)
        assert await stage.ask(event(OptOutReceived(person=grace()), "stop", NOON)) == "done"
        await stage.next(topology.wait_exchange(120).name)
        await stage.publish_raw(["no event"])
        await stage.next(topology.DEAD_QUEUE)
        assert [told[0] for told in await stage.told(2)] == ["approved", "cancelled"]
        assert (await http.get("/readyz")).status_code == 200


#: The lanes that each service may publish on.
LANES: dict[str, set[topology.Lane]] = {
    "intake": {topology.Lane.FACT, topology.Lane.LOOKUP, topology.Lane.STOP, topology.Lane.DELIVERY},
    "desk": {topology.Lane.STOP, topology.Lane.REVIEW},
    "worker": {topology.Lane.FACT, topology.Lane.STOP, topology.Lane.DELIVERY},
    "policy": {topology.Lane.APPROVED, topology.Lane.OUTCOME, topology.Lane.FORGOTTEN},
    "notifier": {topology.Lane.APPROVED, topology.Lane.OUTCOME},
}
READS = {
    "intake": set[str](),
    "desk": set[str](),
    "worker": {
        topology.WORKER_LOOKUPS.name,
        topology.WORKER_FORGOTTEN.name,
        topology.WORKER_DELIVERIES.name,
    },
    "policy": {queue.name for queue in topology.WORK_QUEUES if "policy" in queue.name},
    "notifier": {topology.NOTIFIER_APPROVED.name},
}


@pytest.mark.parametrize("service", sorted(RIGHTS))
async def test_a_service_publishes_and_reads_its_own_alone(
    stage: Stage, servers: Servers, vhost: str, service: str
) -> None:
    """Only the desk reviews, only intake and its worker state facts, none maps reasons or reads the dead."""
    async with await aio_pika.connect(as_service(servers, vhost, service)) as connection:

        async def may_publish(lane: topology.Lane) -> bool:
            channel = await connection.channel(publisher_confirms=True)
            exchange = await channel.get_exchange(topology.EVENTS.name, ensure=False)
            try:
                await exchange.publish(aio_pika.Message(b"[]"), routing_key=lane)
            except ChannelAccessRefused:
                return False
            return True

        async def may_read(queue: str) -> bool:
            channel = await connection.channel()
            try:
                await (await channel.get_queue(queue, ensure=False)).get(fail=False)
            except ChannelAccessRefused:
                return False
            return True

        assert {lane for lane in topology.Lane if await may_publish(lane)} == LANES[service]
        queues = [queue.name for queue in topology.queues()]
        assert {queue for queue in queues if await may_read(queue)} == READS[service]
        with pytest.raises(ChannelAccessRefused):
            await (await connection.channel()).declare_queue("afterword.policy.more", durable=True)
