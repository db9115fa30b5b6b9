"""Who may come in by which route.

Decided before anything of the request is read, so that a stranger learns nothing of it.
"""

import re
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

import structlog
from fastapi import Request, Response
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer

from services.desk.keys import Caller, Role
from shared.problems import Problem

_BEARER = re.compile(r"bearer +(\S+) *", re.IGNORECASE)
_CHALLENGE = 'Bearer realm="afterword"'

#: Only declares the scheme in the OpenAPI; `guarded` does the work.
SCHEME = HTTPBearer(
    scheme_name="Key",
    description="A key of `afterword key add`, as `Authorization: Bearer aw_...`.",
    auto_error=False,
)


class Gate(Protocol):
    """Knows the keys."""

    async def caller(self, key: str) -> Caller | None: ...  # noqa: D102 - the name says it


async def admitted(gate: Gate, authorization: str | None, least: Role) -> Caller:
    """The caller behind an Authorization header.

    Raises 401 (RFC 6750) without a valid key, 403 for a role below `least`.
    """
    given = _BEARER.fullmatch(authorization or "")
    if given is None:
        raise _unauthorized("Send a key of this desk: Authorization: Bearer aw_...", _CHALLENGE)
    caller = await gate.caller(given[1])
    if caller is None:
        raise _unauthorized("This key is unknown or was revoked.", f'{_CHALLENGE}, error="invalid_token"')
    if not caller.may(least):
        challenge = {"WWW-Authenticate": f'{_CHALLENGE}, error="insufficient_scope"'}
        detail = f"This needs the role {least}; the key has the role {caller.role}."
        raise Problem(403, "forbidden", "Not allowed", detail, headers=challenge)
    return caller


def _unauthorized(detail: str, challenge: str) -> Problem:
    return Problem(401, "unauthorized", "No valid key", detail, headers={"WWW-Authenticate": challenge})


def guarded(gate: Gate, least: Role) -> type[APIRoute]:
    """The class of routes that only callers of the role `least` reach; pass it as a router's ``route_class``.

    A dependency would run after the body was parsed, and tell strangers what is wrong with it.
    """

    class Guarded(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def guard(request: Request) -> Response:
                caller = await admitted(gate, request.headers.get("authorization"), least)
                request.state.caller = caller
                with structlog.contextvars.bound_contextvars(caller=caller.name, tenant=caller.tenant):
                    return await handle(request)

            return guard

    return Guarded


def caller_of(request: Request) -> Caller:
    """The caller of a guarded route, as a dependency."""
    caller: Caller = request.state.caller
    return caller
