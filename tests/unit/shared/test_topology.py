"""Names, limits and bindings of the bus: what must hold so that nothing is lost."""

import re

import pytest

from shared import topology
from shared.events import INBOUND, INTERNAL, OUTBOUND, Data
from shared.topology import Lane, lane_of

ALL = {queue.name: queue for queue in topology.queues()}
WORK = [queue.name for queue in topology.WORK_QUEUES]


def test_every_kind_of_event_has_a_lane_that_a_queue_takes() -> None:
    """A publish is mandatory: a kind without a queue would never get out."""
    bound = {
        key for queue in topology.queues() for source, key in queue.bindings if source == topology.EVENTS.name
    }
    kinds: tuple[type[Data], ...] = (*INBOUND, *INTERNAL, *OUTBOUND)
    for data in kinds:
        lane = lane_of(data.kind)
        assert lane in bound or (lane.startswith("followup.") and "followup.#" in bound), data.kind


@pytest.mark.parametrize(
    "kind", ["opt_out.received", "complaint.received", "erasure.requested", "decline.withdrawn"]
)
def test_what_stops_does_not_queue_behind_facts(kind: str) -> None:
    """Its sender waits for the answer."""
    assert lane_of(kind) is Lane.STOP


def test_what_the_notifier_gets_is_told_to_integrators_as_well() -> None:
    """The feed has every outcome, and the notifier only permits."""
    assert lane_of("followup.approved") is Lane.APPROVED
    assert {lane_of(data.kind) for data in OUTBOUND} == {Lane.APPROVED, Lane.OUTCOME}
    assert ALL[topology.OUTCOMES_QUEUE].bindings == ((topology.EVENTS.name, "followup.#"),)


@pytest.mark.parametrize("name", WORK)
def test_a_work_queue_keeps_what_it_cannot_deliver(name: str) -> None:
    """Quorum, refusing when full rather than dropping, its dead going safely to the dead-letter exchange."""
    assert ALL[name].arguments == {
        "x-queue-type": "quorum",
        "x-dead-letter-exchange": "afterword.dead",
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }


def test_no_lane_of_ours_has_two_queues() -> None:
    """A publish counts as delivered where one queue takes it: a second would hide that the first is gone."""
    bound = [binding for queue in ALL.values() for binding in queue.bindings]
    lanes = [key for exchange, key in bound if exchange == topology.EVENTS.name]
    assert len(lanes) == len(set(lanes))


def test_a_full_queue_of_lookups_refuses_no_decline() -> None:
    """It lets its oldest go."""
    assert ALL[topology.WORKER_LOOKUPS.name].arguments["x-overflow"] == "drop-head"


def test_the_waits_grow_and_lead_back_through_the_default_exchange() -> None:
    """To the queue that the routing key names, and to no other."""
    assert list(topology.WAITS_S) == sorted(set(topology.WAITS_S))
    for seconds in topology.WAITS_S:
        queue = ALL[topology.wait_exchange(seconds).name]
        assert queue.arguments["x-message-ttl"] == seconds * 1000
        assert queue.arguments["x-dead-letter-exchange"] == ""
        assert queue.arguments["x-overflow"] == "reject-publish"
        assert "x-dead-letter-routing-key" not in queue.arguments


def test_all_tries_together_outlast_a_night() -> None:
    """Somebody can mend a server in the morning and nothing died before."""
    waits = [topology.WAITS_S[min(n, len(topology.WAITS_S) - 1)] for n in range(topology.MAX_ATTEMPTS - 1)]
    assert sum(waits) > 16 * 3600


@pytest.mark.parametrize(
    ("queue", "wanted"),
    [
        *(
            (name, {"delivery-limit": topology.DELIVERY_LIMIT, "max-length": topology.MAX_LENGTH})
            for name in WORK
            if name != topology.WORKER_FORGOTTEN.name
        ),
        (topology.WORKER_FORGOTTEN.name, {"delivery-limit": topology.DELIVERY_LIMIT}),
        (
            topology.WORKER_DELIVERIES.name,
            {
                "delivery-limit": topology.DELIVERY_LIMIT,
                "max-length": topology.DELIVERIES_MAX_LENGTH,
                "max-length-bytes": topology.DELIVERIES_MAX_BYTES,
                "overflow": "drop-head",
            },
        ),
        (topology.DEAD_QUEUE, {"message-ttl": topology.DEAD_TTL_MS, "delivery-limit": topology.DEAD_LOOKS}),
        (
            topology.WORKER_LOOKUPS.name,
            {"delivery-limit": topology.DELIVERY_LIMIT, "max-length": topology.LOOKUPS_MAX_LENGTH},
        ),
        (topology.OUTCOMES_QUEUE, {"max-length": topology.OUTCOMES_MAX_LENGTH, "overflow": "drop-head"}),
        *((topology.wait_exchange(seconds).name, None) for seconds in topology.WAITS_S),
    ],
)
def test_each_queue_has_the_limits_meant_for_it(queue: str, wanted: dict[str, object] | None) -> None:
    """One policy at most speaks of a queue; only the feed and raw copies may drop what is old.

    What tells of erasures has no length: full, it would have the erasures themselves refused.
    """
    found = [policy["definition"] for policy in topology.policies() if re.search(policy["pattern"], queue)]
    assert found == ([wanted] if wanted else [])
