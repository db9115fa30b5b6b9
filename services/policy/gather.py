"""Everything a set of cases needs to be judged, in one read for each collection. Only what is read here can
count.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, TypedDict

from services.policy import noes, subjects
from services.policy.alike import People as SamePeople
from services.policy.alike import Wordings, sameness, words_of
from services.policy.claim import Permits, claims
from services.policy.context import EDITION, Context
from services.policy.facts import (
    Contact,
    Mark,
    Message,
    Review,
    Sameness,
    Standing,
    Stop,
    Tally,
    Volume,
)
from services.policy.lookups import Lookups, lookup_of
from services.policy.mappings import Mappings, reading_of
from services.policy.memory import Memory
from services.policy.preferences import preferred
from services.policy.standing import Standings
from services.policy.volume import Counts, Volumes, names
from services.policy.withdrawals import Withdrawals, cancel_of, taken_back_at
from shared.states import State
from shared.store.client import Database, Document
from shared.store.people import Identity, People
from shared.store.suppressions import EVERYONE, Suppressions, fingerprint_of

#: Permits of a person at other tenants are read this far back; the policy document decides how far back they
#: count.
CONTACTS_WITHIN = timedelta(days=365)
#: The states in which a permit was given already: new facts are judged under the counts of that time.
_DECIDED = frozenset({State.APPROVED, State.SCHEDULED})


@dataclass(frozen=True, slots=True)
class Histories:
    """What was read for a set of cases."""

    identities: Mapping[str, Identity]
    memory: Mapping[str, Document]
    suppressions: Sequence[Document]
    permits: Sequence[Document]
    elsewhere: list[Document]
    withdrawals: Mapping[str, Sequence[Document]]
    mappings: Mapping[str, Document]
    lookups: Mapping[str, Document]
    counts: Counts
    standings: Mapping[str, Tally]
    same: SamePeople

    def permitted(self, case: Document, now: datetime) -> None:
        """Lets the next case of the set see that this one is permitted now, at whatever tenant it is."""
        self.counts.permitted(case)
        keys = self.identities[case["_id"]].keys
        self.elsewhere.append(
            {"tenant": case["tenant"], "fps": [fingerprint_of(key) for key in keys], "at": now}
        )


class Gatherer:
    """Reads the histories of cases."""

    def __init__(self, database: Database) -> None:
        self._people = People(database)
        self._memory = Memory(database)
        self._suppressions = Suppressions(database)
        self._permits = Permits(database)
        self._withdrawals = Withdrawals(database)
        self._mappings = Mappings(database)
        self._lookups = Lookups(database)
        self._volumes = Volumes(database)
        self._standings = Standings(database)
        self._wordings = Wordings(database)

    async def read(self, cases: Sequence[Document], now: datetime) -> Histories:
        """The histories of these cases. Must be called after the cases were read, so that no newer fact is
        missed.
        """
        identities = await self._people.identities({case["_id"]: frozenset(case["keys"]) for case in cases})
        keys = frozenset(chain.from_iterable(identity.keys for identity in identities.values()))
        tenants = {case["tenant"] for case in cases}
        fingerprints = {fingerprint_of(key) for key in keys}
        memory = await self._memory.recall(keys)
        words = (words_of(case, _remembered(identities[case["_id"]], memory)) for case in cases)
        counted = {
            tenant: frozenset(
                chain.from_iterable(_tallied(case) for case in cases if case["tenant"] == tenant)
            )
            for tenant in tenants
        }
        known = {case["_id"] for case in cases} | {entry["case"] for entry in _declined(memory.values())}
        return Histories(
            identities=identities,
            memory=memory,
            suppressions=await self._suppressions.of(tenants, keys),
            permits=await self._permits.covering(keys),
            elsewhere=await self._permits.anywhere(fingerprints, now - CONTACTS_WITHIN),
            withdrawals=await self._withdrawals.of(known),
            mappings=await self._mappings.of(chain(cases, _declined(memory.values()))),
            lookups=await self._lookups.of(known),
            counts=await self._volumes.counts(cases, now),
            standings=await self._standings.of(counted, now),
            same=await self._wordings.of(chain.from_iterable(words), now),
        )


def context(
    case: Document,
    found: Histories,
    now: datetime,
    review: Review | None,
    *,
    history_waits: bool,
) -> Context:
    """The context of one case, as of now."""
    identity = found.identities[case["_id"]]
    remembered = _remembered(identity, found.memory)
    preference = preferred(remembered)
    reading = reading_of(case, found.mappings)
    before = Context.model_validate_json(case["decision"]["inputs"]) if "decision" in case else None
    lookup = lookup_of(case, found.lookups.get(case["_id"]))
    words = found.withdrawals.get(case["_id"], ())
    return Context(
        case=case["_id"],
        tenant=case["tenant"],
        source=case["source"],
        source_kind=case["source_kind"],
        event_id=case["event_id"],
        now=now,
        received_at=case["received_at"],
        **noes.own(case, reading, lookup),
        recruiter=case["recruiter"],
        keys=tuple(identity.keys),
        messages=tuple(
            Message(**_only(entry, Message)) for memory in remembered for entry in memory.get("messages", ())
        ),
        earlier_declines=tuple(
            noes.others(case, _declined(remembered), found.lookups, found.mappings, found.withdrawals)
        ),
        withdrawn_at=taken_back_at(case["declined_at"], words),
        stops=_stops(case["tenant"], identity, found.suppressions),
        claims=claims(case["_id"], identity.keys, found.permits),
        contacts=_contacts(case["tenant"], identity.keys, found.elsewhere),
        review=review or (before.review if before is not None else None),
        not_before=preference.get("not_before"),
        follow_up_wanted=preference.get("follow_up"),
        tangled=identity.tangled,
        reply_intent=case.get("intent"),
        reply_marks=tuple(Mark(**mark) for mark in case.get("marks", ())),
        sample=case.get("sample", False),
        reading=reading,
        lookup=lookup,
        cancel=cancel_of(words),
        history_waits=history_waits,
        seen_at=case.get("seen_at", now if before is None else before.seen_at),
        edition=EDITION,
        **_counted(case, before, found, remembered),
    )


def _tallied(case: Document) -> tuple[str, ...]:
    """Whose tallies bear on a case: of a team too, which has no limit of its own and so no gate."""
    return (*names(case), subjects.of_team(case["team"])) if case.get("team") else names(case)


def _remembered(identity: Identity, memory: Mapping[str, Document]) -> list[Document]:
    return [memory[key] for key in identity.keys if key in memory]


def _declined(memories: Iterable[Document]) -> Iterator[Document]:
    return (entry for memory in memories for entry in memory.get("declines", ()))


def _only(entry: Document, model: type[Message]) -> dict[str, Any]:
    """What is remembered of it; entries of an earlier version lack what was not asked of them then."""
    return {name: entry[name] for name in model.model_fields if name in entry}


def _stops(tenant: str, identity: Identity, suppressions: Sequence[Document]) -> tuple[Stop, ...]:
    fingerprints = {fingerprint_of(key) for key in identity.keys}
    return tuple(
        Stop(
            kind=found["kind"],
            scope="installation" if found["scope"] == EVERYONE else "tenant",
            at=found["at"],
            event_id=found["event_id"],
        )
        for found in suppressions
        if found["fp"] in fingerprints and found["scope"] in {tenant, EVERYONE}
    )


def with_contacts(context: Context, permits: Sequence[Document]) -> Context:
    """The context with what other tenants have been permitted by now."""
    return context.model_copy(update={"contacts": _contacts(context.tenant, context.keys, permits)})


def _contacts(tenant: str, keys: Iterable[str], permits: Sequence[Document]) -> tuple[Contact, ...]:
    fingerprints = {fingerprint_of(key) for key in keys}
    return tuple(
        Contact(tenant=hashlib.sha256(permit["tenant"].encode()).hexdigest()[:12], at=permit["at"])
        for permit in permits
        if permit["tenant"] != tenant and not fingerprints.isdisjoint(permit["fps"])
    )


class _Counted(TypedDict):
    volume: Volume
    permits_day: int
    standing: Standing | None
    sameness: Sameness | None


def _counted(
    case: Document, before: Context | None, found: Histories, remembered: Sequence[Document]
) -> _Counted:
    if before is not None and State(case["state"]) in _DECIDED:
        return _Counted(
            volume=before.volume,
            permits_day=before.permits_day,
            standing=before.standing,
            sameness=before.sameness,
        )
    recruiter, tenant, source = (found.standings[name] for name in names(case))
    team = found.standings[subjects.of_team(case["team"])] if case.get("team") else None
    return _Counted(
        volume=found.counts.of(case),
        permits_day=found.counts.permits_day(case),
        standing=Standing(recruiter=recruiter, tenant=tenant, source=source, team=team),
        sameness=sameness(case, remembered, found.same),
    )
