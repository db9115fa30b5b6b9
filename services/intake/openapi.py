"""What the OpenAPI document says of the one route: headers, contract, examples, and every refusal.

Written by hand, for the route itself is a bare one: a framework that reads parameters of each delivery only
to hand them on would cost as much as the check of its signature.
"""

from typing import Any

from fastapi import FastAPI
from pydantic.json_schema import models_json_schema

from services.intake.examples import ACCEPTED, REFUSALS, REQUESTS
from services.intake.sources.contract import KINDS
from services.intake.sources.reading import MAX_ID
from services.intake.sources.standard import MAX_EVENTS
from shared.problems import MEDIA_TYPE, body_of, responses

PATH = "/v1/sources/{source}/events"
SUMMARY = "Take in a source's events"
DESCRIPTION = f"""One event, or an array of up to {MAX_EVENTS}, signed as Standard Webhooks 1.0.0 says:
`webhook-signature` is `v1,` and the base64 of HMAC-SHA256 over
`{{webhook-id}}.{{webhook-timestamp}}.{{body}}`, with the bytes of the secret
(base64 after `whsec_`) as the key.

Success is answered only after the message broker has confirmed the events; for an opt-out, a complaint, an
erasure or a withdrawal, only after it is in force. The same event may be sent again at any time: it gets the
same ids and changes nothing. The same id with other content is recorded as a conflict and never acted on.
Unknown fields are ignored.

This is the kind `standard`. A source of another kind takes its platform's own form and signature at the same
address, answers what its platform takes for success, and greets by GET or OPTIONS where its platform asks."""

_REFUSED = {
    401: "The signature is missing or not right, its time is more than five minutes off, or there is no such "
    "source, or it is disabled. Which of these it is, is not told.",
    408: "The body came too slowly.",
    413: "The body is too large.",
    415: "The content type is not application/json in UTF-8.",
    422: "The content is not as agreed; each field at fault is named.",
    429: "Too many deliveries; come again after `Retry-After` seconds.",
    503: "Nothing is known to be taken, or a stop is not confirmed to be in force; "
    "send the same again after `Retry-After` seconds.",
}
_RETRY_AFTER = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
_EVENT = "#/components/schemas/{model}"


def _header(name: str, description: str, example: str, *, required: bool = True) -> dict[str, Any]:
    schema = {"type": "string"}
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": description,
        "schema": schema,
        "example": example,
    }


_SOURCE = {"name": "source", "in": "path", "required": True, "schema": {"type": "string", "title": "Source"}}
_HEADERS = [
    _header("webhook-id", "The delivery's id, without a full stop.", "msg_2NqK1c7vTt"),
    _header("webhook-timestamp", "When it was signed, in seconds since 1970.", "1769860800"),
    _header(
        "webhook-signature",
        "`v1,` and the signature in base64; several are separated by spaces.",
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    ),
    _header(
        "traceparent",
        "W3C Trace Context; travels on with the events.",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        required=False,
    ),
]

_ACCEPTED = {
    "type": "object",
    "required": ["accepted", "ignored"],
    "properties": {
        "ignored": {
            "type": "array",
            "description": "What was understood and left out.",
            "items": {"type": "object", "required": ["why"], "properties": {"why": {"type": "string"}}},
        },
        "accepted": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "event_id", "case"],
                "properties": {
                    "id": {"type": "string", "description": "The sender's own id."},
                    "event_id": {"type": "string", "description": "Ours; the same whenever it is sent."},
                    "case": {"type": ["string", "null"], "description": "The case that a decline opens."},
                },
            },
        },
    },
}


def declared_responses() -> dict[int | str, dict[str, Any]]:
    """Every answer of the route, with an example."""
    declared = responses(_REFUSED)
    for status, answer in declared.items():
        content = answer["content"][MEDIA_TYPE]
        content["examples"] = {
            name: {"value": body_of(problem)} for name, problem in REFUSALS[int(status)].items()
        }
        if status in {429, 503}:
            answer["headers"] = _RETRY_AFTER
    accepted = {"application/json": {"schema": _ACCEPTED, "example": ACCEPTED}}
    return {
        200: {
            "description": "Taken in, by a kind of source whose platform expects this.",
            "content": accepted,
        },
        202: {"description": "Taken in.", "content": accepted},
        **declared,
    }


def operation() -> dict[str, Any]:
    """The whole of what is said of the route."""
    responses = {str(status): answer for status, answer in sorted(declared_responses().items())}
    described = {"summary": SUMMARY, "description": DESCRIPTION, "operationId": "receiveEvents"}
    return described | _request() | {"responses": responses}


def _request() -> dict[str, Any]:
    one = {
        "oneOf": [{"$ref": _EVENT.format(model=_envelope_name(kind))} for kind in KINDS],
        "discriminator": {
            "propertyName": "type",
            "mapping": {kind: _EVENT.format(model=_envelope_name(kind)) for kind in KINDS},
        },
    }
    schema = {"oneOf": [one, {"type": "array", "items": one, "minItems": 1, "maxItems": MAX_EVENTS}]}
    examples = {name: {"summary": name, "value": value} for name, value in REQUESTS.items()}
    content = {"application/json": {"schema": schema, "examples": examples}}
    return {"parameters": [_SOURCE, *_HEADERS], "requestBody": {"required": True, "content": content}}


def declare(app: FastAPI) -> None:
    """Adds the route, and the inbound kinds as components, to the document."""
    generate = app.openapi
    _, definitions = models_json_schema(
        [(model, "validation") for model in KINDS.values()], ref_template=_EVENT
    )
    schemas = definitions["$defs"] | {_envelope_name(kind): _envelope(kind) for kind in KINDS}

    def openapi() -> dict[str, Any]:
        document = generate()
        document["paths"][PATH] = {"post": operation()}
        document.setdefault("components", {}).setdefault("schemas", {}).update(schemas)
        return document

    app.openapi = openapi  # type: ignore[method-assign] # FastAPI's documented way to extend its OpenAPI


def _envelope_name(kind: str) -> str:
    return f"{KINDS[kind].__name__}Event"


def _envelope(kind: str) -> dict[str, Any]:
    return {
        "type": "object",
        "description": (KINDS[kind].__doc__ or "").strip(),
        "required": ["id", "type", "timestamp", "data"],
        "properties": {
            "id": {
                "type": "string",
                "minLength": 1,
                "maxLength": MAX_ID,
                "description": "The sender's own id of this event, unique within the source over all types.",
            },
            "type": {"const": kind, "type": "string"},
            "timestamp": {
                "type": "string",
                "format": "date-time",
                "description": "When it happened (RFC 3339).",
            },
            "data": {"$ref": _EVENT.format(model=KINDS[kind].__name__)},
        },
    }
