"""What is to be done with a due row, decided before anything is done: a mail, a wait or an end. No I/O."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.notifier import guard
from services.notifier.card import Details, open_card
from services.notifier.letter import Letter, Sender, UnfitError
from services.notifier.look import Seen
from services.notifier.permits import signed_decision, unclaimed
from services.notifier.render import Renderer, links
from services.notifier.schedule import next_allowed
from shared.decision import Decision, Schedule, Verifier
from shared.errors import Destroyed, Invalid, NotFound, SignatureInvalid
from shared.links import LinkSigner
from shared.states import State
from shared.store.client import Document
from shared.vault import Vault


@dataclass(frozen=True, slots=True)
class Mail:
    """It may go out, in the hours that `schedule` allows in the first of `zones` that is known."""

    case: Document
    letter: Letter
    schedule: Schedule
    zones: tuple[str | None, str]


@dataclass(frozen=True, slots=True)
class Drop:
    """It must not go out, ever."""

    case: Document
    to: Literal[State.CANCELLED, State.FAILED]
    why: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Not at this hour. Counts as no try."""

    case: Document
    until: datetime


@dataclass(frozen=True, slots=True)
class Retry:
    """Something of ours is missing that may come: counts as a try."""

    case: Document
    why: str


Plan = Mail | Drop | Wait | Retry


class Prepare:
    """Makes plans."""

    def __init__(
        self, verifier: Verifier, vault: Vault, renderer: Renderer, signer: LinkSigner, public_url: str
    ) -> None:
        self._verifier = verifier
        self._vault = vault
        self._renderer = renderer
        self._signer = signer
        self._public_url = public_url

    def plan(self, seen: Seen, now: datetime) -> Plan:
        """What is to be done with this row at this moment."""
        case = seen.case
        against = _against(seen, now)
        if against is not None:
            return Drop(case, State.CANCELLED, against)
        if seen.tenant is None or seen.card is None:
            return Retry(case, f"no {'tenant' if seen.tenant is None else 'card'} on record")
        try:
            permit = self._permit(case)
            details = open_card(seen.card, self._vault)
            return self._mail(case, permit, seen.tenant, details, now)
        except Destroyed:
            return Drop(case, State.CANCELLED, "erasure: the candidate's data were destroyed")
        except NotFound as error:
            return Retry(case, str(error))
        except (SignatureInvalid, Invalid, UnfitError) as error:
            return Drop(case, State.FAILED, str(error))

    def _permit(self, case: Document) -> Decision:
        """The stored decision, verified once more: nothing goes out unjudged, whoever can write here."""
        signed = signed_decision(case)
        if signed is None:
            raise SignatureInvalid("no signed decision is stored with the case")
        permit = self._verifier.verify(signed)
        if (permit.case, permit.tenant, permit.verdict) != (case["_id"], case["tenant"], "approve"):
            raise SignatureInvalid("the stored decision does not permit this mail")
        return permit

    def _mail(
        self, case: Document, permit: Decision, tenant: Document, details: Details, now: datetime
    ) -> Plan:
        if permit.schedule is None:
            raise SignatureInvalid("the stored decision has no schedule")
        zones = (details.timezone, tenant.get("timezone") or "UTC")
        closed = _closed(case, permit.schedule, zones, now)
        if closed is not None:
            return closed
        if details.email is None:
            return Drop(case, State.FAILED, "no e-mail address on record")
        letter = self._renderer.letter(
            case["_id"],
            Sender(tenant["company"], tenant["from_name"], tenant["from_email"]),
            details.name,
            details.email,
            links(self._public_url, self._signer.token(case["_id"])),
            now,
        )
        guard.check(letter)
        return Mail(case, letter, permit.schedule, zones)


def closed_meanwhile(mail: Mail, now: datetime) -> Wait | Drop | None:
    """Why this mail must not go out now all the same: its quiet hours may have begun, or its last moment may
    have passed, while others were sent.
    """
    return _closed(mail.case, mail.schedule, mail.zones, now)


def _closed(
    case: Document, schedule: Schedule, zones: tuple[str | None, str], now: datetime
) -> Wait | Drop | None:
    until = next_allowed(now, schedule, *zones)
    last = schedule.not_after
    if last is not None and until > last:
        words = "the no is too long ago to be thanked for now: not after"
        return Drop(case, State.CANCELLED, f"{words} {last.isoformat(timespec='seconds')}")
    return Wait(case, until) if until > now else None


def _against(seen: Seen, now: datetime) -> str | None:
    if seen.stops:
        return f"on record for this person: {', '.join(seen.stops)}"
    if seen.tangled:
        return "so many identifiers hang together that nobody can tell who this is"
    return unclaimed(seen.case["_id"], seen.permits, now)
