"""What a platform does: it words events, signs a delivery as Standard Webhooks 1.0.0 says, and posts it."""

import base64
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx

from shared.clock import Clock
from shared.encoding import from_b64url

#: An event or a person as it is sent, in JSON's own types.
Json = dict[str, Any]

_TIMEOUT_S = 20
_ID_BYTES = 9
_SECRET_PREFIX = "whsec_"  # noqa: S105 - the prefix of a secret, not one


@dataclass(frozen=True, slots=True)
class Source:
    """A source as `afterword source add` shows it once."""

    name: str
    tenant: str
    url: str
    secret: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """A signed delivery, ready to be posted, once or again."""

    url: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What intake said: the status, and of every event that it took the id and, for a decline, the case."""

    status: int
    event_ids: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()


def sign(secret: str, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of a delivery: HMAC-SHA256 over id, time and body, joined by full stops."""
    seconds = str(int(at.timestamp()))
    key = base64.b64decode(secret.removeprefix(_SECRET_PREFIX))
    signature = hmac.digest(key, f"{message_id}.{seconds}.".encode() + body, "sha256")
    return {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": seconds,
        "webhook-signature": "v1," + base64.b64encode(signature).decode(),
    }


class Platform:
    """One source's side of the wire."""

    def __init__(self, source: Source, recruiter: str, http: httpx.Client, clock: Clock) -> None:
        self.source = source
        self._recruiter = recruiter
        self._http = http
        self._clock = clock

    def outreach(self, person: Json, *, days_ago: float = 3, text: str | None = None) -> Json:
        """The recruiter wrote to this person; the text where the platform hands it on."""
        data = {**self._between(person, text), "direction": "outreach"}
        return self._event("interaction.recorded", data, self._clock.now() - timedelta(days=days_ago))

    def decline(self, person: Json, *, who: str = "candidate", text: str | None = None) -> Json:
        """What the platform takes for a no, just now, said by `who`, perhaps in these words."""
        data = {**self._between(person, text), "who": who, "stage": "outreach"}
        return self._event("decline.received", data, self._clock.now())

    def opt_out(self, person: Json) -> Json:
        """Never again, said just now."""
        return self._event("opt_out.received", {"person": person}, self._clock.now())

    def sign(self, events: Sequence[Json], *, secret: str | None = None) -> Delivery:
        """A delivery of these events, signed with the source's secret or another."""
        body = json.dumps(list(events)).encode()
        headers = sign(secret or self.source.secret, self._fresh("msg"), self._clock.now(), body)
        return Delivery(self.source.url, headers, body)

    def post(self, delivery: Delivery) -> Answer:
        """Post it, whatever is answered."""
        answer = self._http.post(
            delivery.url, content=delivery.body, headers=delivery.headers, timeout=_TIMEOUT_S
        )
        if answer.status_code != httpx.codes.ACCEPTED:
            return Answer(answer.status_code)
        accepted = answer.json()["accepted"]
        return Answer(
            answer.status_code,
            tuple(one["event_id"] for one in accepted),
            tuple(one["case"] for one in accepted if one["case"]),
        )

    def _between(self, person: Json, text: str | None) -> Json:
        said = {} if text is None else {"text": text}
        return {"person": person, "recruiter": {"email": self._recruiter}, **said}

    def _event(self, kind: str, data: Json, at: datetime) -> Json:
        return {"id": self._fresh("demo"), "type": kind, "timestamp": at.isoformat(), "data": data}

    def _fresh(self, prefix: str) -> str:
        return f"{prefix}-{from_b64url(self._clock.token(_ID_BYTES)).hex()}"
