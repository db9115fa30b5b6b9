"""The kind `email`: one mail a delivery, as it came (RFC 5322), signed as Standard Webhooks 1.0.0 says.

Whoever passes the mail on signs it, or it is fetched from a folder; its own headers are a stranger's word.
Mail to an address of a List-Unsubscribe header (RFC 2369, section 3.2) is an opt-out, whatever it says.

A mail is never a decline: what an answer means is read by policy, and whose no it was the platform tells.
"""

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from typing import Annotated

from pydantic import AfterValidator, Field

from services.intake.sources import (
    mail,
    mail_automatic,
    mail_body,
    mail_reports,
    mail_stop,
    reading,
    standard_webhooks,
)
from services.intake.sources.config import Config
from services.intake.sources.delivery import Answer, Delivery, Ignored, Mapped, Sent, gathered, ignore
from shared.errors import Invalid
from shared.events import MAX_TEXT, InteractionRecorded, OptOutReceived, Person, Recruiter
from shared.identity import canonical_email


def _address(text: str) -> str:
    address = canonical_email(text)
    if address is None:
        raise ValueError("an e-mail address is expected")
    return address


Addresses = Annotated[tuple[Annotated[str, AfterValidator(_address)], ...], Field(max_length=1000)]


class EmailConfig(Config):
    """What a source of this kind may be told."""

    recruiters: Addresses = Field((), description="Whose mail is outreach, and whom an answer is for.")
    unsubscribe: Addresses = Field((), description="Addresses to which nobody writes but to opt out.")


ABOUT = "mail as it came: answers, opt-outs, bounces, complaints"
SUCCESS_STATUS = 202
CONFIG = EmailConfig
MEDIA_TYPES = frozenset({"message/rfc822", "message/global"})
#: The method of a mail that was fetched from a folder. Nobody passed it on.
POLLED = "IMAP"
#: Set by whoever passes on a recruiter's own mail, and a stranger's word in any other.
DIRECTION = "X-Afterword-Direction"

#: Wherever an address stands to which a mail went: by its sender's word, or by that of a server on the way.
_RECIPIENTS = ("To", "Cc", "Bcc", "Delivered-To", "X-Original-To")
#: A mail to more is outreach to so many of them: each is an event that holds all that was written.
MAX_RECIPIENTS = 100
_TAG = re.compile(r"(?<=.)\+[^@]*@")


def verify(
    delivery: Delivery, secrets: Sequence[str], _: Config, /, *, now: datetime, tolerance_s: float
) -> None:
    """Raises SignatureInvalid unless one of the secrets signed these bytes within the tolerance."""
    standard_webhooks.verify(delivery.headers, delivery.body, secrets, now=now, tolerance_s=tolerance_s)


def handshake(_delivery: Delivery, _secrets: Sequence[str], _config: Config, /) -> Answer | None:
    """Standard Webhooks has none."""
    return None


def delivery_id(delivery: Delivery, _config: Config, /) -> str | None:
    """The same for every try of one delivery, as the specification has it."""
    return delivery.headers.get("webhook-id")


def map_events(delivery: Delivery, config: EmailConfig, /) -> Mapped:
    """What the mail tells. Raises Invalid for what is no mail, or does not say from whom or when."""
    media_type = delivery.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in MEDIA_TYPES:
        raise Invalid.at("", "a mail is expected, its content type message/rfc822")
    message = mail.read(delivery.body)
    if message.get_content_type() == "multipart/report":
        return mail_reports.read_report(message)
    if mail_reports.letter_of(message, "Message-ID"):
        return ignore("a letter of ours")
    name = mail.header(message, "Message-ID") or hashlib.sha256(delivery.body).hexdigest()
    direction = "" if delivery.method == POLLED else mail.word(message, DIRECTION)
    return _of_a_person(message, name, direction, config)


def _of_a_person(message: EmailMessage, name: str, direction: str, config: EmailConfig) -> Mapped:
    if direction == "outreach":
        return _outreach(message, name, config)
    if _is_unsubscription(message, config):
        return Mapped((_opt_out(message, name),))
    of_recruiter = not direction and not _canonical(message, "From").isdisjoint(config.recruiters)
    wish = not of_recruiter and _is_stop(message)
    if mail_automatic.is_automatic(message) or (not wish and mail_automatic.seems_automatic(message)):
        return ignore("an automatic mail, which no person wrote")
    if of_recruiter:
        return _outreach(message, name, config)
    return Mapped((_opt_out(message, name) if wish else _answer(message, name, config),))


