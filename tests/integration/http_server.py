"""An application on a real port of this machine."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse


@asynccontextmanager
async def serving(app: Starlette, http: type[asyncio.Protocol] | str = "auto") -> AsyncIterator[str]:
    """Its address; it answers until the end of the block. ``http`` is uvicorn's."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, http=http, log_config=None, lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    served = asyncio.create_task(server.serve([listening]))
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await served


@asynccontextmanager
async def trickling() -> AsyncIterator[Callable[[Request], Awaitable[Response]]]:
    """An answer of which a byte comes now and then; it ends with the block alone."""
    ended = asyncio.Event()

    async def trickle() -> AsyncIterator[bytes]:
        while not ended.is_set():
            yield b" "
            await asyncio.sleep(0.01)

    async def slow(_: Request) -> Response:
        return StreamingResponse(trickle(), media_type="application/json")

    try:
        yield slow
    finally:
        ended.set()
