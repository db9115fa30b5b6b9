"""The words of an HTML mail, line by line, as a reader sees them; what it quotes begins with ``>``.

Not an HTML parser: one pass over the tags, whose time grows with the length alone, whatever is never closed.
"""

import html
import re

_TAG = re.compile(r"<!--(?:-?>)?|--!?>|<(?P<end>/?)(?P<name>[a-zA-Z][a-zA-Z0-9]*)[^<>]*>|<[!?][^<>]*>")
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
    return "".join(_pieces(page))


def _pieces(page: str) -> list[str]:
    pieces: list[str] = []
    unseen, depth, end = "", 0, 0
    # one that is never closed would hide whatever follows
    last_close = max(map(page.rfind, _CLOSES))
    for tag in _TAG.finditer(page):
        if not unseen:
            if tag[0] in _CLOSES:
                continue
            pieces.append(_plain(page[end : tag.start()]))
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
        elif name in _LINES:
            if name == "blockquote":
                depth = max(0, depth + (-1 if closes else 1))
            pieces.append("\n" + "> " * min(depth, _MAX_DEPTH))
    return pieces if unseen else [*pieces, _plain(page[end:])]


def _plain(text: str) -> str:
    """Line breaks in the source are spaces on the page."""
    return re.sub(r"\s+", " ", html.unescape(text))
