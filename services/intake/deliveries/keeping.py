"""What the worker does with raw copies, and with the wish to be forgotten."""

from collections.abc import Sequence
from datetime import timedelta

from services.intake.deliveries.record import Recording
from services.intake.deliveries.store import Deliveries, Hours
from shared.consumer import Done, Outcome
from shared.events import Event, PersonForgotten
from shared.store.client import Database


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
    """Deletes the copies that name a person whom policy has forgotten, by all that it knew them by."""

    def __init__(self, database: Database, kept: timedelta) -> None:
        self._deliveries = Deliveries(database)
        self._kept = kept

    async def forget(self, forgotten: Sequence[Event]) -> Sequence[Outcome]:
        """What came until the erasure, stored now or later."""
        await self._deliveries.forget(
            [
                {
                    "_id": event.id,
                    "keys": list(event.data.keys),
                    "at": event.receivedat,
                    "expires_at": event.receivedat + self._kept,
                }
                for event in forgotten
                if isinstance(event.data, PersonForgotten)
            ]
        )
        return [Done()] * len(forgotten)
