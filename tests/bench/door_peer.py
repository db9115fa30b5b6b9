"""The peer of the door: FastAPI and aio-pika as their tutorials have it, one confirmed message a delivery.

It does less than Afterword for each: one HMAC over the body, one durable publish with its confirm; no
contract, configuration, limits, derived ids, digests or sealing.
"""

import hmac
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aio_pika
import uvicorn
from fastapi import FastAPI, HTTPException, Request
from pydantic import TypeAdapter

QUEUE = "peer.door"
_BODY: TypeAdapter[dict[str, Any] | list[dict[str, Any]]] = TypeAdapter(dict[str, Any] | list[dict[str, Any]])


def build(amqp_url: str, secret: str) -> FastAPI:
    """The whole application."""
    found: list[aio_pika.abc.AbstractChannel] = []

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with await aio_pika.connect_robust(amqp_url) as connection:
            found.append(await connection.channel())
            await found[0].declare_queue(QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
            yield

    app = FastAPI(lifespan=lifespan)

    @app.get("/readyz")
    async def ready() -> dict[str, str]:
        return {}

    @app.post("/v1/sources/{source}/events", status_code=202)
    async def receive(source: str, request: Request) -> dict[str, str]:
        body = await request.body()
        expected = hmac.new(secret.encode(), body, "sha256").hexdigest()
        if not hmac.compare_digest(expected, request.headers.get("signature", "").removeprefix("sha256 ")):
            raise HTTPException(401)
        sent = _BODY.validate_json(body)
        for event in sent if isinstance(sent, list) else [sent]:
            message = aio_pika.Message(_BODY.dump_json(event), delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
            await found[0].default_exchange.publish(message, routing_key=QUEUE)
        return {"source": source}

    return app


if __name__ == "__main__":
    uvicorn.run(
        build(os.environ["PEER_AMQP_URL"], os.environ["PEER_SECRET"]),
        port=int(os.environ["PEER_PORT"]),
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_config=None,
    )
