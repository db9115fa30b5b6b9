"""A mail (RFC 5322, MIME) read within bounds: bytes, lines, parts, headers.

Anybody can send one, so whatever bytes came, these functions return or raise Invalid. The library's reading
of a header takes time that grows with the square of its length, and fails in any way that it likes.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from email.headerregistry import AddressHeader, HeaderRegistry
from email.message import EmailMessage
from email.parser import BytesParser, Parser
from email.policy import EmailPolicy
from email.utils import getaddresses, parsedate_to_datetime
from typing import Any

from shared.errors import Invalid
from shared.moments import to_millisecond

#: What a person wrote, or a server reports, stands at the beginning; what comes after is not looked at.
MAX_BYTES, MAX_LINES = 256 * 1024, 10_000
#: Parts may lie in each other, and each level costs a look at every line.
MAX_PARTS = 50
#: A longer header counts as none, for a part of an address is somebody else's.
MAX_HEADER = 1_000
#: But whom it went to is a list, that is read in as many pieces of this length.
_LISTS = frozenset({"to", "cc"})
_MAX_PIECES = 5

_PART = re.compile(rb"content-type", re.IGNORECASE)
#: What tells of a part how it is written: the library asks for it over and over, and makes do with the text.
_OF_PARTS = frozenset({"content-type", "content-disposition", "content-transfer-encoding"})
#: A comment there, or what is in quotes and holds none.
_COMMENT = re.compile(r'("(?:[^"\\]|\\.)*+")|\([^()]*\)')
#: Words encoded one after another (RFC 2047, 6.2): the space between them parts nothing.
_ENCODED = r"=\?[^?\s]+\?[bq]\?[^?\s]*\?="
_ADJACENT = re.compile(rf"({_ENCODED})\s+(?={_ENCODED})", re.IGNORECASE)
#: The first word of a header, behind comments, without what follows it.
_WORD = re.compile(r"(?:\s*\([^()]*\))*\s*([^\s;(]*)")
#: What stands for bytes that are no letter.
_UNREADABLE = re.compile("[\ud800-\udfff\ufffd]")


class _Bounded(EmailPolicy):
    """The library's default, but for headers that are too long, and for what it does not read as sent."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, raw = super().header_source_parse(sourcelines)
        if len(raw) > MAX_HEADER and name.lower() not in _LISTS:
            return name, ""
        value = _ADJACENT.sub(r"\1", _unescaped(raw))
        return name, _first_word(value) if name.lower() == "content-transfer-encoding" else value

    def header_fetch_parse(self, name: str, value: str) -> Any:
        if name.lower() in _OF_PARTS:
            return _COMMENT.sub(r"\1", "".join(value.splitlines()))
        return super().header_fetch_parse(name, value)


def _unescaped(value: str) -> str:
    """A header in UTF-8 (RFC 6532) with its letters; one in anything else as the library has it."""
    with suppress(UnicodeError):
        return value.encode("ascii", "surrogateescape").decode()
    return value


def _first_word(value: str) -> str:
    found = _WORD.match(value)
    return found[1] if found else ""


#: Each server on the way may add one of these, which the library does not know to hold an address.
_TRACES = frozenset({"delivered-to", "x-original-to"})
_MAX_TRACES = 10
_HEADERS = HeaderRegistry()
for _name in _TRACES:
    # the registry makes a header of it by joining it with its base class
    _HEADERS.map_to_type(_name, AddressHeader)  # type: ignore[arg-type]
_POLICY = _Bounded(header_factory=_HEADERS)


def read(body: bytes) -> EmailMessage:
    """The mail. Raises Invalid for what is none."""
    head = b"".join(body[:MAX_BYTES].splitlines(keepends=True)[:MAX_LINES])
    if len(_PART.findall(head)) > MAX_PARTS:
        raise Invalid.at("", f"a mail of at most {MAX_PARTS} parts is expected")
    message = None
    with suppress(Exception):
        message = BytesParser(policy=_POLICY).parsebytes(head)
    if not isinstance(message, EmailMessage) or not message.keys():
        raise Invalid.at("", "a mail as in RFC 5322 is expected")
    return message


