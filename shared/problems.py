"""Errors of an HTTP service as RFC 9457 problem details: one shape for every refusal.

A problem never repeats what was sent: the value at fault may be a secret or name a person.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from shared.errors import FieldError, Transient
from shared.pointer import pointer

MEDIA_TYPE = "application/problem+json"
#: What a sender is told to wait, in seconds, when a server behind this one is away.
RETRY_AFTER_S = 5

#: Faults told at most; a body that is wrong in more places is told so by the first ones.
MAX_ERRORS = 100

_TYPE = "urn:afterword:problem:"
_COMPONENT = "#/components/schemas/Problem"

SCHEMA: dict[str, Any] = {
    "title": "Problem",
    "description": "Problem details (RFC 9457).",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "Names the kind of problem; stable."},
        "title": {"type": "string", "description": "The kind of problem in words; stable."},
        "status": {"type": "integer", "description": "The HTTP status."},
        "detail": {"type": "string", "description": "What went wrong this time, and the way out."},
        "errors": {
            "type": "array",
            "description": "Each field at fault.",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {
                    "pointer": {
                        "type": "string",
                        "description": "JSON pointer (RFC 6901); empty for the whole body.",
                    },
                    "detail": {"type": "string", "description": "What was expected of it."},
                },
            },
        },
    },
}

log = structlog.get_logger()


class Problem(Exception):
    """An answer that is not a success; raise it anywhere below a route.

    ``slug`` names the kind in its type (``urn:afterword:problem:<slug>``), ``title`` says it in words and
    ``detail`` tells this occurrence. ``errors`` are the fields at fault, ``headers`` go out with the answer.
    """

    def __init__(
        self,
        status: int,
        slug: str,
        title: str,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.slug = slug
        self.title = title
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})


def invalid(errors: Sequence[FieldError]) -> Problem:
    """422: the content was understood, and these fields of it are wrong."""
    told = list(errors[:MAX_ERRORS])
    more = f"; the first {MAX_ERRORS} are told" if len(errors) > MAX_ERRORS else ""
    count = "1 fault" if len(errors) == 1 else f"{len(errors)} faults"
    return Problem(422, "invalid", "The content is not as agreed", f"{count} found{more}.", errors=told)


def unavailable(detail: str, *, retry_after_s: int = RETRY_AFTER_S) -> Problem:
    """503: not taken, or not known to be; sending the same again later is safe."""
    headers = {"Retry-After": str(retry_after_s)}
    return Problem(503, "unavailable", "Not available at this moment", detail, headers=headers)


def not_found(detail: str = "There is nothing here under this name.") -> Problem:
    """404: not there, or not for this caller."""
    return Problem(404, "not-found", "Not found", detail)


def body_of(problem: Problem) -> dict[str, Any]:
    """The members of the problem as they go out."""
    body: dict[str, Any] = {
        "type": _TYPE + problem.slug,
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
    }
    if problem.errors:
        body["errors"] = [error._asdict() for error in problem.errors]
    return body


def problem_response(problem: Problem) -> JSONResponse:
    """The problem as a response."""
    return JSONResponse(body_of(problem), problem.status, headers=problem.headers, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Makes every refusal of the application a problem, and declares their shape in its OpenAPI."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(Transient, _on_transient)
    app.add_exception_handler(Exception, on_unexpected)
    _declare_schema(app)


def responses(described: Mapping[int, str]) -> dict[int | str, dict[str, Any]]:
    """What a route declares of its problems: status to description. For FastAPI's ``responses=``."""
    return {
        status: {"description": description, "content": {MEDIA_TYPE: {"schema": {"$ref": _COMPONENT}}}}
        for status, description in described.items()
    }


def _declare_schema(app: FastAPI) -> None:
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        document = generate()
        document.setdefault("components", {}).setdefault("schemas", {})["Problem"] = SCHEMA
        return document

    app.openapi = openapi  # type: ignore[method-assign] # FastAPI's documented way to extend its OpenAPI


async def _on_problem(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, Problem):
        raise error
    return problem_response(error)


async def _on_http_exception(_: Request, error: Exception) -> JSONResponse:
    """What the framework itself refuses: an unknown path, a method that a path does not have."""
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code == HTTPStatus.BAD_REQUEST:
        # of a body that it cannot decode at all; of one that it can decode and not read it says 422
        return problem_response(invalid([FieldError("", "JSON in UTF-8 is expected")]))
    phrase = HTTPStatus(error.status_code).phrase
    slug = phrase.lower().replace(" ", "-")
    detail = str(error.detail) if error.detail and error.detail != phrase else f"{phrase}."
    return problem_response(Problem(error.status_code, slug, phrase, detail, headers=error.headers))


async def _on_invalid_request(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        raise error
    return problem_response(invalid([_field_error(fault) for fault in error.errors()]))


async def _on_transient(_: Request, error: Exception) -> JSONResponse:
    log.warning("server away", error=str(error))
    return problem_response(unavailable("A server behind this one is away. Send the same again later."))


async def on_unexpected(_: Request, __: Exception) -> JSONResponse:
    """Tells nothing of the inside; the server logs the exception, for Starlette raises it again."""
    return problem_response(
        Problem(500, "unexpected", "Unexpected error", "The fault is here, and was logged.")
    )


def _field_error(fault: Mapping[str, Any]) -> FieldError:
    """One fault without its input; what is not in the body has no pointer, so words name it."""
    place, *path = fault["loc"]
    if place != "body":
        return FieldError("", f"{place} parameter {'.'.join(map(str, path))}: {fault['msg']}")
    if fault["type"] == "json_invalid":
        return FieldError("", "JSON is expected")
    return FieldError(pointer(path), str(fault["msg"]))
