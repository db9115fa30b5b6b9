"""Stored deliveries through today's mapping again: the same ids, so that nothing happens twice."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.intake.deliveries.record import opened
from services.intake.deliveries.taken import read_as
from services.intake.envelope import Sender, distinct, enveloped
from services.intake.sources import SOURCES, configured
from services.intake.sources.config import Config
from shared.errors import Invalid
from shared.events import Event
from shared.store.client import Collection, Document
from shared.vault import Vault

#: Deliveries read and published at a time; each may be long.
SET = 50

Publish = Callable[[Sequence[Event]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Again:
    """What a stored delivery is read as today, or why it was passed over."""

    id: str
    at: datetime
    events: tuple[Event, ...] = ()
    ignored: tuple[str, ...] = ()
    skipped: str | None = None


class Replay:
    """Reads one source's deliveries again, and publishes them unless it only tries."""

    def __init__(
        self, deliveries: Collection, source: Document, vault: Vault, publish: Publish | None
    ) -> None:
        self._deliveries = deliveries
        kind, looks_up = str(source["kind"]), "credentials" in source
        self._sender = Sender(source["_id"], kind, source["tenant"], looks_up)
        self._config = configured(kind, source.get("config"))
        self._vault = vault
        self._publish = publish

    async def run(self, query: Document) -> AsyncIterator[Again]:
        """What became of each that the query finds, in the order in which they came, once it is published."""
        found = self._deliveries.find(query, batch_size=SET).sort([("at", 1), ("_id", 1)])
        while documents := await found.to_list(SET):
            read = [again(document, self._sender, self._config, self._vault) for document in documents]
            events = distinct(event for one in read for event in one.events)
            if events and self._publish is not None:
                await self._publish(events)
            for one in read:
                yield one


def again(document: Document, sender: Sender, config: Config, vault: Vault) -> Again:
    """What the adapter makes of a stored delivery today; what was refused when it came stays so."""
    own_id, at = document["_id"], document["at"]
    if document["outcome"] == "refused":
        return Again(own_id, at, skipped=f"it was refused: {document['problem']}")
    delivery = opened(document, vault)
    try:
        mapped = SOURCES[str(sender.kind)].map_events(delivery, config)
    except Invalid as error:
        return Again(own_id, at, skipped=f"it cannot be read any more: {error}")
    trace = delivery.headers.get("traceparent")
    return Again(
        own_id,
        at,
        tuple(enveloped(sent, sender, at, trace) for sent in mapped.events),
        tuple(one.why for one in mapped.ignored),
    )


def shown(one: Again) -> dict[str, Any]:
    """It without a word of a person."""
    return {
        "id": one.id,
        "at": one.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "events": [read_as(event).model_dump() for event in one.events],
        "ignored": list(one.ignored),
        "skipped": one.skipped,
    }


def line(one: Again) -> str:
    """It in a line, likewise."""
    events = [f"{event.kind} {event.id}" for event in one.events]
    skipped = [f"skipped: {one.skipped}"] if one.skipped else []
    return f"{one.id}  {'; '.join([*events, *one.ignored, *skipped])}"
