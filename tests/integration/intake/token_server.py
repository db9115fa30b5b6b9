"""A token server on a real port of this machine: it answers as RFC 6749 says, and misbehaves when told to."""

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.integration.http_server import serving

CLIENT, SECRET, SCOPE = "a-client", "a-s3cr3t", "https://mail.example/.default"
#: A client without a secret, and what it was given for a user.
PUBLIC, REFRESH = "a-public-client", "1//a-r3fresh-token"
LASTS_S = 3600
_NOT_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}

Fault = Callable[[Request], Awaitable[Response]]


class TokenServer:
    """What it gave, and what it does wrong next."""

    def __init__(self) -> None:
        self.url = ""
        self.issued: list[str] = []
        self.faults: deque[Fault] = deque()
        #: Is told of each token before it is given.
        self.accept: Callable[[str], None] = lambda _: None

    def by_client(self, **changed: Any) -> dict[str, Any]:
        """What gets a token in the client's own name."""
        given = {"token_url": self.url, "client_id": CLIENT, "client_secret": SECRET, "scope": SCOPE}
        return given | changed

    def by_user(self, **changed: Any) -> dict[str, Any]:
        """What gets a token by what a user once allowed."""
        return {"token_url": self.url, "client_id": PUBLIC, "refresh_token": REFRESH} | changed

    async def answer(self, request: Request) -> Response:
        """The answer to a request: a fault if there is one."""
        if self.faults:
            return await self.faults.popleft()(request)
        if request.headers.get("content-type") != "application/x-www-form-urlencoded":
            return _no("invalid_request")
        pairs = parse_qsl((await request.body()).decode(), keep_blank_values=True, strict_parsing=True)
        form = dict(pairs)
        if len(form) != len(pairs):
            return _no("invalid_request")
        if error := _fault(form):
            return _no(error, 401 if error == "invalid_client" else 400)
        token = f"t0ken-{len(self.issued) + 1}~"
        self.accept(token)
        self.issued.append(token)
        told = {"access_token": token, "token_type": "Bearer", "expires_in": LASTS_S}
        return JSONResponse(told, headers=_NOT_KEPT)


def _fault(form: dict[str, str]) -> str | None:
    client, secret, scope = form.get("client_id"), form.get("client_secret"), form.get("scope")
    if (client, secret) not in {(CLIENT, SECRET), (PUBLIC, None)}:
        return "invalid_client"
    if scope not in {None, SCOPE}:
        return "invalid_scope"
    grant = form.get("grant_type")
    if grant == "client_credentials":
        # only for a client that can show who it is (section 4.4)
        return None if secret and scope and "refresh_token" not in form else "unauthorized_client"
    if grant == "refresh_token":
        return None if form.get("refresh_token") == REFRESH else "invalid_grant"
    return "unsupported_grant_type"


def _no(error: str, status: int = 400) -> Response:
    told = {"error": error, "error_description": f"Not with {SECRET} of {CLIENT}."}
    return JSONResponse(told, status, _NOT_KEPT)


@asynccontextmanager
async def open_token_server() -> AsyncIterator[TokenServer]:
    """One that answers, until the end of the block."""
    server = TokenServer()

    async def answer(request: Request) -> Response:
        return await server.answer(request)

    async with serving(Starlette(routes=[Route("/token", answer, methods=["POST"])])) as url:
        server.url = f"{url}/token"
        yield server
