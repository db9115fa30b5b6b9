"""The last look at the bytes themselves: whatever rendering did, only the agreed mail leaves. Pure."""

import re
from collections import Counter
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser

from services.notifier.letter import Letter, UnfitError

_HEADERS = frozenset(
    {
        "from",
        "to",
        "subject",
        "date",
        "message-id",
        "auto-submitted",
        "list-unsubscribe",
        "list-unsubscribe-post",
        "content-language",
        "mime-version",
        "content-type",
    }
)
_PARTS = ("text/plain", "text/html")
_TAGS = frozenset({"html", "head", "meta", "title", "body", "main", "p", "bdi", "br", "hr", "footer", "a"})
_ATTRIBUTES = {
    "html": frozenset({"lang"}),
    "meta": frozenset({"charset", "name", "content"}),
    "body": frozenset({"style"}),
    "a": frozenset({"href"}),
}
#: What loads something, or draws over the page.
_STYLE_LOADS = re.compile(r"url|@|expression|position|\\", re.IGNORECASE)
_URL = re.compile(
    r"(?:[a-z][a-z0-9+.-]*:)?//[^\s<>\"']+|\b(?:mailto|tel|data|javascript):[^\s<>\"']*|\bwww\.[^\s<>\"']+",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[^\s@<>\"]+@[^\s@<>\"]+\.\w+")
_LEFTOVER = re.compile(r"\{\{|\}\}|\{%|%\}|\{#|#\}|<%|\$\{|\bundefined\b", re.IGNORECASE)


def check(letter: Letter) -> None:
    """Raises UnfitError for what the agreed mail has not: a header, a recipient, a link, a tag."""
    message = message_from_bytes(letter.raw, policy=policy.default)
    _check_headers(message, letter)
    parts = list(message.iter_parts())
    if (
        message.get_content_type() != "multipart/alternative"
        or tuple(p.get_content_type() for p in parts) != _PARTS
    ):
        raise UnfitError("expected one text and one HTML part, and nothing else")
    text, html = (str(part.get_content()) for part in parts)
    page = _Page()
    page.feed(html)
    page.close()
    _check_text("the text", text, letter, Counter({letter.links.why: 1, letter.links.never: 1}))
    _check_text("the page", page.text, letter, Counter())
    if Counter(page.links) != Counter({letter.links.why: 1, letter.links.never: 1}):
        raise UnfitError("the page must link to the candidate's two pages, once each, and to nothing else")


def _check_headers(message: EmailMessage, letter: Letter) -> None:
    names = Counter(name.lower() for name, _ in message.items())
    if set(names) != _HEADERS or max(names.values()) > 1:
        wrong = sorted(set(names) ^ _HEADERS) or sorted(name for name, count in names.items() if count > 1)
        raise UnfitError(f"headers other than agreed, or twice: {', '.join(wrong)[:200]}")
    if message.defects:
        raise UnfitError("the headers are not well formed")
    to, sender = message["to"].addresses, message["from"].addresses
    if [address.addr_spec for address in to] != [letter.recipient]:
        raise UnfitError("the mail must go to the candidate and to nobody else")
    if [(address.display_name, address.addr_spec) for address in sender] != [
        (letter.sender.name, letter.sender.address)
    ]:
        raise UnfitError("the mail must come from the tenant and from nobody else")
    if message["list-unsubscribe"] != f"<{letter.links.one_click}>":
        raise UnfitError("List-Unsubscribe must name the candidate's own address and nothing else")
    if _LEFTOVER.search(message["subject"]):
        raise UnfitError("the subject has a template's leftovers")


def _check_text(what: str, text: str, letter: Letter, links: Counter[str]) -> None:
    if Counter(_URL.findall(text)) != links:
        raise UnfitError(f"{what} must carry the candidate's links and no other")
    prose = text
    for known in (letter.sender.company, letter.sender.name):
        prose = prose.replace(known, "")
    if _ADDRESS.search(prose):
        raise UnfitError(f"{what} carries a mail address")
    if _LEFTOVER.search(prose):
        raise UnfitError(f"{what} has a template's leftovers")


class _Page(HTMLParser):
    """Gathers a page's text and links; refuses every tag and attribute that the agreed page has not."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self._pieces: list[str] = []

    @property
    def text(self) -> str:
        """What a reader sees."""
        return "".join(self._pieces)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One tag, with its attributes."""
        if tag not in _TAGS:
            raise UnfitError(f"the page has a tag that it must not have: {tag[:20]}")
        for name, value in attrs:
            if name not in _ATTRIBUTES.get(tag, ()):
                raise UnfitError(f"the page's {tag} has an attribute that it must not have: {name[:20]}")
            if name == "style" and _STYLE_LOADS.search(value or ""):
                raise UnfitError("the page's style may load nothing")
            if name == "href":
                self.links.append(value or "")

    def handle_data(self, data: str) -> None:
        """Text between tags."""
        self._pieces.append(data)

    def handle_comment(self, data: str) -> None:
        """Comments can hold what some mail programs still run."""
        raise UnfitError(f"the page has a comment of {len(data)} characters")

    def unknown_decl(self, data: str) -> None:
        """Conditional sections, which some mail programs still run."""
        raise UnfitError(f"the page has a section of {len(data)} characters that is no HTML")

    def handle_pi(self, data: str) -> None:
        """Processing instructions have no place in a mail."""
        raise UnfitError(f"the page has an instruction of {len(data)} characters")
