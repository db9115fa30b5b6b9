"""What the worker does with raw copies, and with the wish to be forgotten."""

from collections.abc import Sequence
from datetime import timedelta

from services.intake.deliveries.record import Recording
from services.intake.deliveries.store import Deliveries, Hours
from shared.consumer import Done, Outcome
from shared.events import ErasureRequested, Event, people_of
from shared.identity import Fingerprints, scoped
from shared.store.cases import Cases
from shared.store.client import Database
from shared.store.people import People


class Keeping:
    """Stores copies and counts them."""

    def __init__(self, database: Database, recording: Recording) -> None:
        self._deliveries = Deliveries(database)
        self._hours = Hours(database)
        self._recording = recording

    async def keep(self, copies: Sequence[Event]) -> Sequence[Outcome]:
        """Once however often they come; a process that dies before it counted leaves them uncounted."""
        new = await self._deliveries.add([self._recording.document(copy) for copy in copies])
        await self._hours.count(new)
        return [Done()] * len(copies)


class Forgetting:
    """Deletes the copies that name a person, by whatever the person is known by."""

    def __init__(self, database: Database, fingerprints: Fingerprints, kept: timedelta) -> None:
        self._deliveries = Deliveries(database)
        self._cases = Cases(database)
        self._people = People(database)
        self._fingerprints = fingerprints
        self._kept = kept

    async def forget(self, stops: Sequence[Event]) -> Sequence[Outcome]:
        """Of all that stops, erasures alone."""
        erasures = {event.id: event for event in stops if isinstance(event.data, ErasureRequested)}
        named = await self._named(list(erasures.values()))
        reached = await self._people.identities(named) if named else {}
        await self._deliveries.forget(
            [
                {
                    "_id": event_id,
                    "keys": sorted(identity.keys),
                    "at": erasures[event_id].receivedat,
                    "expires_at": erasures[event_id].receivedat + self._kept,
                }
                for event_id, identity in reached.items()
            ]
        )
        return [Done()] * len(stops)

    async def _named(self, erasures: Sequence[Event]) -> dict[str, frozenset[str]]:
        """The keys that each erasure names, by itself or by its case; those that name nobody are left out."""
        of_case = {event.id: case for event in erasures if (case := getattr(event.data, "case", None))}
        cases = await self._cases.by_ids(of_case.values()) if of_case else {}
        named: dict[str, frozenset[str]] = {}
        for event in erasures:
            case = cases.get(of_case.get(event.id, ""))
            own = case["keys"] if case is not None and case["tenant"] == event.tenant else ()
            named[event.id] = frozenset(own) | {
                scoped(event.tenant, fingerprint)
                for person in people_of(event.data)
                for fingerprint in self._fingerprints.of(person, event.source)
            }
        return {event_id: keys for event_id, keys in named.items() if keys}
