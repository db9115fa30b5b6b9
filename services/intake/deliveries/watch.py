"""Deliveries of one source as they are stored: the last ones, and from then on each new one."""

from collections.abc import AsyncGenerator

from services.intake.deliveries.record import HIDDEN
from shared.store.client import Collection, Document

_SHOWN = dict.fromkeys(HIDDEN, 0)


async def watched(deliveries: Collection, source: str, last: int) -> AsyncGenerator[Document, None]:
    """The last so many, then each new one, for ever; none twice, and none missed in between."""
    stages: list[Document] = [
        {"$match": {"operationType": "insert", "fullDocument.source": source}},
        {"$project": {f"fullDocument.{name}": 0 for name in HIDDEN}},
    ]
    async with deliveries.watch(stages) as changes:
        # the first question opens the stream: what is stored after it will be told
        first = await changes.try_next()
        newest = await latest(deliveries, source, last)
        known = {document["_id"] for document in newest}
        for document in newest:
            yield document
        if first is not None and first["fullDocument"]["_id"] not in known:
            yield first["fullDocument"]
        async for change in changes:
            if change["fullDocument"]["_id"] not in known:
                yield change["fullDocument"]


async def latest(deliveries: Collection, source: str, last: int) -> list[Document]:
    """The last so many, in the order in which they came."""
    if not last:
        return []
    found = deliveries.find({"source": source}, _SHOWN).sort([("at", -1), ("_id", -1)]).limit(last)
    return [document async for document in found][::-1]


def line(document: Document) -> str:
    """One delivery in a line: when, what became of it, and what it was read as or why it was not."""
    when = document["at"].isoformat(sep=" ", timespec="milliseconds").partition("+")[0]
    read = [
        " ".join(filter(None, (event["type"], event["id"], event["who"] and f"who={event['who']}")))
        for event in document["events"]
    ]
    problem = [document["problem"]] if document["problem"] else []
    told = "; ".join([*problem, *read, *document["why"]])
    return f"{when}  {document['outcome']:<8}  {document['_id']}  {told}"
