"""How conversations ended, as far as it was more or less than a no: one row for each, by whom it counts for.

A row's id is made of what it says, so writing it again changes nothing, whatever is delivered twice. Of the
rows that share a mark the database takes the first alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from services.policy import subjects
from services.policy.memory import Memory
from services.policy.tallies import Kind
from shared.events import Event
from shared.states import State
from shared.store import suppressions
from shared.store.client import Collection, Database, Document, insert_missing

#: A stop counts for whoever wrote to the person within this time before it.
_ANSWERS_WITHIN = timedelta(days=91)
_STOPS: Mapping[str, Kind] = {
    "opt_out": "opt_outs",
    "complaint": "complaints",
    "bounce": "bounces",
}
_INVENTED = frozenset({"provenance.no_outreach", "provenance.declined_before_outreach"})


def of_stop(
    kind: suppressions.Kind, tenant: str, event_id: str, at: datetime, messages: Iterable[Document]
) -> list[Document]:
    """The rows of a stop event: for the tenant, and each recruiter and team that had written to the person.

    None where nobody had: a list of wishes that a house brings along says nothing of how it behaved. An event
    counts once, and so does what is said again of the same message, by whichever alias; who writes on and
    hears it again has another row.
    """
    counts_as = _STOPS.get(kind)
    since = at - _ANSWERS_WITHIN
    wrote = [message for message in messages if message["direction"] == "outreach" and message["at"] >= since]
    if counts_as is None or not wrote:
        return []
    newest: dict[str, str] = {}
    for message in sorted(wrote, key=lambda message: (message["at"], message["id"])):
        names = [subjects.of_tenant(tenant), subjects.of_recruiter(tenant, message["recruiter"])]
        names += [subjects.of_team(team)] if (team := message.get("team")) else []
        newest.update((name, message["id"]) for name in names)
    return [
        {
            **_row(tenant, name, counts_as, event_id, at),
            "marks": [f"{name}|{counts_as}|{cause}" for cause in (event_id, answered)],
        }
        for name, answered in sorted(newest.items())
    ]


def of_case(case: Document) -> list[Document]:
    """The rows of a decided case: invented or refused, for recruiter, team and tenant; confirmed, for tenant
    and source. What no person said, and a test of a source, is nobody's conversation and counts for nobody.
    """
    decision = case.get("decision")
    if decision is None or case.get("sample") or case.get("said_no") is False:
        return []
    tenant, at = case["tenant"], decision["at"]
    house = subjects.of_tenant(tenant)
    senders = [house, subjects.of_recruiter(tenant, case["recruiter"])]
    senders += [subjects.of_team(team)] if (team := case.get("team")) else []
    rows: list[Document] = []
    if case["state"] == State.DENIED.value:
        codes = {finding["code"] for finding in decision["findings"]}
        counts_as: list[Kind] = ["invented"] if codes & _INVENTED else []
        counts_as += ["refused"] if "review.denied" in codes and not counts_as else []
        rows += [_row(tenant, name, kind, case["_id"], at) for kind in counts_as for name in senders]
    if decision.get("confirmed"):
        source = subjects.of_source(tenant, case["source"])
        rows += [_row(tenant, name, "confirmed", case["_id"], at) for name in (house, source)]
    return rows


def _row(tenant: str, subject: str, kind: Kind, cause: str, at: datetime) -> Document:
    return {"_id": f"{subject}|{kind}|{cause}", "tenant": tenant, "subject": subject, "kind": kind, "at": at}


class Outcomes:
    """The outcomes collection. All methods work on sets."""

    def __init__(self, database: Database) -> None:
        self.collection: Collection = database["outcomes"]
        self._memory = Memory(database)

    async def of_stops(
        self, stops: Sequence[tuple[Event, suppressions.Kind]], reach: Mapping[str, frozenset[str]]
    ) -> list[Document]:
        """The rows of these events, each with the stop that it is; ``reach`` are the keys of each person.

        To be asked before an erasure forgets who had written.
        """
        if not stops:
            return []
        memory = await self._memory.recall({key for event, _ in stops for key in reach[event.id]})
        rows = []
        for event, kind in stops:
            known = [memory[key] for key in reach[event.id] if key in memory]
            messages = [message for one in known for message in one.get("messages", ())]
            rows += of_stop(kind, event.tenant, event.id, event.receivedat, messages)
        return rows

    async def add(self, rows: Sequence[Document]) -> None:
        """Adds the rows that are not there yet."""
        await insert_missing(self.collection, rows)