def _outreach(message: EmailMessage, name: str, config: EmailConfig) -> Mapped:
    sender, email = _sender(message)
    recruiter = reading.recruiter(sender, email, None)
    said, time = _text(message), _sent_at(message)
    told: list[Sent | Ignored] = []
    recipients = _recipients(message, config)
    for recipient, address in recipients[:MAX_RECIPIENTS]:
        try:
            person = reading.person({"name": recipient, "email": address}, "/to")
        except Invalid:
            told.append(Ignored("a recipient whose address cannot be read"))
            continue
        data = InteractionRecorded(person=person, recruiter=recruiter, direction="outreach", text=said)
        told.append(reading.sent(reading.stable_id("mail", name, "to", address), time, data))
    if more := len(recipients[MAX_RECIPIENTS:]):
        told.append(Ignored(f"{more} recipients beyond the first {MAX_RECIPIENTS}"))
    return gathered(told or [Ignored("outreach to nobody whose address is told")])


def _recipients(message: EmailMessage, config: EmailConfig) -> list[tuple[str, str]]:
    """Whom it went to, openly or in copy, each once and nobody of the house."""
    each: dict[str, tuple[str, str]] = {}
    for name, address in (*mail.addresses(message, "To"), *mail.addresses(message, "Cc")):
        each.setdefault(canonical_email(address) or address, (name, address))
    house = {*config.recruiters, *config.unsubscribe}
    return [one for form, one in each.items() if form not in house]


def _answer(message: EmailMessage, name: str, config: EmailConfig) -> Sent:
    data = InteractionRecorded(
        person=_person(message),
        recruiter=_answered(message, config),
        direction="reply",
        text=_text(message),
    )
    return reading.sent(reading.stable_id("mail", name), _sent_at(message), data)


def _is_stop(message: EmailMessage) -> bool:
    """Of a body in several texts the first tells: lists and servers on the way add theirs below."""
    said = next(iter(mail_body.passages(message)), "")
    return mail_stop.is_stop(said, mail.subject(message))


def _opt_out(message: EmailMessage, name: str) -> Sent:
    """From its sender, and from whoever got the letter that it answers: the address may be another one, or
    one that nobody can read.
    """
    case = mail_reports.letter_of(message, "In-Reply-To", "References")
    try:
        person = _person(message)
    except Invalid:
        if case is None:
            raise
        person = None
    data = OptOutReceived(person=person, case=case, text=_text(message))
    return reading.restated(data, mail.sent_at(message), "mail", name)


def _is_unsubscription(message: EmailMessage, config: EmailConfig) -> bool:
    """Mailings often name the address with a tag (RFC 5233), by which they know whom they wrote to."""
    if not config.unsubscribe:
        return False  # what strangers put into these headers takes long to read
    got = set[str]().union(*(_canonical(message, name) for name in _RECIPIENTS))
    got |= {_TAG.sub("@", address) for address in got}
    return not got.isdisjoint(config.unsubscribe) and mail.word(message, "Auto-Submitted") != "auto-replied"


def _answered(message: EmailMessage, config: EmailConfig) -> Recruiter | None:
    """The one recruiter whom it was sent to; None where nobody, or several, are known as such."""
    to = [*mail.addresses(message, "To"), *mail.addresses(message, "Cc")]
    known = {form: one for one in to if (form := canonical_email(one[1])) in config.recruiters}
    return reading.recruiter(*known.popitem()[1], None) if len(known) == 1 else None


def _sender(message: EmailMessage) -> tuple[str, str]:
    """Name and address of the one sender. Raises Invalid where there is none, or more than one.

    What holds no address is of a name that should have been in quotes: Example, Ada <ada@example.com>.
    """
    told = mail.addresses(message, "From")
    addresses = [address for _, address in told if "@" in address]
    if len(told) > 1 and len(addresses) == 1:
        return ", ".join(name or address for name, address in told if name or "@" not in address), addresses[
            0
        ]
    if len(told) != 1:
        raise Invalid.at("/from", "one address is expected")
    return told[0]


def _person(message: EmailMessage) -> Person:
    """The sender. Raises Invalid where nobody can tell who it is."""
    name, email = _sender(message)
    return reading.person({"name": name, "email": email}, "/from")


def _sent_at(message: EmailMessage) -> datetime:
    """When. Raises Invalid where neither it nor a server says so."""
    time = mail.sent_at(message)
    if time is None:
        raise Invalid.at("/date", "a time as in RFC 5322 is expected, in Date or in Received")
    return time


def _canonical(message: EmailMessage, name: str) -> set[str]:
    return {form for _, address in mail.addresses(message, name) if (form := canonical_email(address))}


def _text(message: EmailMessage) -> str | None:
    return mail_body.words(message)[:MAX_TEXT] or None
