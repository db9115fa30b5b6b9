"""The floor of the door: the same HTTP server with nothing behind it but one HMAC over the body.

Whatever answers a signed request in Python behind uvicorn is slower than this on the same machine.
"""

import hmac
import os

import uvicorn
from starlette.types import Message, Receive, Scope, Send


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """An ASGI application without a framework."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
    elif scope["method"] == "GET":
        await _answer(send, 200)
    else:
        body = await _body(receive)
        expected = b"sha256 " + hmac.new(_SECRET, body, "sha256").hexdigest().encode()
        await _answer(send, 202 if hmac.compare_digest(expected, _signature(scope)) else 401)


_SECRET = os.environ.get("PEER_SECRET", "").encode()


def _signature(scope: Scope) -> bytes:
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    return dict(headers).get(b"signature", b"")


async def _body(receive: Receive) -> bytes:
    chunks: list[bytes] = []
    message: Message = {"more_body": True}
    while message.get("more_body", False):
        message = await receive()
        chunks.append(message.get("body", b""))
    return b"".join(chunks)


async def _answer(send: Send, status: int) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"2")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"{}"})


async def _live(receive: Receive, send: Send) -> None:
    for part in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{part}.complete"})


if __name__ == "__main__":
    uvicorn.run(
        app,
        port=int(os.environ["PEER_PORT"]),
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_config=None,
    )
