"""From a case to the bytes of its one mail (RFC 5322, MIME), the same for the same case and time. Pure."""

import re
import unicodedata
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from services.notifier.letter import Letter, Links, Sender, UnfitError

SUBJECT = "Thank you for your answer"
#: Long enough for every header: a folded or encoded link is none, for mail clients read it as it stands.
_HEADERS = SMTP.clone(max_line_length=998)
_MAX_NAME = 60
_MAX_WORDS = 7
_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(
    r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
)
#: RFC 5321, 4.5.3.1.1.
_MAX_LOCAL_PART = 64
_NAME_PUNCTUATION = frozenset(" -\u2010'\u2019\u02bc.")
#: A dot that is followed by two letters reads as a domain; initials ("J.R.R. Tolkien") do not.
_DOMAIN_LIKE = re.compile(r"\.\w\w")


class Renderer:
    """Holds the templates, read once. Rendering itself reads nothing."""

    def __init__(self) -> None:
        templates = Environment(
            loader=PackageLoader("services.notifier"),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._text = templates.get_template("thank_you.en.txt")
        self._html = templates.get_template("thank_you.en.html")

    def letter(
        self, case: str, sender: Sender, name: str | None, email: str, links: Links, at: datetime
    ) -> Letter:
        """The mail of this case. `name` and `email` are as the source gave them, `at` becomes its Date.

        Raises UnfitError where the sender or the address cannot stand in a mail.
        """
        recipient = address(email, "the candidate's address")
        writer = Sender(
            company=one_line(sender.company, "the tenant's company"),
            name=one_line(sender.name, "the tenant's from_name"),
            address=address(sender.address, "the tenant's from_email"),
        )
        values = {"sender": writer, "name": plain_name(name), "links": links, "subject": SUBJECT}
        message = EmailMessage(policy=SMTP)
        message["From"] = Address(writer.name, addr_spec=writer.address)
        message["To"] = Address(addr_spec=recipient)
        message["Subject"] = SUBJECT
        message["Date"] = format_datetime(at)
        message["Message-ID"] = message_id(case, writer.address)
        message["Auto-Submitted"] = "auto-generated"
        message["List-Unsubscribe"] = f"<{links.one_click}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message.set_content(self._text.render(values), cte="quoted-printable")
        message.add_alternative(self._html.render(values), subtype="html", cte="quoted-printable")
        message.set_boundary(f"=_{case}")  # the library would draw one, and the bytes would differ each time
        message["Content-Language"] = "en"
        return Letter(writer, recipient, links, message.as_bytes(policy=_HEADERS))


def links(public_url: str, token: str) -> Links:
    """The links of the candidate whom this token names. A page changes nothing; its button posts."""
    page = f"{public_url.rstrip('/')}/c/{token}"
    return Links(why=page, never=f"{page}#never", one_click=f"{page}/never")


def message_id(case: str, from_email: str) -> str:
    """The same for the same case, so that a mail that did arrive twice would be recognised as one."""
    return f"<{case}@{from_email.rpartition('@')[2]}>"


def plain_name(name: str | None) -> str | None:
    """The name where it is nothing but one: letters of any script, spaces, - ' and dots. Else None."""
    if name is None:
        return None
    name = unicodedata.normalize("NFC", name).strip()
    if not 0 < len(name) <= _MAX_NAME or len(name.split(" ")) > _MAX_WORDS or _DOMAIN_LIKE.search(name):
        return None
    letters = all(char in _NAME_PUNCTUATION or unicodedata.category(char)[0] in "LM" for char in name)
    starts = all(unicodedata.category(word[0])[0] == "L" for word in name.split(" ") if word)
    return name if letters and starts and not _piled(name) else None


def _piled(name: str) -> bool:
    """Whether marks are heaped on a letter, as no script does."""
    return any(
        all(unicodedata.category(char)[0] == "M" for char in name[i : i + 4]) for i in range(len(name) - 3)
    )


def one_line(text: str, what: str) -> str:
    """The text where it can stand in a header. Raises UnfitError for line breaks and the unseen."""
    if not text.strip() or any(unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for char in text):
        raise UnfitError(f"{what} must be one line of visible characters")
    return text


def address(text: str, what: str) -> str:
    """The address in ASCII (RFC 5321 dot-string; a domain beyond ASCII as IDNA has it). Raises UnfitError."""
    local_part, at, domain = text.strip().rpartition("@")
    if not at or len(local_part) > _MAX_LOCAL_PART or not _LOCAL_PART.fullmatch(local_part):
        raise UnfitError(f"{what} is not one that mail can be sent to")
    return f"{local_part}@{_domain(domain, what)}"


def _domain(domain: str, what: str) -> str:
    try:
        encoded = domain.encode("idna").decode("ascii").lower()
        # IDNA 2003 maps some letters to others ("ß" to "ss"): that may be somebody else's domain
        same = encoded.encode("ascii").decode("idna") == unicodedata.normalize("NFC", domain).lower()
    except UnicodeError:
        same = False
    if not same or not _DOMAIN.fullmatch(encoded):
        raise UnfitError(f"{what} is not one that mail can be sent to")
    return encoded
