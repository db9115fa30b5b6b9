"""Examples in the OpenAPI document: a request of each kind, and each refusal as it is really made."""

from typing import Any

from services.intake import problems
from shared.errors import FieldError
from shared.problems import Problem

_PERSON = {"email": "ada@example.org"}
_AT = "2026-01-31T12:00:00Z"
_DECLINE = {
    "id": "decline-4711",
    "type": "decline.received",
    "timestamp": _AT,
    "data": {
        "person": {
            "name": "Ada Lovelace",
            "email": "ada@example.org",
            "profile_urls": ["https://www.linkedin.com/in/ada-example"],
            "external_id": "candidate-42",
            "timezone": "Europe/London",
        },
        "recruiter": {"name": "Charles Babbage", "email": "charles@acme.example", "team": "Engines"},
        "job": {"title": "Analyst", "external_id": "job-7"},
        "who": "candidate",
        "stage": "outreach",
        "channel": "email",
        "reason": "not looking at the moment",
    },
}


def _request(sent_id: str, kind: str, data: dict[str, Any]) -> dict[str, Any]:
    return {"id": sent_id, "type": kind, "timestamp": _AT, "data": data}


_OUTREACH = _request(
    "message-1",
    "interaction.recorded",
    {
        "person": _PERSON,
        "recruiter": {"email": "charles@acme.example"},
        "direction": "outreach",
        "channel": "email",
        "text": "We are looking for an analyst. Would you like to hear more?",
    },
)
_REQUESTS = (
    _DECLINE,
    _request("withdrawal-1", "decline.withdrawn", {"decline": "decline-4711"}),
    _OUTREACH,
    _request("opt-out-1", "opt_out.received", {"person": _PERSON, "scope": "tenant"}),
    _request("complaint-1", "complaint.received", {"person": _PERSON}),
    _request("bounce-1", "bounce.received", {"person": _PERSON, "permanent": True}),
    _request("erasure-1", "erasure.requested", {"person": _PERSON}),
    _request(
        "preference-1",
        "preference.set",
        {"person": _PERSON, "follow_up": True, "not_before": "2026-09-01T00:00:00Z"},
    ),
    _request(
        "change-1",
        "person.changed",
        {"person": _PERSON | {"external_id": "candidate-42"}, "formerly": ["candidate-41"]},
    ),
)
REQUESTS: dict[str, Any] = {str(request["type"]): request for request in _REQUESTS} | {
    "a batch": [_OUTREACH, _DECLINE]
}

ACCEPTED = {
    "accepted": [
        {
            "id": "decline-4711",
            "event_id": "evt_p5hkv7xq2n4yd3rj6tzm8aeb5cwsgfqu",
            "case": "case_k3w7n5p2xq4yd6rjztmvaeb2cwsgfqhu",
        }
    ],
    "ignored": [],
}

REFUSALS: dict[int, dict[str, Problem]] = {
    401: {"unverified": problems.unverified()},
    408: {"too slow": problems.body_too_slow(10)},
    413: {"too large": problems.body_too_large(1_048_576, close=False)},
    415: {
        "not JSON": problems.not_json("application/json is expected, or message/rfc822 of a source of mail.")
    },
    422: {
        "two faults": problems.invalid(
            [
                FieldError("/0/timestamp", "a time as in RFC 3339, with its zone, is expected"),
                FieldError("/0/data/person/email", "an e-mail address is expected"),
            ]
        )
    },
    429: {"too many": problems.too_many(2)},
    503: {
        "broker away": problems.broker_away(),
        "kept, not in force yet": problems.not_in_force(kept=True),
        "overloaded": problems.overloaded(),
    },
}
