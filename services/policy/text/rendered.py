"""HTML as a mail program shows it: some elements part lines, others are not seen, references are letters."""

import html
from collections.abc import Iterator

import re2

from services.policy.text import alphabet

_MARKED = re2.compile(
    r"(?P<parts><!--|-->|</?(?:p|div|br|li|ul|ol|dl|dt|dd|tr|td|th|table|h[1-6]|hr|blockquote|section|article|pre)"
    r"(?:\s[^<>]{0,300})?/?>)"
    r"|(?P<letter>&(?:#\d{1,7}|#x[0-9a-f]{1,6}|amp|lt|gt|quot|apos|nbsp);)"
    r"|</?(?:a|b|i|u|s|q|em|strong|span|font|small|big|sub|sup|mark|code|tt|html|body|wbr)(?:\s[^<>]{0,300})?/?>"
)


def shown(text: str) -> Iterator[tuple[int, int, str]]:
    """The places of a folded text that show as something else, in order, and what they show as."""
    if "<" not in text and "&" not in text:
        return
    for match in _MARKED.finditer(text):
        if match["letter"]:
            yield (*match.span(), alphabet.folded(html.unescape(match["letter"])))
        else:
            yield (*match.span(), "\n" if match["parts"] else "")
