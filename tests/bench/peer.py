"""The peer: FastStream and Motor as their tutorials have it, tuned (prefetch 100), one event a message and a
handler call.

It does less than Afterword for each event: a repeat check, one read of history, one stored decision, one
confirmed publish; no fingerprints, no permit, no signature, no encryption. Durable throughout, as Afterword
is.
"""

import asyncio
import os
from typing import Any

from faststream import FastStream
from faststream.middlewares import AckPolicy
from faststream.rabbit import Channel, RabbitBroker, RabbitQueue
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorDatabase
from pydantic import BaseModel
from pymongo import WriteConcern
from pymongo.errors import DuplicateKeyError

from shared.events import DeclineReceived

QUEUE, OUT = "peer.in", "peer.out"


class Decline(BaseModel):
    """The message."""

    id: str
    case: str
    data: DeclineReceived


def build(amqp_url: str, mongo_url: str) -> FastStream:
    """The whole application."""
    broker = RabbitBroker(amqp_url, default_channel=Channel(prefetch_count=100), logger=None)
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(mongo_url)
    database: AsyncIOMotorDatabase[dict[str, Any]] = client.get_default_database()
    concern = WriteConcern(w="majority", j=True)
    events = database.get_collection("events", write_concern=concern)
    cases = database.get_collection("cases", write_concern=concern)

    @broker.subscriber(RabbitQueue(QUEUE, durable=True), ack_policy=AckPolicy.NACK_ON_ERROR)
    async def decide(decline: Decline) -> None:
        email = decline.data.person.email
        try:
            await events.insert_one({"_id": decline.id, "email": email})
        except DuplicateKeyError:
            return
        history = await events.find({"email": email}).limit(10).to_list(10)
        verdict = "approved" if len(history) == 1 else "denied"
        await cases.insert_one({"_id": decline.case, "state": verdict})
        await broker.publish({"case": decline.case, "verdict": verdict}, queue=OUT, persist=True)

    return FastStream(broker)


if __name__ == "__main__":
    asyncio.run(build(os.environ["PEER_AMQP_URL"], os.environ["PEER_MONGO_URL"]).run())