def read_headers(text: str) -> EmailMessage:
    """Headers alone, as reports quote them; none where they cannot be read."""
    with suppress(Exception):
        message = Parser(policy=_POLICY).parsestr(text.lstrip(), headersonly=True)
        if isinstance(message, EmailMessage):
            return message
    return EmailMessage()


def header(message: EmailMessage, name: str) -> str:
    """The first header of this name as it was sent, on one line; empty where there is none."""
    raw = next((value for key, value in message.raw_items() if key.lower() == name.lower()), "")
    return " ".join(clean(str(raw)).split())


def word(message: EmailMessage, name: str) -> str:
    """The first word of this header, without parameters and comments."""
    return _first_word(header(message, name)).casefold()


def subject(message: EmailMessage) -> str:
    """The subject, decoded."""
    with suppress(Exception):
        return clean(str(message.get("Subject", "")))
    return ""


def addresses(message: EmailMessage, name: str) -> list[tuple[str, str]]:
    """Names and addresses in this header; none where it came twice, for nobody knows which to believe.

    But servers on the way each add a line of their own. Where a name cannot be one, none is told; nor an
    address that holds what is no letter, for it is not to be taken for somebody else's. What is not read of a
    long list is told as one without name and address.
    """
    told = [str(value) for key, value in message.raw_items() if key.lower() == name.lower()]
    if not 1 <= len(told) <= (_MAX_TRACES if name.lower() in _TRACES else 1):
        return []
    pieces = (piece for raw in told for piece in _pieces(raw))
    return [one for piece in pieces for one in ([("", "")] if piece is None else _listed(name, piece))]


def _pieces(raw: str) -> Iterator[str | None]:
    """A list in pieces that are soon read, cut at commas that are in no quotes; None for the rest."""
    for _ in range(_MAX_PIECES):
        if len(raw) <= MAX_HEADER:
            break
        cut = raw.rfind(",", 0, MAX_HEADER)
        while cut >= 0 and raw.count('"', 0, cut) % 2:
            cut = raw.rfind(",", 0, cut)
        yield raw[:cut] if cut >= 0 else None
        raw = raw[cut + 1 :] if cut >= 0 else raw[MAX_HEADER:].partition(",")[2]
    yield raw if len(raw) <= MAX_HEADER else None


def _listed(name: str, raw: str) -> list[tuple[str, str]]:
    """The library's own faults, on a stranger's header, leave nobody told."""
    with suppress(Exception):
        try:
            found = _POLICY.header_fetch_parse(name, raw).addresses
            return [(clean(one.display_name), _legible(one.addr_spec)) for one in found]
        except ValueError:
            return [("", _legible(address)) for _, address in getaddresses([raw]) if address]
    return []


def _legible(address: str) -> str:
    return "" if _UNREADABLE.search(address) else clean(address)


def sent_at(message: EmailMessage) -> datetime | None:
    """When it was sent by its Date; else when the nearest server took it in; None where neither tells."""
    for text in (header(message, "Date"), header(message, "Received").rpartition(";")[2]):
        with suppress(Exception):
            at = parsedate_to_datetime(text.strip())
            # -0000 (RFC 5322, 3.3): a time in UTC, from a place that is not told
            return to_millisecond(at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC))
    return None


def parts(message: EmailMessage) -> Iterator[EmailMessage]:
    """The parts that it has of its own, not those of a mail that it quotes."""
    if message.is_multipart():
        yield from (part for part in message.iter_parts() if isinstance(part, EmailMessage))


def inner(part: EmailMessage) -> list[EmailMessage]:
    """The mails, or blocks of fields, that a part of type ``message`` holds."""
    payload = part.get_payload()
    return [one for one in payload if isinstance(one, EmailMessage)] if isinstance(payload, list) else []


def clean(text: str) -> str:
    """Text that every encoder takes, with plain line ends."""
    return text.encode("utf-8", "replace").decode().replace("\r\n", "\n").replace("\r", "\n")
