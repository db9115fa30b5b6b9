"""The kind `lever`: webhooks of Lever.

Facts: the developer documentation of hire.lever.co, and public integrations for the members of ``data``,
which it leaves out. The signature covers a token and a time and **not the body**, so the body is a hint:
whoever saw one delivery can write another. Nobody knows whose no it is, then, unless the operator mapped the
id of its reason; a deletion is never an erasure; what stops a follow-up is believed, for that does no harm.

Not documented, and how it is read here: how old a delivery may be (as any signature, or ``max_age_s``; a
retry is taken to carry the time of the first try, so a late one is refused and has to be run again by hand),
and whose the person's id is (the contact's, else the opportunity's: only ids are sent).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from services.intake.sources import reading, signing
from services.intake.sources.config import Config
from services.intake.sources.contract import judged
from services.intake.sources.delivery import Answer, Delivery, Mapped, gathered, ignore
from services.intake.sources.reading import at, ident, needed
from shared.errors import Invalid, SignatureInvalid
from shared.events import DeclineReceived, DeclineWithdrawn


class LeverConfig(Config):
    """What a source of this kind may be told."""

    max_age_s: Annotated[int, Field(gt=0, le=7 * 86_400)] | None = Field(
        None, description="How old a delivery may be, in seconds: the longer, the longer one can be repeated."
    )


ABOUT = "Lever; its signature does not cover the body"
SUCCESS_STATUS = 200
CONFIG = LeverConfig


def verify(
    delivery: Delivery, secrets: Sequence[str], config: LeverConfig, /, *, now: datetime, tolerance_s: float
) -> None:
    """``signature`` in the body: hex HMAC-SHA256 over ``token`` and ``triggeredAt``, joined by nothing.

    Each type of event has a token of its own to sign with; a secret may hold several, with spaces between.
    """
    try:
        body = reading.read_object(delivery.body)
    except Invalid:
        raise SignatureInvalid("a JSON object with signature, token and triggeredAt is expected") from None
    token, triggered, signature = body.get("token"), body.get("triggeredAt"), body.get("signature")
    at_time = reading.unix_ms(triggered)
    digest = signing.hex_digest(signature) if isinstance(signature, str) else None
    if not isinstance(token, str) or not token or at_time is None or digest is None:
        raise SignatureInvalid("signature, token and triggeredAt are expected in the body")
    age_s = (now - at_time).total_seconds()
    # what is joined by nothing could be parted elsewhere, but a time that gains or loses a digit is far off
    if not -tolerance_s <= age_s <= (config.max_age_s or tolerance_s):
        raise SignatureInvalid("triggeredAt is too far from now")
    keys = [part.encode() for secret in secrets for part in secret.split()]
    signing.check(f"{token}{triggered}".encode(), keys, [digest])


def handshake(_delivery: Delivery, _secrets: Sequence[str], _config: Config, /) -> Answer | None:
    """None: the test comes signed, with no data."""
    return None


def delivery_id(delivery: Delivery, _config: Config, /) -> str | None:
    """The token, drawn anew for each event."""
    return reading.id_in(delivery.body, "token")


def map_events(delivery: Delivery, config: LeverConfig, /) -> Mapped:
    """An archived opportunity is a decline, one that was taken out again its withdrawal."""
    body = reading.read_object(delivery.body)
    event, data = reading.word(body, "event"), body.get("data")
    if event != "candidateArchiveChange":
        return ignore("an event that tells of no decline")
    if data == {}:
        return ignore("a test: it has no data")
    return _archive_change(data, reading.unix_ms(body.get("triggeredAt")), config)


def _archive_change(data: Any, triggered_at: datetime | None, config: LeverConfig) -> Mapped:
    opportunity = needed(ident(data, "opportunityId") or ident(data, "candidateId"), "/data/opportunityId")
    archive = reading.stable_id("opportunity", opportunity, "archive")
    archived = at(data, "toArchived")
    if isinstance(archived, dict):
        decline = DeclineReceived(
            person=reading.person({"external_id": ident(data, "contactId") or opportunity}, "/data"),
            application=opportunity,
            reason=ident(archived, "reason"),
        )
        time = reading.unix_ms(archived.get("archivedAt")) or triggered_at
        sent = reading.sent(archive, time, decline, "/data/toArchived/archivedAt")
        return gathered([judged(sent, config)])
    if archived is not None or ("toArchived" not in data and not at(data, "fromArchived")):
        raise Invalid.at("/data/toArchived", "an object, or null, is expected")
    withdrawn = DeclineWithdrawn(decline=archive)
    return Mapped((reading.restated(withdrawn, triggered_at, "opportunity", opportunity, "unarchive"),))
