"""What is promised, judged by our own eyes: each mail when it arrives, and every case at its end."""

from collections.abc import Collection, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.policy.verify import faults
from shared.clock import FixedClock
from shared.decision import SignedDecision, Verifier
from shared.errors import AfterwordError
from shared.events import Event
from shared.states import OPEN, State
from shared.store.client import Database, Document
from tests.chaos.model import Model
from tests.chaos.services import SIGNER

COOLDOWN = timedelta(days=180)
#: What a case looks like is judged by our own eyes: a safeguard that was taken out must not blind them.
_VERIFY = Verifier.verify
#: The links between names that a replica could have read before it began.
KNOWN: ContextVar[Sequence[tuple[str, frozenset[str]]]] = ContextVar("known", default=())


class PromiseBroken(AssertionError):
    """A promise was not kept."""


@dataclass(frozen=True, slots=True)
class Handed:
    """A mail that arrived, or may have."""

    case: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Began:
    """A send that began: the timeline's head, the moment, and the links that its replica could have read."""

    head: str
    moment: int
    known: tuple[tuple[str, frozenset[str]], ...]


@dataclass(slots=True)
class Judge:
    """Knows what was said from the model, and what truly is from the database itself."""

    database: Database
    clock: FixedClock
    model: Model
    broken: list[str] = field(default_factory=list)
    handed: list[Handed] = field(default_factory=list)
    began: dict[str, Began] = field(default_factory=dict)

    async def look(self, label: str) -> None:
        """Writes down which sends have begun, the moment they do."""
        if label != "cases.bulk_write":
            return
        async for case in self.database["cases"].find({"state": State.SENDING.value}, {"head": 1}):
            before = self.began.get(case["_id"])
            if before is None or before.head != case["head"]:
                self.began[case["_id"]] = Began(case["head"], self.model.tick(), tuple(KNOWN.get()))

    async def mail(self, case: str, *, arrived: bool) -> None:
        """A mail is being handed over: was it allowed to? ``arrived``: it is there, or nobody knows."""
        stored = await self.database["cases"].find_one({"_id": case})
        began = self.began.get(case)
        if stored is None or began is None:
            self.broken.append(f"{case}: a mail for a case that never began to be sent")
            return
        self._judged(case, stored)
        tenant = stored["tenant"]
        known = [ids for at, ids in began.known if at == tenant]
        stop = self.model.against(case, known, began.moment)
        if stop is not None:
            self.broken.append(f"{case}: its send began after {stop} was answered")
        if arrived:
            self._once(case, tenant, known, began.moment)

    def _judged(self, case: str, stored: Document) -> None:
        signed = SignedDecision.model_validate(stored["decision"]["signed"])
        try:
            _VERIFY(Verifier(SIGNER.public_key), signed)
        except AfterwordError:
            self.broken.append(f"{case}: a mail that policy did not permit")
        if (signed.decision.case, signed.decision.verdict) != (case, "approve"):
            self.broken.append(f"{case}: a mail without an approval of this case")

    def _once(self, case: str, tenant: str, known: Sequence[frozenset[str]], moment: int) -> None:
        person = self.model.person(case, known, moment)
        now = self.clock.now()
        for earlier in self.handed:
            other = self.model.declines[earlier.case]
            if earlier.case == case:
                self.broken.append(f"{case}: handed over twice")
            elif other.tenant == tenant and other.ids & person and now - earlier.at < COOLDOWN:
                self.broken.append(f"{case}: the person of {earlier.case} was thanked before")
        self.handed.append(Handed(case, now))

    async def ends(self, dead: Sequence[tuple[Event, str]], forged: Collection[str]) -> None:
        """Every decline that was taken in has come to one end, provably; nothing lies dead without cause."""
        cases = {case["_id"]: case async for case in self.database["cases"].find({})}
        policies = {found["_id"]: found["text"] async for found in self.database["policies"].find({})}
        self.broken += [f"lost: {case}" for case in self.model.declines if case not in cases]
        self.broken += [f"opened by nobody: {case}" for case in cases if case not in self.model.declines]
        for case in cases.values():
            if case["_id"] in forged:
                continue
            if State(case["state"]) in OPEN:
                self.broken.append(f"{case['_id']} came to no end: it is {case['state']}")
            verifier = Verifier(SIGNER.public_key)
            self.broken += [f"{case['_id']}: {fault}" for fault in faults(case, verifier, policies)]
        self.broken += [f"dead: {event.kind} {why}" for event, why in dead if event.subject not in forged]

    def complain(self) -> None:
        """Raises PromiseBroken if one was."""
        if self.broken:
            raise PromiseBroken("; ".join(self.broken))
