"""The generated part of docs/: OpenAPI of intake and desk, AsyncAPI of the bus, the page of findings;
and the steps that `afterword source add` prints, out of the pages of the sources.

`make docs` writes it, a test keeps it fresh.

Nothing is connected: the applications are only built, with throw-away keys, and asked for their description.
"""

import base64
import json
from collections.abc import Iterator, Sequence
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any, Literal, NamedTuple

from faststream.rabbit import RabbitBroker, RabbitQueue
from faststream.specification import AsyncAPI
from pydantic import BaseModel, SecretStr, create_model

from deploy import findings_page
from deploy.steps_pages import steps
from services.desk import app as desk
from services.intake import app as intake
from shared import events, topology
from shared.events import Data, Event
from shared.settings import DeskSettings, IntakeSettings
from shared.topology import Lane, lane_of

DOCS = Path(__file__).resolve().parent.parent / "docs"
_STEPS = "../services/intake/sources/steps"
_KEY = SecretStr(base64.b64encode(bytes(32)).decode())
_RING = SecretStr(f"k1:{_KEY.get_secret_value()}")
_AMQP, _MONGO = SecretStr("amqp://rabbitmq:5672/"), SecretStr("mongodb://mongodb:27017/afterword")
_ABOUT = (
    "One message carries a batch of 1 to 50 CloudEvents 1.0 (application/cloudevents-batch+json). "
    "Data of inbound kinds are shown in clear here; on the bus they are sealed (AES-256-GCM) in data_base64."
)


class _Subscription(NamedTuple):
    queue: RabbitQueue
    lane: Lane
    title: str
    description: str


_SUBSCRIPTIONS = (
    _Subscription(topology.POLICY_FACTS, Lane.FACT, "facts", "Declines and what surrounds them, for policy."),
    _Subscription(
        topology.POLICY_HISTORY,
        Lane.HISTORY,
        "history",
        "Imported messages of long ago; what happens now does not wait behind them.",
    ),
    _Subscription(
        topology.POLICY_STOPS, Lane.STOP, "stops", "What stops a follow-up; answered once in force."
    ),
    _Subscription(
        topology.POLICY_REVIEWS, Lane.REVIEW, "reviews", "A reviewer's word; answered once decided."
    ),
    _Subscription(
        topology.POLICY_MAPPINGS,
        Lane.MAPPING,
        "mappings",
        "What an operator maps a reason to; answered once all that was open is judged by it.",
    ),
    _Subscription(
        topology.WORKER_LOOKUPS, Lane.LOOKUP, "lookups", "Declines of which the platform is asked more."
    ),
    _Subscription(topology.NOTIFIER_APPROVED, Lane.APPROVED, "approved", "Signed permits, for the notifier."),
    _Subscription(
        topology.WORKER_FORGOTTEN, Lane.FORGOTTEN, "forgotten", "Erasures that are done, for the worker."
    ),
    _Subscription(
        topology.WORKER_DELIVERIES, Lane.DELIVERY, "deliveries", "Raw copies of deliveries, for the worker."
    ),
)


def intake_openapi() -> dict[str, Any]:
    """The OpenAPI document of intake."""
    settings = IntakeSettings(amqp_url=_AMQP, mongo_url=_MONGO, bus_key=_KEY, source_keys=_RING)
    return intake.build(settings).openapi()


def desk_openapi() -> dict[str, Any]:
    """The OpenAPI document of the desk."""
    settings = DeskSettings(amqp_url=_AMQP, mongo_url=_MONGO, bus_key=_KEY, link_key=_KEY)
    return desk.build(settings).openapi()


def asyncapi() -> dict[str, Any]:
    """The AsyncAPI document of the bus: each queue with the kinds of events that come through it, and the
    feed of outcomes.
    """
    broker = RabbitBroker("amqp://rabbitmq:5672/", logger=None)
    for subscription in _SUBSCRIPTIONS:
        _subscribe(broker, subscription)
    broker.publisher(
        exchange=topology.EVENTS,
        routing_key=Lane.OUTCOME,
        title="outcomes",
        description="What became of a case; also kept for integrators in the queue afterword.outcomes.",
        schema=list[_any_of(list(_kinds(Lane.OUTCOME)))],  # type: ignore[misc] # made at run time
    )
    specification = AsyncAPI(
        broker, title="Afterword bus", version="1", description=_ABOUT
    ).to_specification()
    document: dict[str, Any] = json.loads(specification.to_json())
    return document


def _subscribe(broker: RabbitBroker, subscription: _Subscription) -> None:
    async def handle(batch: Any) -> None:
        """Only described, never called."""

    handle.__annotations__ = {"batch": list[_any_of(list(_kinds(subscription.lane)))], "return": None}  # type: ignore[misc]
    broker.subscriber(
        subscription.queue,
        topology.EVENTS,
        title=subscription.title,
        description=subscription.description,
    )(handle)


def _kinds(lane: Lane) -> Iterator[type[Data]]:
    also: dict[Lane, type[Data]] = {
        Lane.LOOKUP: events.DeclineReceived,
        Lane.HISTORY: events.InteractionRecorded,
    }
    if lane in also:
        return iter((also[lane],))
    return (data for data in events.TYPES.values() if lane_of(data.kind) is lane)


def _any_of(kinds: Sequence[type[Data]]) -> Any:
    return reduce(or_, [_described(kind) for kind in kinds])


def _described(data: type[Data]) -> type[BaseModel]:
    name = events.type_of(data)
    return create_model(
        data.__name__ + "Event",
        __base__=Event,
        __doc__=data.__doc__,
        type=(Literal[name], ...),  # type: ignore[arg-type] # a type made at run time
        data=(data, ...),
    )


def documents() -> dict[str, str]:
    """Every generated file, by its path below docs/."""
    made = {
        "openapi/intake.json": intake_openapi(),
        "openapi/desk.json": desk_openapi(),
        "asyncapi.json": asyncapi(),
    }
    texts = {path: _text(document) for path, document in made.items()}
    sources = {page.stem: page.read_text("utf-8") for page in (DOCS / "sources").glob("*.md")}
    beside = {f"{_STEPS}/{kind}.md": text for kind, text in steps(sources).items()}
    return {**texts, "findings.md": findings_page.page(), **beside}


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def main() -> None:
    """Write them."""
    for path, text in documents().items():
        file = DOCS / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        print(f"docs/{path}")


if __name__ == "__main__":
    main()
