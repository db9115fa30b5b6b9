"""A delivery of each kind as its platform would send it now, signed, and about nobody. Pure.

By these a source is tried through its own door; only ``SAMPLES`` names them. Bodies are as short as the
platform's own can be: what a kind reads of them the stored deliveries of its tests show.
"""

import base64
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from services.intake.generic_sample import about_nobody, by_paths
from services.intake.sources import Config, Delivery, hmac_scheme, standard_webhooks
from services.intake.sources.generic_config import GenericConfig
from services.intake.sources.merge import MergeConfig
from shared.errors import Invalid
from shared.events import DeclineReceived, type_of
from shared.sample import DOMAIN, MARK

_KIND = DeclineReceived.kind


@dataclass(frozen=True, slots=True)
class Try:
    """One try of a source: when, by which secret and configuration, and a name that nobody had before."""

    name: str
    now: datetime
    secret: str
    config: Config

    @property
    def id(self) -> str:
        """Of everything that has one: person, application, event."""
        return MARK + self.name

    @property
    def email(self) -> str:
        """Of the person."""
        return f"{self.id.lower()}@{DOMAIN}"

    @property
    def at(self) -> str:
        """The time as most have it."""
        return self.now.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def digest(self, signed: bytes) -> bytes:
        """HMAC-SHA256 by the secret."""
        return hmac.digest(self.secret.encode(), signed, "sha256")

    def webhook(self, body: bytes, media_type: str = "application/json") -> Delivery:
        """Signed as Standard Webhooks says."""
        signed = standard_webhooks.sign(body, self.secret, now=self.now, delivery_id=self.id)
        return Delivery({"content-type": media_type, **signed}, body)


def _json(content: Any, **headers: str) -> Delivery:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Delivery({"content-type": "application/json", **named}, _encoded(content))


def _encoded(content: Any) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()


def _standard(one: Try) -> Delivery:
    person = {"person": {"email": one.email}, "who": "candidate"}
    return one.webhook(_encoded({"id": one.id, "type": _KIND, "timestamp": one.at, "data": person}))


def _cloudevents(one: Try) -> Delivery:
    attributes = {"specversion": "1.0", "id": one.id, "source": "/test", "time": one.at}
    data = {"person": {"email": one.email}, "who": "candidate"}
    event = {**attributes, "type": type_of(DeclineReceived), "data": data}
    return one.webhook(_encoded(event), "application/cloudevents+json")


def _email(one: Try) -> Delivery:
    """An answer, for a mail is never a decline."""
    message = EmailMessage()
    message["From"], message["To"] = one.email, f"nobody@{DOMAIN}"
    message["Message-ID"], message["Date"] = f"<{one.email}>", format_datetime(one.now)
    message["Subject"] = "Re: a test"
    message.set_content("This is a test.")
    return one.webhook(message.as_bytes(), "message/rfc822")


def _ashby(one: Try) -> Delivery:
    application = {
        "id": one.id,
        "status": "Archived",
        "archivedAt": one.at,
        "archiveReason": {"id": one.id, "text": "a test", "reasonType": "RejectedByCandidate"},
        "candidate": {"id": one.id, "primaryEmailAddress": {"value": one.email}},
    }
    content = {"action": "applicationUpdate", "data": {"application": application}}
    return _json(content, ashby_signature=f"sha256={one.digest(_encoded(content)).hex()}")


def _greenhouse(one: Try) -> Delivery:
    application = {
        "id": one.id,
        "rejected_at": one.at,
        "rejection_reason": {"id": one.id, "name": "a test", "type": {"name": "They rejected us"}},
        "candidate": {"id": one.id, "email_addresses": [{"value": one.email}]},
    }
    content = {"action": "reject_candidate", "payload": {"application": application}}
    return _json(content, signature=f"sha256 {one.digest(_encoded(content)).hex()}")


def _lever(one: Try) -> Delivery:
    """Of several tokens the first signs."""
    triggered = int(one.now.timestamp() * 1000)
    key = (one.secret.split() or [""])[0].encode()
    archived = {"archivedAt": triggered, "reason": one.id}
    return _json(
        {
            "event": "candidateArchiveChange",
            "triggeredAt": triggered,
            "token": one.id,
            "signature": hmac.digest(key, f"{one.id}{triggered}".encode(), "sha256").hex(),
            "data": {"opportunityId": one.id, "contactId": one.id, "toArchived": archived},
        }
    )


