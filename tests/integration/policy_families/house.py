"""A house and its replicas on a real database: facts go in and decisions come out, without a broker."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from prometheus_client import CollectorRegistry

from services.notifier.due import Due
from services.notifier.record import Record, Terms
from services.policy.document import load_base
from services.policy.facts import Review
from services.policy.filing import Filing
from services.policy.hearing import Hearing
from services.policy.outcomes import Outcomes, of_case
from services.policy.record import Recorder
from services.policy.reload import keep
from services.policy.rulebook import Rulebook
from services.policy.settle import Settler
from services.policy.text.lexicon import lexicon
from services.policy.verify import faults
from shared import events
from shared.backlog import Backlog
from shared.clock import FixedClock
from shared.decision import Signer, Verifier, new_seed
from shared.events import Data, Event, Person, Recruiter
from shared.identity import Fingerprints
from shared.reasons import Who
from shared.states import State
from shared.store.cases import Cases, Move
from shared.store.client import Database, Document
from shared.telemetry import Metrics
from shared.vault import Keyring, Vault, new_key

NOON = datetime(2026, 6, 3, 12, tzinfo=UTC)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
ATS, MAIL = "ats", "mail"


def person(name: str) -> Person:
    """A candidate, known by e-mail."""
    return Person(name="Grace Hopper", email=f"{name}@example.org")


@dataclass
class House:
    """Recorder and settlers over one or more connections to one database, and a clock that all share."""

    databases: Sequence[Database]
    policy: str = ""
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOON))
    tenant: str = "acme"
    signer: Signer = field(default_factory=lambda: Signer(new_seed()))

    def __post_init__(self) -> None:
        self.database = self.databases[0]
        rulebook = Rulebook(load_base(self.policy, "test"), {})
        self.rulebook = rulebook
        vault = Vault(Keyring.parse(f"k1:{new_key()}"))
        filing = Filing(Fingerprints(b"p" * 32), vault, Hearing(lexicon()))
        self.recorder = Recorder(self.database, filing, vault, self.clock)
        self.settlers = [
            Settler(database, rulebook, self.signer, self.clock, Metrics(CollectorRegistry()), Backlog())
            for database in self.databases
        ]

    def event(self, data: Data, sent_id: str, at: datetime | None = None, source: str = ATS) -> Event:
        """What intake makes of what a source sent; it arrives now."""
        now, identity = self.clock.now(), events.event_id(self.tenant, source, sent_id)
        return Event(
            id=identity,
            type=events.type_of(type(data)),
            source=f"/sources/{source}",
            subject=events.case_id(identity) if data.kind == "decline.received" else None,
            time=at or now,
            tenant=self.tenant,
            receivedat=now,
            digest=events.content_digest(data.kind, at or now, data),
            data=data,
        )

    def outreach(
        self,
        name: str,
        *,
        recruiter: str | None = "rey",
        team: str | None = None,
        at: datetime | None = None,
        source: str = ATS,
        text: str | None = None,
    ) -> Event:
        """A recruiter's message, of a day ago."""
        data = events.InteractionRecorded(
            person=person(name), recruiter=_recruiter(recruiter, team), direction="outreach", text=text
        )
        return self.event(data, f"outreach {name} {source}", at or self.clock.now() - DAY, source)

    def decline(
        self,
        name: str,
        *,
        recruiter: str | None = "rey",
        team: str | None = None,
        at: datetime | None = None,
        source: str = ATS,
        text: str = "No, thank you.",
        who: Who = "candidate",
    ) -> Event:
        """A no, of an hour ago."""
        data = events.DeclineReceived(
            person=person(name),
            recruiter=_recruiter(recruiter, team),
            who=who,
            stage="outreach",
            text=text,
        )
        return self.event(data, f"decline {name}", at or self.clock.now() - HOUR, source)

    def stop(self, name: str, kind: Literal["opt_out", "complaint", "bounce"], sent_id: str = "") -> Event:
        """The person wants to hear no more, complains, or takes no mail."""
        data = {
            "opt_out": events.OptOutReceived,
            "complaint": events.ComplaintReceived,
            "bounce": events.BounceReceived,
        }[kind]
        return self.event(data(person=person(name)), sent_id or f"{kind} {name}")

    async def record(self, *arrived: Event) -> list[str]:
        """Takes events in; returns the cases that they bear on."""
        return list((await self.recorder.record(arrived)).causes)

    async def decide(self, *arrived: Event, reviews: dict[str, Review] | None = None) -> Counter[str]:
        """Takes declines in and settles them; returns how many are in which state."""
        await self.record(*arrived)
        return await self.settle([events.case_id(one.id) for one in arrived], reviews=reviews)

    async def settle(
        self, cases: Sequence[str], *, replica: int = 0, reviews: dict[str, Review] | None = None
    ) -> Counter[str]:
        """Settles these cases on one replica, as the handlers do."""
        settled = await self.settlers[replica].settle(cases, {}, reviews)
        await Outcomes(self.databases[replica]).add([row for one in settled.moved for row in of_case(one)])
        return await self.states(cases)

    async def send(self) -> None:
        """The notifier sends what is approved."""
        cases, now = Cases(self.database), self.clock.now()
        due = Due(cases, self.clock, lease_s=60, limit=500)
        record = Record(cases, due, Terms(60, ()), self.clock, Metrics(CollectorRegistry()))
        async for case in cases.collection.find({"state": State.APPROVED.value}):
            send = {"due_at": now, "attempts": 0, "lease_until": None, "lease_by": None}
            await cases.move([Move(case, State.SCHEDULED, now, "notifier", "due now", set={"send": send})])
        for case in await due.claim():
            begun = await record.begin(case)
            assert begun is not None
            await record.end(begun, State.SENT, "the mail server took it")

    async def race(self, cases: Sequence[Sequence[str]]) -> Counter[str]:
        """Each replica settles its cases at the same time, until nothing is contended."""
        everything = [case for part in cases for case in part]

        async def one(replica: int, part: Sequence[str]) -> None:
            left = set(part)
            while left:
                left = (await self.settlers[replica].settle(sorted(left), {})).contended

        await asyncio.gather(*(one(replica, part) for replica, part in enumerate(cases)))
        return await self.states(everything)

    async def states(self, cases: Sequence[str]) -> Counter[str]:
        """How many of these cases are in which state; each of them verifies."""
        await keep(self.rulebook, self.database)
        policies = {found["_id"]: found["text"] async for found in self.database["policies"].find()}
        verifier = Verifier(self.signer.public_key)
        found = (await Cases(self.database).by_ids(cases)).values()
        assert [fault for case in found for fault in faults(case, verifier, policies)] == []
        return Counter(case["state"] for case in found)

    async def findings(self, declined: Event) -> dict[str, Document]:
        """Severity and evidence of what spoke in the newest decision on a case, by code."""
        case = (await Cases(self.database).by_ids([events.case_id(declined.id)])).popitem()[1]
        newest = case.get("recheck") or case["decision"]
        return {found["code"]: found for found in newest["findings"]}


def _recruiter(name: str | None, team: str | None) -> Recruiter | None:
    return Recruiter(email=f"{name}@acme.example" if name else None, team=team) if name or team else None
