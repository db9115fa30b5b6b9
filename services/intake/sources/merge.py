"""The kind `merge`: webhooks of Merge (merge.dev), one shape for many applicant tracking systems.

Facts: docs.merge.dev/merge-unified/reading-data/webhooks/merge-webhooks (envelope, signature),
help.merge.dev 5389453 (names of events), 5389662 (what is tried again) and 5614281 (what tells deliveries
apart), and merge-api/merge-python-client, src/merge/resources/ats/types (the models).

Not documented, and how it is read here:

- Names of events: Merge itself writes changed and updated, added and created, removed and deleted; all are
  read.
- Who rejected an application or denied an offer: Merge has no field for it, so nobody knows unless the
  reason is mapped: by its name, its id, or ``DENIED`` for offers, beside which the reason of an expanded
  application counts too.
- An application that is rejected no longer: it looks as every other that is not, of which there is one on
  every change, so a withdrawal is never read.
- What lies behind an id: nothing is looked up here. The application's id stands for the person of an offer.

Merge sends what it finds when it looks, hours or days later, and for a new account the whole past. So only
the time that the platform itself tells counts; ``modified_at``, which is Merge's, would make an old no a
fresh one. An offer without the time at which it was closed was denied after it was sent, or made, and that
counts: a no that is refused here is not sent again, and one taken for older than it is looks fresh to nobody.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Annotated, Any

from pydantic import Field

from services.intake.sources import merge_models, reading, signing
from services.intake.sources.config import Config, Erasing
from services.intake.sources.contract import erased, judged, marked
from services.intake.sources.delivery import Answer, Delivery, Mapped, Sent, gathered, ignore
from services.intake.sources.merge_models import id_of, name_of
from services.intake.sources.reading import at, ident, needed, text
from shared.errors import Invalid
from shared.events import DeclineReceived, OptOutReceived, PersonChanged
from shared.pointer import pointer
from shared.reasons import fold


class MergeConfig(Erasing):
    """What a source of this kind may be told."""

    linked_accounts: Annotated[frozenset[str], Field(max_length=1000)] = Field(
        frozenset(),
        description="Ids, or origin ids, of the linked accounts that are this tenant's, for Merge sends "
        "those of a whole organization; where none is named, all are.",
    )


ABOUT = "Merge, for the applicant tracking systems behind it"
SUCCESS_STATUS = 200
CONFIG = MergeConfig

#: Where in what is sent a candidate may stand.
_CANDIDATES: tuple[tuple[str, ...], ...] = ((), ("candidate",), ("application", "candidate"))
#: When an offer was denied, and where that is not told, after what.
_DENIED_AT = ("closed_at", "sent_at", "remote_created_at")
_VERBS = {"created": "added", "updated": "changed", "deleted": "removed"}


def verify(delivery: Delivery, secrets: Sequence[str], _: Config, /, **_age: object) -> None:
    """``X-Merge-Webhook-Signature``: base64url, padded or not, over the whole body; no time is signed."""
    digest = signing.base64_digest(delivery.headers.get("x-merge-webhook-signature", ""))
    expected = "X-Merge-Webhook-Signature with a digest in base64 is expected"
    signing.check_digest(delivery.body, secrets, digest, expected)


def handshake(_delivery: Delivery, _secrets: Sequence[str], _config: Config, /) -> Answer | None:
    """Merge has none; its test is signed."""
    return None


def delivery_id(delivery: Delivery, _config: Config, /) -> str | None:
    """The signature, by which Merge says to tell deliveries apart, however it is padded."""
    digest = signing.base64_digest(delivery.headers.get("x-merge-webhook-signature", ""))
    return digest.hex() if digest else None


def map_events(delivery: Delivery, config: MergeConfig, /) -> Mapped:
    """A rejected application or a denied offer is a decline. Raises Invalid where it lacks what it needs."""
    body = reading.read_object(delivery.body)
    event = text(body, "hook", "event")
    if event is None:
        raise Invalid.at("/hook/event", "text is expected")
    account = (ident(body, "linked_account", "id"), ident(body, "linked_account", "end_user_origin_id"))
    if config.linked_accounts and config.linked_accounts.isdisjoint(account):
        return ignore("a linked account that is not one of this source's")
    model, _, verb = fold(event).partition(".")
    read = _EVENTS.get((model, _VERBS.get(verb, verb)))
    data = body.get("data")
    told = partial(read, data, account[0] or "", config) if read else None
    return marked(told, lambda: _opted_out(data), "an event that tells of no decline")


def _application(data: Any, account: str, config: MergeConfig) -> Mapped:
    if at(data, "rejected_at") is None:
        return ignore("an application that is not rejected")
    application_id = needed(ident(data, "id"), "/data/id")
    reason = at(data, "reject_reason")
    decline = reading.build(
        DeclineReceived,
        person=merge_models.applicant(data, application_id, "/data"),
        recruiter=merge_models.recruiter(at(data, "credited_to")),
        job=reading.job(name_of(at(data, "job")), id_of(at(data, "job"))),
        application=application_id,
        stage=merge_models.stage(at(data, "current_stage")),
        reason=text(reason, "name", limit=500) or id_of(reason),
    )
    sent_id = reading.stable_id(account, "application", application_id, "rejection")
    sent = reading.sent(sent_id, reading.rfc3339(data["rejected_at"]), decline, "/data/rejected_at")
    return gathered([judged(sent, config, id_of(reason))])


def _offer(data: Any, account: str, config: MergeConfig) -> Mapped:
    status, application = text(data, "status"), at(data, "application")
    if status is None or fold(status) != "denied":
        return ignore("an offer that was not denied")
    application_id = needed(id_of(application), "/data/application")
    decline = DeclineReceived(
        person=merge_models.applicant(application, application_id, "/data/application"),
        recruiter=merge_models.recruiter(at(data, "creator")),
        job=reading.job(name_of(at(application, "job")), id_of(at(application, "job"))),
        application=application_id,
        stage="offer",
        reason=status,
    )
    sent_id = reading.stable_id(account, "offer", needed(ident(data, "id"), "/data/id"), "denial")
    times = (reading.rfc3339(at(data, name)) for name in _DENIED_AT)
    sent = reading.sent(sent_id, next((time for time in times if time), None), decline, "/data/closed_at")
    # an expanded application that is rejected tells of the same no
    rejected = at(application, "reject_reason")
    return gathered([judged(sent, config, text(rejected, "name", limit=500), id_of(rejected))])


def _candidate_changed(data: Any, account: str, config: MergeConfig) -> Mapped:
    if config.erase_deleted and at(data, "remote_was_deleted") is True:
        return _candidate_removed(data, account, config)
    changed = PersonChanged(person=merge_models.person(data, "/data"))
    return Mapped((reading.restated(changed, None, "candidate", "change"),))


def _candidate_removed(data: Any, _account: str, config: MergeConfig) -> Mapped:
    return erased(config, ident(data, "id"), "/data/id", "removal")


_EVENTS: Mapping[tuple[str, str], Callable[[Any, str, MergeConfig], Mapped]] = {
    ("application", "added"): _application,
    ("application", "changed"): _application,
    ("offer", "added"): _offer,
    ("offer", "changed"): _offer,
    ("candidate", "changed"): _candidate_changed,
    ("candidate", "removed"): _candidate_removed,
}


def _opted_out(data: Any) -> list[Sent]:
    """A candidate who cannot be mailed wants no mail, or so it is safe to read."""
    marked_at = [path for path in _CANDIDATES if at(data, *path, "can_email") is False]
    persons = [merge_models.person(at(data, *path), pointer(("data", *path))) for path in marked_at]
    return [reading.restated(OptOutReceived(person=one), None, "candidate", "opt-out") for one in persons]
