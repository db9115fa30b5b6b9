"""Fakes of the desk's ports, and the desk over them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry

from services.desk.app import Ports, assemble
from services.desk.cursor import Cursor
from services.desk.keys import Caller
from services.desk.models import CasePage, ConflictPage
from services.desk.views import Filters, Views, conflict_of, summary_of
from services.desk.wishes import Wishes
from shared.clock import FixedClock
from shared.errors import Transient
from shared.events import Event
from shared.links import LinkSigner
from shared.store.client import Document
from shared.telemetry import Metrics

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
LINK_KEY = "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="
OWN = "case_" + "a" * 32
OTHER = "case_" + "b" * 32
UNKNOWN = "case_" + "c" * 32

KEYS = {
    "aw_viewer": Caller("Vi", "viewer", "acme"),
    "aw_reviewer": Caller("Rey", "reviewer", "acme"),
    "aw_admin": Caller("Ada", "admin", "acme"),
    "aw_root": Caller("Root", "admin", "*"),
    "aw_root_viewer": Caller("Look", "viewer", "*"),
}


def case(case_id: str = OWN, tenant: str = "acme", state: str = "held") -> Document:
    """A stored case, machine fields and all."""
    finding = {
        "code": "conduct.unanswered",
        "severity": "hold",
        "says": "Three messages before the answer.",
        "evidence": {"messages": 3},
    }
    return {
        "_id": case_id,
        "tenant": tenant,
        "source": "acme-ats",
        "event_id": "evt_" + "e" * 32,
        "keys": [f"{tenant}/eSECRETKEY"],
        "card": "card_secret",
        "recruiter": f"{tenant}/rFINGERPRINT",
        "reason": "my own words",
        "state": state,
        "rev": 3,
        "head": "h1",
        "received_at": NOW,
        "declined_at": NOW,
        "decision": {
            "verdict": "hold",
            "version": "v1",
            "digest": "d1",
            "at": NOW,
            "findings": [finding],
            "inputs": "the whole context",
            "signed": {"signature": "sig"},
        },
        "timeline": [
            {
                "at": NOW.isoformat(),
                "from_state": None,
                "to_state": "received",
                "by": "acme-ats",
                "why": "decline received",
                "event_id": "evt_" + "e" * 32,
                "prev": "",
                "hash": "h1",
            }
        ],
    }


class Gate:
    """Knows the keys of the table above."""

    async def caller(self, key: str) -> Caller | None:
        """Who holds it."""
        return KEYS.get(key)


@dataclass
class Bus:
    """Answers as told: a word for every event, None for silence; ``on`` says whether it confirms."""

    word: str | None = "done"
    on: bool = True
    asked: list[Event] = field(default_factory=list)
    published: list[Event] = field(default_factory=list)

    async def request(self, events: Sequence[Event], *, timeout_s: float) -> dict[str, str]:
        """The word, for each."""
        self.asked.extend(events)
        if self.word is None:
            raise Transient("no answer")
        return {event.id: self.word for event in events}

    async def publish(self, events: Sequence[Event]) -> None:
        """Confirms, or not."""
        if not self.on:
            raise Transient("away")
        self.published.extend(events)


class FakeViews(Views):
    """Documents in memory."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self.documents = {document["_id"]: document for document in documents}
        self.reads: list[str] = []

    async def case(self, case: str, caller: Caller) -> Document | None:
        found = self.documents.get(case)
        return found if found and caller.tenant in {"*", found["tenant"]} else None

    async def linked_case(self, case: str) -> Document | None:
        self.reads.append(case)
        return self.documents.get(case)

    async def company(self, tenant: str) -> str:
        return "Acme <b>& Söhne</b>"

    async def has_tenant(self, tenant: str) -> bool:
        return tenant == "acme"

    async def cases(self, caller: Caller, filters: Filters, cursor: Cursor | None, limit: int) -> CasePage:
        own = [doc for doc in self.documents.values() if caller.tenant in {"*", doc["tenant"]}]
        return CasePage(items=[summary_of(document) for document in own], next=None)

    async def conflicts(self, caller: Caller, cursor: Cursor | None, limit: int) -> ConflictPage:
        conflict = {
            "_id": "evt_1:d2",
            "tenant": "acme",
            "source": "acme-ats",
            "event_id": "evt_1",
            "type": "afterword.decline.received.v1",
            "first_digest": "d1",
            "digest": "d2",
            "at": NOW,
        }
        return ConflictPage(items=[conflict_of(conflict)], next=None)


class World:
    """A desk over fakes; ``stops`` and ``reviews`` are its two lines to policy."""

    def __init__(self) -> None:
        self.views = FakeViews([case(), case(OTHER, "globex")])
        self.stops, self.reviews = Bus(), Bus()
        self.clock = FixedClock(NOW)
        self.links = LinkSigner(LINK_KEY)
        self.seconds = 0.0
        metrics = Metrics(CollectorRegistry())
        ports = Ports(
            views=self.views,
            gate=Gate(),
            stops=Wishes(self.stops, 5, metrics),
            reviews=Wishes(self.reviews, 5, metrics),
            links=self.links,
            clock=self.clock,
            monotonic=lambda: self.seconds,
            checks={},
            metrics=metrics,
        )
        self.app = assemble(ports)
