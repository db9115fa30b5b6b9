"""Runs inside a service's container, with its own secrets: tries what it may not do, and tells how it ended.

`python3 - SERVICE < rights_probe.py`; one line for each attempt, its name and "allowed" or the refusal.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aio_pika
from aio_pika.abc import AbstractChannel
from pymongo import MongoClient
from pymongo.database import Database

SERVICE = sys.argv[1]
EVENTS = "afterword.events"


def url(server: str) -> str:
    """The service's own URL, from its own secrets."""
    return Path(f"/run/secrets/{server}_url_{SERVICE}").read_text("utf-8")


def publish(exchange: str, routing_key: str) -> Callable[[AbstractChannel], Awaitable[object]]:
    """An attempt to publish; with a confirm, so that a refusal is seen."""

    async def attempt(channel: AbstractChannel) -> object:
        target = await channel.get_exchange(exchange, ensure=False)
        return await target.publish(aio_pika.Message(b"[]"), routing_key, mandatory=False, timeout=5)

    return attempt


async def consume(channel: AbstractChannel, queue: str) -> object:
    """An attempt to take a message."""
    found = await channel.get_queue(queue, ensure=False)
    return await found.get(fail=False, timeout=5)


BROKER: dict[str, Callable[[AbstractChannel], Awaitable[object]]] = {
    "publish review": publish(EVENTS, "review"),
    "publish followup.approved": publish(EVENTS, "followup.approved"),
    "publish fact": publish(EVENTS, "fact"),
    "publish to afterword.dead": publish("afterword.dead", "x"),
    "declare a queue": lambda channel: channel.declare_queue("probe", durable=True, timeout=5),
    "declare an exchange": lambda channel: channel.declare_exchange("probe", durable=True, timeout=5),
    "delete a queue": lambda channel: channel.queue_delete("afterword.outcomes", timeout=5),
    "read afterword.policy.stops": lambda channel: consume(channel, "afterword.policy.stops"),
    "read afterword.dead": lambda channel: consume(channel, "afterword.dead"),
}
DATABASE: dict[str, Callable[[Database[dict[str, Any]]], object]] = {
    "read cases": lambda database: database["cases"].find_one({}),
    "write cases": lambda database: database["cases"].update_one({"_id": "probe"}, {"$set": {"x": 1}}),
    "read sources": lambda database: database["sources"].find_one({}),
    "write sources": lambda database: database["sources"].update_one({"_id": "x"}, {"$set": {"x": 1}}),
    "read people": lambda database: database["people"].find_one({}),
    "write suppressions": lambda database: database["suppressions"].delete_one({"_id": "probe"}),
    "insert permits": lambda database: database["permits"].insert_one({"_id": "probe"}),
    "read keys": lambda database: database["keys"].find_one({}),
    "drop cases": lambda database: database["cases"].drop(),
    "create a collection": lambda database: database.create_collection("probe"),
    "list the users": lambda database: database.client["admin"].command("usersInfo"),
}


def say(name: str, refused: Exception | None) -> None:
    """One line."""
    sys.stdout.write(f"{name}: {'allowed' if refused is None else type(refused).__name__}\n")


async def ask_the_broker() -> None:
    """Each attempt on a channel of its own: a refusal closes it."""
    async with await aio_pika.connect(url("amqp")) as connection:
        for name, attempt in BROKER.items():
            refused: Exception | None = None
            try:
                await attempt(await connection.channel())
            except Exception as error:  # noqa: BLE001 - which one it is, is the answer
                refused = error
            say(name, refused)


def ask_the_database() -> None:
    """As the service's own user."""
    with MongoClient[dict[str, Any]](url("mongo")) as client:
        for name, attempt in DATABASE.items():
            refused: Exception | None = None
            try:
                attempt(client["afterword"])
            except Exception as error:  # noqa: BLE001 - which one it is, is the answer
                refused = error
            say(name, refused)


asyncio.run(ask_the_broker())
ask_the_database()
