"""The words of an HTML mail, line by line, as a reader sees them; what it quotes begins with ``>``.

Not an HTML parser: two passes over the tags, whose time grows with the length alone, and what is never closed
hides nothing.
"""

import re
from collections.abc import Mapping, Sequence

from services.intake.sources.mail_hidden import Elements, Hider, unescaped

#: A name gives no letter back (`*+`), or one without an end would be read anew for each of its letters.
_TAG = re.compile(r"<!--(?:-?>)?|--!?>|<(?P<end>/?)(?P<name>[a-zA-Z][a-zA-Z0-9]*+)[^<>]*>|<[!?][^<>]*>")
#: A comment holds markup too: what one program alone shows (`<!--[if mso]>`) is for no other.
_OPENS, _CLOSES = "<!--", ("-->", "--!>")
_UNSEEN = frozenset({"script", "style", "title", "template"})
#: By the first of these the head ends, and with it what begins there and is never closed.
_HEAD_ENDS = frozenset({("/", "head"), ("", "body")})
_OF_HEAD = _UNSEEN | {"head", "body"}
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
    seen, shown_from = _Seen(), 0
    tags = list(_TAG.finditer(page))
    ends = _ends(tags)
    for tag in tags:
        start = tag.start()
        if start < shown_from or tag[0] in _CLOSES:
            continue
        seen.text(page[shown_from:start])
        shown_from = ends.get(start, tag.end())
        name = (tag["name"] or "").lower()
        if name and name not in _UNSEEN:
            seen.tag(name, tag[0], closes=bool(tag["end"]))
    seen.text(page[shown_from:])
    return seen.all()


def _ends(tags: Sequence[re.Match[str]]) -> Mapping[int, int]:
    """Where what begins and is not seen ends, by where it begins; what is not closed is not among it.

    Nor is what says itself that it holds nothing, or is followed by another of its name before an end comes.
    """
    ends: dict[int, int] = {}
    comments: list[int] = []
    open_at: dict[str, int] = {}
    begun: list[int] = []
    head_end = 0
    for tag in tags:
        name, start = (tag["name"] or "").lower(), tag.start()
        if tag[0] == _OPENS:
            comments.append(start)
        elif comments and tag[0].endswith(_CLOSES):
            ends.update(dict.fromkeys(comments, tag.end()))
            comments.clear()
        if name not in _OF_HEAD:
            continue
        if (tag["end"], name) in _HEAD_ENDS:
            head_end = head_end or start
        elif tag["end"] and name in open_at:
            ends[open_at.pop(name)] = tag.end()
        elif not tag["end"] and name in _UNSEEN and not tag[0].endswith("/>"):
            open_at[name] = start
            begun.append(start)
    return {start: head_end for start in begun if start < head_end} | ends


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
    return re.sub(r"\s+", " ", unescaped(text))
