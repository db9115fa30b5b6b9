"""From a permit to a due row: only what policy signed, and stored itself, is ever scheduled.

A crash anywhere here leaves the case `approved` and the message unacknowledged, so it comes again.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import structlog

from services.notifier.card import Details, open_card
from services.notifier.permits import permit_in, standing
from services.notifier.schedule import due_at
from shared.clock import Clock
from shared.consumer import Again, Dead, Done, Outcome
from shared.decision import Decision, Verifier
from shared.errors import AfterwordError, SignatureInvalid
from shared.events import Event
from shared.states import State
from shared.store.cases import Cases, Move
from shared.store.client import Collection, Document
from shared.store.people import People
from shared.vault import Vault

#: Facts that touch a case between reading and writing, one after the other, before the event has to wait.
_ROUNDS = 4
log = structlog.get_logger()


class Scheduler:
    """Handles sets of `followup.approved`."""

    def __init__(
        self,
        cases: Cases,
        people: People,
        tenants: Collection,
        vault: Vault,
        verifier: Verifier,
        clock: Clock,
    ) -> None:
        self._cases = cases
        self._people = people
        self._tenants = tenants
        self._vault = vault
        self._verifier = verifier
        self._clock = clock

    async def handle(self, events: Sequence[Event]) -> list[Outcome]:
        """One outcome an event, in order."""
        outcomes: dict[int, Outcome] = {}
        permits: dict[int, Decision] = {}
        for number, event in enumerate(events):
            try:
                permits[number] = permit_in(event, self._verifier)
            except AfterwordError as error:
                outcomes[number] = Dead(str(error))
        for _ in range(_ROUNDS):
            open_ = {number: permit for number, permit in permits.items() if number not in outcomes}
            if not open_:
                break
            outcomes |= await self._round(events, open_)
        touched: Outcome = Again("the case was touched again and again")
        return [outcomes.get(number, touched) for number in range(len(events))]

    async def _round(self, events: Sequence[Event], permits: Mapping[int, Decision]) -> dict[int, Outcome]:
        """What can be said after one reading and one writing; a case touched meanwhile is left out."""
        cases = await self._cases.by_ids(permit.case for permit in permits.values())
        outcomes: dict[int, Outcome] = {}
        fresh: dict[str, int] = {}
        for number, permit in permits.items():
            said = standing(permit, cases.get(permit.case))
            if said is not None:
                outcomes[number] = said
            else:
                fresh.setdefault(permit.case, number)
        moved = await self._schedule(events, permits, {case: cases[case] for case in fresh}, fresh)
        return outcomes | {fresh[case]: Done() for case in moved}

    async def _schedule(
        self,
        events: Sequence[Event],
        permits: Mapping[int, Decision],
        cases: Mapping[str, Document],
        numbers: Mapping[str, int],
    ) -> set[str]:
        if not cases:
            return set()
        now = self._clock.now()
        zones = await self._zones(list(cases.values()))
        moves = []
        for name, case in cases.items():
            due = self._due(now, permits[numbers[name]], *zones[name])
            moves.append(
                Move(
                    case,
                    State.SCHEDULED,
                    now,
                    by="notifier",
                    why=f"to be sent from {due.isoformat(timespec='seconds')} on",
                    event_id=events[numbers[name]].id,
                    set={"send": {"due_at": due, "attempts": 0, "lease_until": None, "lease_by": None}},
                )
            )
        return await self._cases.move(moves)

    def _due(self, now: datetime, permit: Decision, zone: str | None, fallback: str) -> datetime:
        if permit.schedule is None:  # standing() has refused it before
            raise SignatureInvalid("an approval without a schedule")
        return due_at(now, permit.schedule, zone, fallback, self._clock.random())

    async def _zones(self, cases: Sequence[Document]) -> dict[str, tuple[str | None, str]]:
        """For each case the candidate's zone, where it is known, and the tenant's."""
        cards = await self._people.by_ids(case["card"] for case in cases if case.get("card"))
        wanted = {"_id": {"$in": list({case["tenant"] for case in cases})}}
        tenants = {tenant["_id"]: tenant async for tenant in self._tenants.find(wanted, {"timezone": 1})}
        return {
            case["_id"]: (
                self._details(cards.get(case.get("card", ""))).timezone,
                tenants.get(case["tenant"], {}).get("timezone") or "UTC",
            )
            for case in cases
        }

    def _details(self, card: Document | None) -> Details:
        """An erased or unreadable card costs the zone, not the event: the send looks again, and decides."""
        if card is None:
            return Details()
        try:
            return open_card(card, self._vault)
        except AfterwordError as error:
            log.warning("card not opened", card=card["_id"], why=type(error).__name__)
            return Details()
