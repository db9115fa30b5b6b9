"""The only place that names exchanges, queues and routing keys.

Limits that an operator may want to change later (delivery limit, lengths, how long the dead are kept) are
broker policies, not queue arguments: a queue's arguments can never be changed once it holds messages.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from faststream.rabbit import ExchangeType, QueueType, RabbitExchange, RabbitQueue


class Lane(StrEnum):
    """Routing keys of the events exchange. One message carries events of one lane."""

    FACT = "fact"
    #: What happened long ago, by the hundred thousand: it may wait, and what happens now may not.
    HISTORY = "history"
    #: A decline once more, for the worker to ask the platform what came before it.
    LOOKUP = "lookup"
    STOP = "stop"
    REVIEW = "review"
    FORGOTTEN = "forgotten"
    DELIVERY = "delivery"
    MAPPING = "mapping"
    APPROVED = "followup.approved"
    OUTCOME = "followup.outcome"


#: Which inbound kinds must be in force before their sender is answered.
STOP_KINDS = frozenset({"opt_out.received", "complaint.received", "erasure.requested", "decline.withdrawn"})


_OWN_LANES = {
    "review.decided": Lane.REVIEW,
    "reason.mapped": Lane.MAPPING,
    "person.forgotten": Lane.FORGOTTEN,
    "delivery.taken": Lane.DELIVERY,
    "followup.approved": Lane.APPROVED,
}


def lane_of(kind: str) -> Lane:
    """The lane on which an event of this kind travels."""
    if kind in STOP_KINDS:
        return Lane.STOP
    return _OWN_LANES.get(kind) or (Lane.OUTCOME if kind.startswith("followup.") else Lane.FACT)


EVENTS = RabbitExchange("afterword.events", type=ExchangeType.TOPIC, durable=True, declare=False)
DEAD_EXCHANGE = RabbitExchange("afterword.dead", type=ExchangeType.FANOUT, durable=True, declare=False)
DEAD_QUEUE = "afterword.dead"
OUTCOMES_QUEUE = "afterword.outcomes"

#: Waits before another try, in seconds, one exchange and queue each; the n-th try waits the n-th, then the
#: last again.
WAITS_S = (1, 5, 30, 120, 600, 3600)
#: After so many tries an event is a dead letter: with the waits above that is a little more than a day.
MAX_ATTEMPTS = 30

#: Redeliveries of one message (a process that dies on it) before the broker itself dead-letters it.
DELIVERY_LIMIT = 10
MAX_LENGTH = 200_000
#: Lookups that wait while the worker is away; the oldest go first, and their cases to a person.
LOOKUPS_MAX_LENGTH = 50_000
OUTCOMES_MAX_LENGTH = 10_000
#: Messages and bytes of raw copies that may wait for the worker.
DELIVERIES_MAX_LENGTH = 10_000
DELIVERIES_MAX_BYTES = 256 * 1024 * 1024
#: How often a dead letter may be looked at: each look counts as a delivery, and RabbitMQ 4 drops after 20.
DEAD_LOOKS = 1_000_000
DEAD_TTL_MS = 14 * 24 * 3600 * 1000


def wait_exchange(seconds: int) -> RabbitExchange:
    """Where an event goes to come back after so many seconds; its routing key is the queue to come back
    to.
    """
    return RabbitExchange(f"afterword.wait.{seconds}s", type=ExchangeType.FANOUT, durable=True, declare=False)


def _work_queue(name: str, lane: Lane) -> RabbitQueue:
    return RabbitQueue(
        name,
        queue_type=QueueType.QUORUM,
        durable=True,
        declare=False,
        routing_key=lane,
        arguments={
            "x-dead-letter-exchange": DEAD_EXCHANGE.name,
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
        },
    )


POLICY_FACTS = _work_queue("afterword.policy.facts", Lane.FACT)
POLICY_HISTORY = _work_queue("afterword.policy.history", Lane.HISTORY)
POLICY_STOPS = _work_queue("afterword.policy.stops", Lane.STOP)
POLICY_REVIEWS = _work_queue("afterword.policy.reviews", Lane.REVIEW)
POLICY_MAPPINGS = _work_queue("afterword.policy.mappings", Lane.MAPPING)
NOTIFIER_APPROVED = _work_queue("afterword.notifier.approved", Lane.APPROVED)
WORKER_FORGOTTEN = _work_queue("afterword.worker.forgotten", Lane.FORGOTTEN)
WORK_QUEUES = (
    *(POLICY_FACTS, POLICY_HISTORY, POLICY_STOPS, POLICY_REVIEWS, POLICY_MAPPINGS),
    *(NOTIFIER_APPROVED, WORKER_FORGOTTEN),
)
#: A lookup is a help and never a reason to refuse a decline: when it is full, the oldest are let go.
WORKER_LOOKUPS = RabbitQueue(
    "afterword.worker.lookups",
    queue_type=QueueType.QUORUM,
    durable=True,
    declare=False,
    routing_key=Lane.LOOKUP,
    arguments={"x-dead-letter-exchange": DEAD_EXCHANGE.name, "x-overflow": "drop-head"},
)
#: Raw copies are a convenience: where they are too many the oldest are dropped, and no delivery is refused.
WORKER_DELIVERIES = RabbitQueue(
    "afterword.worker.deliveries",
    queue_type=QueueType.QUORUM,
    durable=True,
    declare=False,
    routing_key=Lane.DELIVERY,
)


@dataclass(frozen=True, slots=True)
class Exchange:
    """An exchange as it is declared."""

    name: str
    type: Literal["topic", "fanout"]


@dataclass(frozen=True, slots=True)
class Queue:
    """A quorum queue as it is declared, and the (exchange, routing key) pairs it is bound to."""

    name: str
    arguments: dict[str, Any]
    bindings: tuple[tuple[str, str], ...]


def exchanges() -> tuple[Exchange, ...]:
    """Every exchange there is."""
    waits = (Exchange(wait_exchange(seconds).name, "fanout") for seconds in WAITS_S)
    return (Exchange(EVENTS.name, "topic"), Exchange(DEAD_EXCHANGE.name, "fanout"), *waits)


def queues() -> tuple[Queue, ...]:
    """Every queue there is; all are quorum queues."""
    quorum = {"x-queue-type": "quorum"}
    work = (
        Queue(
            queue.name,
            {**quorum, **(queue.arguments or {})},
            ((EVENTS.name, queue.routing_key),),
        )
        for queue in (*WORK_QUEUES, WORKER_LOOKUPS)
    )
    waits = (
        Queue(
            wait_exchange(seconds).name,
            {
                **quorum,
                "x-message-ttl": seconds * 1000,
                "x-dead-letter-exchange": "",
                "x-dead-letter-strategy": "at-least-once",
                "x-overflow": "reject-publish",
            },
            ((wait_exchange(seconds).name, ""),),
        )
        for seconds in WAITS_S
    )
    return (
        *work,
        *waits,
        Queue(DEAD_QUEUE, quorum, ((DEAD_EXCHANGE.name, ""),)),
        Queue(WORKER_DELIVERIES.name, quorum, ((EVENTS.name, WORKER_DELIVERIES.routing_key),)),
        Queue(OUTCOMES_QUEUE, quorum, ((EVENTS.name, "followup.#"),)),
    )


def policies() -> tuple[dict[str, Any], ...]:
    """Broker policies, in the form of RabbitMQ's definitions file."""

    def policy(name: str, pattern: str, definition: dict[str, Any]) -> dict[str, Any]:
        return {
            "vhost": "/",
            "name": name,
            "pattern": pattern,
            "apply-to": "queues",
            "priority": 0,
            "definition": definition,
        }

    return (
        policy(
            "afterword-work",
            r"^afterword\.(policy|notifier)\.",
            {"delivery-limit": DELIVERY_LIMIT, "max-length": MAX_LENGTH},
        ),
        # without a length: while the worker is away no erasure may be refused for it
        policy(
            "afterword-forgotten",
            r"^afterword\.worker\.forgotten$",
            {"delivery-limit": DELIVERY_LIMIT},
        ),
        policy(
            "afterword-deliveries",
            r"^afterword\.worker\.deliveries$",
            {
                "delivery-limit": DELIVERY_LIMIT,
                "max-length": DELIVERIES_MAX_LENGTH,
                "max-length-bytes": DELIVERIES_MAX_BYTES,
                "overflow": "drop-head",
            },
        ),
        policy(
            "afterword-lookups",
            r"^afterword\.worker\.lookups$",
            {"delivery-limit": DELIVERY_LIMIT, "max-length": LOOKUPS_MAX_LENGTH},
        ),
        policy(
            "afterword-dead", r"^afterword\.dead$", {"message-ttl": DEAD_TTL_MS, "delivery-limit": DEAD_LOOKS}
        ),
        policy(
            "afterword-outcomes",
            r"^afterword\.outcomes$",
            {"max-length": OUTCOMES_MAX_LENGTH, "overflow": "drop-head"},
        ),
    )
