"""HTML as a mail program shows it: some elements part lines, others are not seen, references are letters."""

import html
from collections.abc import Iterator

import re2

_OPTIONS = re2.Options()
_OPTIONS.never_capture = True
_PARTS = re2.compile(
    r"</?(?:p|div|br|li|ul|ol|dl|dt|dd|tr|td|th|table|h[1-6]|hr|blockquote|section|article|pre)(?:\s[^<>]{0,300})?/?>"
    r"|<!--|-->",
    _OPTIONS,
)
_UNSEEN = re2.compile(
    r"</?(?:a|b|i|u|s|q|em|strong|span|font|small|big|sub|sup|mark|code|tt|html|body|wbr)(?:\s[^<>]{0,300})?/?>",
    _OPTIONS,
)
_REFERENCE = re2.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|amp|lt|gt|quot|apos|nbsp);", _OPTIONS)


def shown(text: str) -> Iterator[tuple[int, int, str]]:
    """The places of a folded text that show as something else, in order, and what they show as."""
    if "<" in text:
        found = [(*match.span(), "\n") for match in _PARTS.finditer(text)]
        found += [(*match.span(), "") for match in _UNSEEN.finditer(text)]
        yield from sorted(found)
    elif "&" in text:
        for match in _REFERENCE.finditer(text):
            yield (*match.span(), html.unescape(match.group()))