def _linkedin(one: Try) -> Delivery:
    """Signed, and ignored as everything is that LinkedIn sends."""
    content = {"type": "TEST", "id": one.id}
    return _json(content, x_li_signature=one.digest(b"hmacsha256=" + _encoded(content)).hex())


def _merge(one: Try) -> Delivery:
    accounts = one.config.linked_accounts if isinstance(one.config, MergeConfig) else frozenset[str]()
    data = {
        "id": one.id,
        "rejected_at": one.at,
        "candidate": {"id": one.id, "email_addresses": [{"value": one.email}]},
    }
    account = {"id": min(accounts, default="test")}
    content = {"hook": {"event": "Application.changed"}, "linked_account": account, "data": data}
    digest = base64.urlsafe_b64encode(one.digest(_encoded(content))).decode()
    return _json(content, x_merge_webhook_signature=digest)


def _recruitee(one: Try) -> Delivery:
    content = {
        "id": one.id,
        "event_type": "candidate_moved",
        "event_subtype": "disqualified",
        "created_at": one.at,
        "payload": {"candidate": {"id": one.id, "emails": [one.email]}},
    }
    return _json(content, x_recruitee_signature=one.digest(_encoded(content)).hex())


def _smartrecruiters(one: Try) -> Delivery:
    """Ids, as ever."""
    content, seconds = {"candidate_id": one.id, "job_id": one.id}, str(int(one.now.timestamp()))
    named = (one.id, "application.status.updated", "v201904", "https://example.invalid")
    signed = b".".join([seconds.encode(), _encoded(content), *(value.encode() for value in named)])
    return _json(
        content,
        smartrecruiters_timestamp=seconds,
        smartrecruiters_signature=f"v1={one.digest(signed).hex()}",
        **dict(zip(("event_id", "event_name", "event_version", "link"), named, strict=True)),
    )


def _teamtailor(one: Try) -> Delivery:
    data = {"id": one.id, "attributes": {"rejected-at": one.at}}
    content = {"payload": {"event_name": "job_application.update", "data": data}}
    seconds = str(int(one.now.timestamp())).encode()
    digest = one.digest(seconds + b"." + _encoded(content)).hex().encode()
    return _json(content, tt_signature=base64.b64encode(b"t=" + seconds + b",v2=" + digest).decode())


def _workable(one: Try) -> Delivery:
    candidate = {
        "id": one.id,
        "email": one.email,
        "disqualified": True,
        "disqualified_at": one.at,
        "withdrew": True,
    }
    content = {"id": one.id, "event_type": "candidate_moved", "data": candidate}
    return _json(content, x_workable_signature=one.digest(_encoded(content)).hex())


def _generic(one: Try) -> Delivery:
    """What the source's own mapping finds: made of its example, or without one by the mapping's paths."""
    if not isinstance(one.config, GenericConfig):
        raise Invalid.at("", "a configuration of the kind generic is expected")
    made = by_paths if one.config.example is None else about_nobody
    body = _encoded(made(one.config, (one.id, one.email, one.at)))
    scheme = one.config.signature
    signed = hmac_scheme.sign(scheme, body, one.secret, now=one.now, delivery_id=one.id)
    return Delivery({"content-type": "application/json", **signed}, body)


#: Kinds of which nothing is read at the door, a sample included.
IGNORED = frozenset({"linkedin"})

SAMPLES: Mapping[str, Callable[[Try], Delivery]] = {
    "standard": _standard,
    "ashby": _ashby,
    "cloudevents": _cloudevents,
    "email": _email,
    "generic": _generic,
    "greenhouse": _greenhouse,
    "lever": _lever,
    "linkedin": _linkedin,
    "merge": _merge,
    "recruitee": _recruitee,
    "smartrecruiters": _smartrecruiters,
    "teamtailor": _teamtailor,
    "workable": _workable,
}
