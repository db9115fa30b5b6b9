"""Reports of servers about a letter: delivery status (RFC 3464, 6533) and feedback (RFC 5965). Pure.

Nobody signs them. So a report counts only by the id of the letter that it quotes, which holds the case, and
policy looks whether that letter was sent. Addresses in it are not looked at: anybody could write them.
"""

import re
from email.message import EmailMessage

from services.intake.sources import mail, mail_body
from services.intake.sources.delivery import Mapped, ignore
from services.intake.sources.reading import restated
from shared.events import BounceReceived, ComplaintReceived

_STATUS = frozenset({"message/delivery-status", "message/global-delivery-status"})
_FEEDBACK = "message/feedback-report"
_ORIGINAL = frozenset({"message/rfc822", "message/global", "message/global-headers"})
_HEADERS = "text/rfc822-headers"
#: Types of feedback by which somebody did not want the letter, of those that IANA lists (MARF parameters);
#: `opt-out` and `opt-out-list` are remembered of drafts of RFC 5965, and unverified.
_COMPLAINTS = frozenset({"abuse", "fraud", "opt-out", "opt-out-list", "other"})
#: A letter's Message-ID is its case at the tenant's domain.
_LETTER = re.compile(r"<(case_[a-z2-7]{32})@[^<>@\s]{1,255}>", re.ASCII)
_CLASS = re.compile(r"([245])\.\d{1,3}\.\d{1,3}\b", re.ASCII)


def letter_of(message: EmailMessage, *names: str) -> str | None:
    """The case of the one letter of ours that these headers name; None where it is none, or several."""
    found = {case for name in names for case in _LETTER.findall(mail.header(message, name))}
    return found.pop() if len(found) == 1 else None


def read_report(message: EmailMessage) -> Mapped:
    """The bounce or complaint that a `multipart/report` tells of."""
    parts = {part.get_content_type(): part for part in mail.parts(message)}
    status = next((part for kind, part in parts.items() if kind in _STATUS), None)
    feedback = parts.get(_FEEDBACK)
    if status is None and feedback is None:
        return ignore("a report of neither a bounce nor a complaint")
    case = _reported(message)
    if case is None:
        return ignore("a report on a mail that is no letter of ours")
    if status is not None:
        return _bounce(message, _blocks(status), case)
    kinds = {mail.word(block, "Feedback-Type") for block in mail.inner(parts[_FEEDBACK])}
    if not kinds & _COMPLAINTS:
        return ignore("feedback that is no complaint")
    complaint = ComplaintReceived(case=case)
    return Mapped((restated(complaint, mail.sent_at(message), "case", case, "complaint"),))


def _bounce(message: EmailMessage, blocks: list[EmailMessage], case: str) -> Mapped:
    failed = [block for block in blocks if mail.word(block, "Action") == "failed"]
    if not failed:
        return ignore("a delivery report that nothing came back")
    classes = [_CLASS.match(mail.header(block, "Status")) for block in failed]
    permanent = any(found is not None and found[1] == "5" for found in classes)
    bounce = BounceReceived(case=case, permanent=permanent)
    return Mapped((restated(bounce, mail.sent_at(message), "case", case, "bounce"),))


def _blocks(status: EmailMessage) -> list[EmailMessage]:
    """The groups of fields; of the newer type the library reads the first group only.

    Of that they may come encoded, so that no bound on lines held before: a letter goes to few.
    """
    found = mail.inner(status)
    if status.get_content_type() == "message/delivery-status":
        return found
    rest = "\n".join(mail_body.content(block) for block in found).replace("\r\n", "\n")
    return [*found, *map(mail.read_headers, rest.split("\n\n", mail.MAX_PARTS)[: mail.MAX_PARTS])]


def _reported(message: EmailMessage) -> str | None:
    """The letter that is reported on: of the mail that is quoted, else of what the report answers to."""
    quoted: list[EmailMessage] = []
    for part in mail.parts(message):
        kind = part.get_content_type()
        if kind in _ORIGINAL:
            quoted += mail.inner(part)
        elif kind == _HEADERS:
            quoted.append(mail.read_headers(mail_body.content(part)))
    if not quoted:
        return letter_of(message, "In-Reply-To", "References")
    found = {letter_of(original, "Message-ID") for original in quoted}
    return found.pop() if len(found) == 1 else None
