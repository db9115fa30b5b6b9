"""What is written in a mail: the texts of its body in their order, without attachments and quoted mails."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from email.message import EmailMessage
from itertools import chain

from services.intake.sources import mail
from services.intake.sources.mail_html import seen_text

#: A line that goes on in the next: neither is quoted, and it is not the one above a signature.
_FLOWS = re.compile(r"^(?!>|-- \n)(.*) \n ?(?!>)", re.MULTILINE)
#: Decoders that take their time, or read more than letters, are not for strangers to choose.
_CHARSETS = re.compile(
    r"us-ascii|utf-?8|utf-?16(le|be)?|iso-?8859-\d{1,2}|windows-\d{3,4}|cp\d{3,4}|koi8-[ru]|macintosh|tis-620"
    r"|iso-2022-(jp|kr)|shift_?jis|euc-(jp|kr)|ks_c_5601-1987|gb2312|gbk|gb18030|big5",
    re.ASCII,
)
#: Names that Python does not know; -i and -e (RFC 1556) say in what order the letters come, not which.
_ALIASES = {
    "iso-8859-6-e": "iso-8859-6",
    "iso-8859-6-i": "iso-8859-6",
    "iso-8859-8-e": "iso-8859-8",
    "iso-8859-8-i": "iso-8859-8",
    "windows-31j": "cp932",
    "windows-874": "cp874",
    "windows-949": "cp949",
    "x-sjis": "shift_jis",
}


def words(message: EmailMessage) -> str:
    """All that is written in it."""
    return "\n\n".join(passages(message))


def passages(message: EmailMessage) -> list[str]:
    """The texts of its body, each once; those of files only where there is no other."""
    found = list(_texts(message, files=False)) or list(_texts(message, files=True))
    return list({" ".join(text.split()): text for text in found}.values())


def _texts(part: EmailMessage, *, files: bool) -> Iterator[str]:
    if not _is_body(part, files=files):
        return
    if part.get_content_maintype() != "multipart":
        yield from _text(part)
        return
    each = (list(_texts(one, files=files)) for one in _in_order(part))
    if part.get_content_type() in {"multipart/alternative", "multipart/related"}:
        yield from next(filter(None, each), [])
    else:
        yield from chain.from_iterable(each)


def _in_order(part: EmailMessage) -> list[EmailMessage]:
    """Its parts; of several forms of one text the plain one is believed first.

    But not where nothing is to be seen of it: some programs leave the plain text blank.
    """
    inner = list(mail.parts(part))
    if part.get_content_type() == "multipart/alternative":
        inner.sort(key=lambda one: one.get_content_type() != "text/plain")
    return inner


def _is_body(part: EmailMessage, *, files: bool) -> bool:
    with suppress(Exception):
        return mail.word(part, "Content-Disposition") != "attachment" and (files or not part.get_filename())
    return True


def _text(part: EmailMessage) -> Iterator[str]:
    """What is to be seen of a part, if anything."""
    read = _READ.get(part.get_content_type())
    with suppress(Exception):
        text = mail.clean(read(part)).strip() if read else ""
        if any(letter.isprintable() and not letter.isspace() for letter in text):
            yield text


def _plain_text(part: EmailMessage) -> str:
    """With its lines as their writer had them, where spaces were put in to break them (RFC 3676, 4)."""
    text = content(part)
    if str(part.get_param("delsp", "")).casefold() != "yes":
        return text
    return _FLOWS.sub(r"\1", text.replace("\r\n", "\n"))


def _page(part: EmailMessage) -> str:
    return seen_text(content(part))


_READ: Mapping[str, Callable[[EmailMessage], str]] = {"text/plain": _plain_text, "text/html": _page}


def content(part: EmailMessage) -> str:
    """The text of a part; what its charset does not have is shown as a question mark."""
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    told = (part.get_content_charset() or "us-ascii").lower()
    charset = _ALIASES.get(told, told)
    if charset != "us-ascii" and _CHARSETS.fullmatch(charset):
        with suppress(LookupError):
            return payload.decode(charset, "replace")
    return payload.decode("utf-8", "replace")
