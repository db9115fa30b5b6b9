"""Puts stops in force: who must not be written to, what was taken back, who is to be forgotten."""

from collections.abc import Mapping, Sequence

from services.policy.hearing import LEAVE_ME_ALONE, Heard
from services.policy.memory import Memory
from services.policy.withdrawals import Withdrawals, corrected, withdrawn
from shared import events
from shared.clock import Clock
from shared.events import Event
from shared.store import people as people_store
from shared.store.client import Database, Document
from shared.store.suppressions import EVERYONE, Kind, Suppressions, fingerprint_of, suppression

_STOP_KINDS: Mapping[str, Kind] = {
    "opt_out.received": "opt_out",
    "complaint.received": "complaint",
    "erasure.requested": "erasure",
    "bounce.received": "bounce",
}
DESK = "/desk"


def stop_kind(event: Event, heard: Heard) -> Kind | None:
    """Why nothing may be written to the person of this event; None where it says no such thing.

    A candidate who asks in their own words to be left alone has opted out, under whatever name it was
    reported.
    """
    if isinstance(event.data, events.BounceReceived) and not event.data.permanent:
        return None
    if event.kind not in _STOP_KINDS and heard.intent in LEAVE_ME_ALONE:
        return "opt_out"
    return _STOP_KINDS.get(event.kind)


class Stopping:
    """Writes stops by sets, each idempotent."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._memory = Memory(database)
        self._withdrawals = Withdrawals(database)
        self._people = people_store.People(database)
        self._suppressions = Suppressions(database)
        self._clock = clock

    async def stop(
        self,
        usable: Sequence[Event],
        heard: Mapping[str, Heard],
        reach: Mapping[str, frozenset[str]],
        contrary: Sequence[Event],
    ) -> dict[str, str]:
        """Puts these events' stops in force, and lets the declines that are `contrary` count no more. Returns
        the cases that were taken back, with the event behind each.
        """
        words = [corrected(events.case_id(event.id), event) for event in contrary]
        suppressions: list[Document] = []
        for event in usable:
            if isinstance(event.data, events.DeclineWithdrawn):
                source = events.source_of(event.source)
                declined = events.event_id(event.tenant, source, event.data.decline)
                words.append(withdrawn(events.case_id(declined), event))
            elif kind := stop_kind(event, heard[event.id]):
                scope = scope_of(event)
                fingerprints = {fingerprint_of(key) for key in reach[event.id]}
                suppressions += [
                    suppression(scope, fp, kind, event.time, event.id) for fp in sorted(fingerprints)
                ]
        await self._suppressions.add(suppressions)
        await self._withdrawals.add(words)
        for event in usable:
            if event.kind == "erasure.requested":
                await self._people.destroy(reach[event.id], self._clock.now())
                await self._memory.forget(reach[event.id])
        return {word["case"]: word["event_id"] for word in words}


def scope_of(event: Event) -> str:
    """Only the candidate's own word, taken by the desk, holds beyond the tenant whose source reported it."""
    everywhere = isinstance(event.data, events.OptOutReceived) and event.data.scope == "installation"
    return EVERYONE if everywhere and event.source == DESK else event.tenant
