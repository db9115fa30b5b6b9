"""The database for the length of one command."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from shared.errors import Transient
from shared.settings import Mongo, load
from shared.store import client
from shared.store.client import Database

Answer = TypeVar("Answer")


def with_database(work: Callable[[Database], Awaitable[Answer]]) -> Answer:
    """What `work` returns. Raises Transient where the database is away."""

    async def run() -> Answer:
        mongo, database = client.connect(load(Mongo).mongo_url, app="console")
        try:
            return await work(database)
        finally:
            mongo.close()

    try:
        return asyncio.run(run())
    except client.AWAY as error:
        raise Transient(f"MongoDB (AFTERWORD_MONGO_URL) cannot be reached: {type(error).__name__}") from error
