"""The words of an HTML mail, line by line, as a reader sees them; what it quotes begins with ``>``.

Not an HTML parser: one pass over the tags, whose time grows with the length alone, whatever is never closed.
"""

import html
import re

from services.intake.sources.mail_hidden import Elements, Hider

#: A name gives no letter back (`*+`), or one without an end would be read anew for each of its letters.
_TAG = re.compile(r"<!--(?:-?>)?|--!?>|<(?P<end>/?)(?P<name>[a-zA-Z][a-zA-Z0-9]*+)[^<>]*>|<[!?][^<>]*>")
#: A comment holds markup too: what one program alone shows (`<!--[if mso]>`) is for no other.
_OPENS, _CLOSES = "<!--", ("-->", "--!>")
_UNSEEN = frozenset({"head", "script", "style", "title", "template"})
_LINES = frozenset(
    {
        "address",
        "blockquote",
        "br",
        "div",
        "dl",
        "dt",
        "dd",
        "hr",
        "li",
        "ol",
        "p",
        "pre",
        "table",
        "tr",
        "ul",
    }
    | {f"h{level}" for level in range(1, 7)}
)
#: Deeper quotes are quotes all the same.
_MAX_DEPTH = 9


def seen_text(page: str) -> str:
    """What stands on the page, without what is not shown."""
    seen = _Seen()
    unseen, end = "", 0
    # one that is never closed would hide whatever follows
    last_close = max(map(page.rfind, _CLOSES))
    for tag in _TAG.finditer(page):
        if not unseen:
            if tag[0] in _CLOSES:
                continue
            seen.text(page[end : tag.start()])
        end = tag.end()
        name, closes = (tag["name"] or "").lower(), bool(tag["end"])
        if unseen == _OPENS:
            unseen = "" if tag[0].endswith(_CLOSES) else unseen
        elif unseen:
            unseen = "" if closes and name == unseen else unseen
        elif tag[0] == _OPENS and tag.start() < last_close:
            unseen = _OPENS
        elif name in _UNSEEN and not closes:
            unseen = name
        elif name:
            seen.tag(name, tag[0], closes=closes)
    if not unseen:
        seen.text(page[end:])
    return seen.all()


class _Seen:
    """What was read so far, and by which elements it is hidden."""

    def __init__(self) -> None:
        self._elements = Elements()
        self._pieces: list[tuple[str, Hider]] = []
        self._depth = 0

    def text(self, source: str) -> None:
        """What stands between two tags."""
        if source:  # tags often follow each other at once
            self._pieces.append((_plain(source), self._elements.hider))

    def tag(self, name: str, tag: str, *, closes: bool) -> None:
        """Where an element begins or ends."""
        if not closes:
            self._elements.begin(name, tag)
        if name == "blockquote":
            self._depth = max(0, self._depth + (-1 if closes else 1))
        if name in _LINES:
            # a line ends where there is a box, and what is not displayed has none
            box = Hider(self._elements.hider.display)
            self._pieces.append(("\n" + "> " * min(self._depth, _MAX_DEPTH), box))
        if closes:
            self._elements.end(name)

    def all(self) -> str:
        """The text, once the page is over."""
        return "".join(text for text, hider in self._pieces if self._elements.is_seen(hider))


def _plain(text: str) -> str:
    """Line breaks in the source are spaces on the page."""
    return re.sub(r"\s+", " ", html.unescape(text))
