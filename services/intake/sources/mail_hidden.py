"""What keeps the text of an HTML element from being seen: its own attributes, or those around it.

Read as browsers read them, but where they would hide more for want of an end: a wish might stand there.
"""

import html
import re
from collections.abc import Mapping
from typing import NamedTuple

#: Most tags have none of these, and are not looked at any closer.
_MAY_HIDE = re.compile(r"style|hidden|size", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([^\s"'<>/=]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+))?""")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
#: No letter has such a number, and Python refuses to read one of thousands of digits.
_NO_LETTER = re.compile(r"&#[0-9]{40,};?", re.ASCII)
_ZERO = re.compile(r"\+?(0+(\.0*)?|\.0+)([a-z]+|%)?")
#: Sizes by that of what is around: nothing of nothing is nothing.
_RELATIVE = re.compile(r"[\d.+-]*(em|ex|ch|%)|inherit|unset|smaller|larger")
_NO_END = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "wbr"})
#: Of these one ends the other without being told to.
_ENDED_BY_THE_NEXT = frozenset({"dd", "dt", "li", "option", "p", "td", "th", "tr"})


class Hider(NamedTuple):
    """By which element, counted from the first, text is not seen; None where by none.

    What is not displayed is gone with all that is in it; what has no size, or is not visible, may have
    something in it that is seen again.
    """

    display: int | None = None
    visibility: int | None = None
    size: int | None = None


class Elements:
    """Which elements are open, tag by tag, and what they hide."""

    def __init__(self) -> None:
        self._open: list[tuple[str, int, Hider]] = []
        self._names: dict[str, int] = {}
        self._begun = 0
        self._ended: set[int] = set()

    @property
    def hider(self) -> Hider:
        """What hides the text here."""
        return self._open[-1][2] if self._open else Hider()

    def begin(self, name: str, tag: str) -> None:
        """An element begins by this tag."""
        if name in _ENDED_BY_THE_NEXT and self._open and self._open[-1][0] == name:
            self._leave()
        if name in _NO_END or tag.endswith("/>"):
            return
        self._begun += 1
        self._open.append((name, self._begun, _within(self.hider, self._begun, tag)))
        self._names[name] = self._names.get(name, 0) + 1

    def end(self, name: str) -> None:
        """The last element of this name ends, and with it whatever is open in it."""
        while self._names.get(name):
            if self._leave() == name:
                return

    def is_seen(self, hider: Hider) -> bool:
        """Whether text under this is seen; asked at the end of the page. What never ended hides nothing."""
        return self._ended.isdisjoint(by for by in hider if by is not None)

    def _leave(self) -> str:
        name, number, _ = self._open.pop()
        self._names[name] -= 1
        self._ended.add(number)
        return name


def unescaped(text: str) -> str:
    """Text with the letters that its references name."""
    return html.unescape(_NO_LETTER.sub("\ufffd", text))


def _within(around: Hider, number: int, tag: str) -> Hider:
    if not _MAY_HIDE.search(tag):
        return around
    attributes = _attributes(tag)
    style = _style(attributes.get("style", ""))
    display, visibility, size = around
    # a style that displays it counts more than the attribute
    displayed = style.get("display", "none" if "hidden" in attributes else "")
    if displayed == "none" or style.get("mso-hide") == "all":
        display = number
    if told := style.get("visibility"):
        visibility = {"hidden": number, "collapse": number, "visible": None}.get(told, visibility)
    if "size" in attributes:
        size = None
    if told := style.get("font-size", style.get("font", "")):
        size = number if _ZERO.fullmatch(told) else size if _RELATIVE.fullmatch(told) else None
    return Hider(display, visibility, size)


def _attributes(tag: str) -> Mapping[str, str]:
    """Of one that is given twice the first counts."""
    told: dict[str, str] = {}
    for name, value in _ATTRIBUTE.findall(tag):
        told.setdefault(name.lower(), unescaped(value.strip("\"'")))
    return told


def _style(text: str) -> Mapping[str, str]:
    """Of a property that is given twice the last counts."""
    # behind the last end of a comment none is looked for, or each that begins there would look to the end
    commented, end, rest = text.rpartition("*/")
    plain = _COMMENT.sub("", commented + end) + rest
    declared = (one.partition(":") for one in plain.lower().split(";"))
    return {name.strip(): value.partition("!")[0].strip() for name, _, value in declared}
