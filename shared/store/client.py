"""The connection to MongoDB: the one module that knows the driver, so that another driver is a change of one
file.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any, TypeAlias

import pymongo
from bson.codec_options import CodecOptions
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorCollection, AsyncIOMotorDatabase
from pydantic import SecretStr
from pymongo import UpdateOne
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    ExecutionTimeout,
    NotPrimaryError,
    PyMongoError,
    WTimeoutError,
)
from pymongo.read_concern import ReadConcern
from pymongo.results import BulkWriteResult
from pymongo.write_concern import WriteConcern

Document: TypeAlias = dict[str, Any]
Database: TypeAlias = AsyncIOMotorDatabase[Document]
Collection: TypeAlias = AsyncIOMotorCollection[Document]

#: What says that the server is away or moving, not that the request was wrong. ServerSelectionTimeoutError
#: is an AutoReconnect.
AWAY: tuple[type[Exception], ...] = (AutoReconnect, ExecutionTimeout, NotPrimaryError, WTimeoutError)
DUPLICATE_KEY = 11000
#: A goodbye to the server is a courtesy; where it is away, a stop has no time to wait for it.
CLOSE_TIMEOUT_S = 1


class _Client(AsyncIOMotorClient[Document]):
    """A client whose close does not wait for a server that is away."""

    def close(self) -> None:
        with pymongo.timeout(CLOSE_TIMEOUT_S):
            super().close()


def connect(
    url: SecretStr, *, app: str, timeout_ms: int = 5_000
) -> tuple[AsyncIOMotorClient[Document], Database]:
    """The client and its database (the one in the URL's path, else ``afterword``).

    Writes are acknowledged by a majority and journaled, reads see only such writes: what was answered
    survives a failover.
    """
    client: AsyncIOMotorClient[Document] = _Client(
        url.get_secret_value(),
        appname=f"afterword-{app}",
        serverSelectionTimeoutMS=timeout_ms,
        connectTimeoutMS=timeout_ms,
        timeoutMS=timeout_ms * 4,
        retryWrites=True,
        tz_aware=True,
        tzinfo=UTC,
    )
    options: CodecOptions[Document] = CodecOptions(document_class=dict, tz_aware=True, tzinfo=UTC)
    name = client.get_default_database("afterword").name
    database = client.get_database(
        name,
        codec_options=options,
        write_concern=WriteConcern(w="majority", j=True),
        read_concern=ReadConcern("majority"),
    )
    return client, database


def only_duplicates(error: BulkWriteError) -> bool:
    """Whether a bulk write failed for nothing but documents that were there already."""
    details: Mapping[str, Any] = error.details or {}
    faults = details.get("writeErrors", [])
    return (
        bool(faults)
        and not details.get("writeConcernErrors")
        and all(f["code"] == DUPLICATE_KEY for f in faults)
    )


async def insert_missing(collection: Collection, documents: Sequence[Document]) -> bool:
    """Inserts the documents whose unique keys nobody has yet; whether that was all of them."""
    return len(await insert_new(collection, documents)) == len(documents)


async def insert_new(collection: Collection, documents: Sequence[Document]) -> list[Document]:
    """Inserts the documents whose unique keys nobody has yet; returns those."""
    if not documents:
        return []
    try:
        await collection.insert_many(documents, ordered=False)
    except BulkWriteError as error:
        if not only_duplicates(error):
            raise
        known = {fault["index"] for fault in (error.details or {})["writeErrors"]}
        return [document for place, document in enumerate(documents) if place not in known]
    return list(documents)


async def upsert(collection: Collection, updates: Sequence[UpdateOne]) -> BulkWriteResult | None:
    """Makes the updates; None where somebody was faster with an upsert, so that some changed nothing."""
    try:
        return await collection.bulk_write(updates, ordered=False)
    except BulkWriteError as error:
        if not only_duplicates(error):
            raise
        return None


async def ping(database: Database) -> None:
    """Raises PyMongoError unless the primary answers."""
    answer = await database.command("hello")
    if not answer.get("isWritablePrimary"):
        raise PyMongoError("MongoDB answers, but there is no writable primary")
