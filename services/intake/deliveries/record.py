"""A raw delivery as it is stored: what may be shown in clear, what came sealed. Reads and writes nothing."""

from datetime import timedelta
from typing import Any

from services.intake.sources import Delivery
from shared.events import DeliveryTaken, Event, source_of
from shared.identity import Fingerprints, scoped
from shared.raw import RawDelivery
from shared.store.client import Document
from shared.vault import Vault

#: What is not for showing: whom it names, and what is sealed.
HIDDEN = ("keys", "data_key", "sealed")


class Recording:
    """Makes the documents of deliveries, and reads them again."""

    def __init__(self, vault: Vault, fingerprints: Fingerprints, kept: timedelta) -> None:
        self._vault = vault
        self._fingerprints = fingerprints
        self._kept = kept

    def document(self, event: Event) -> Document:
        """The document of one copy, under a data key of its own."""
        data = event.data
        assert isinstance(data, DeliveryTaken)  # noqa: S101 - nothing else travels on this lane
        data_key = self._vault.new_data_key()
        return {
            "_id": event.id,
            "source": source_of(event.source),
            "tenant": event.tenant,
            "at": event.receivedat,
            "expires_at": event.receivedat + self._kept,
            "outcome": data.outcome,
            "problem": data.problem,
            "why": list(data.why),
            "events": [reading.model_dump() for reading in data.read],
            "keys": sorted(
                scoped(event.tenant, fingerprint)
                for fingerprint in frozenset[str]().union(
                    *(self._fingerprints.of(person, event.source) for person in data.people)
                )
            ),
            "data_key": data_key,
            "sealed": self._vault.open(data_key).seal(data.raw.model_dump_json().encode(), event.id.encode()),
        }


def opened(document: Document, vault: Vault) -> Delivery:
    """The delivery as it came, without its credentials. Raises Invalid or NotFound as the vault does."""
    sealed = vault.open(document["data_key"]).open(document["sealed"], document["_id"].encode())
    raw = RawDelivery.model_validate_json(sealed)
    return Delivery(raw.headers, raw.body, raw.method, raw.query)


def shown(document: Document) -> dict[str, Any]:
    """What anybody may see of it who runs commands: no word of a person."""
    return {
        "id": document["_id"],
        "at": document["at"].isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "source": document["source"],
        "outcome": document["outcome"],
        "problem": document["problem"],
        "why": document["why"],
        "events": document["events"],
    }
