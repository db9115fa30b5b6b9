"""The sender's registered company in their text: a name, whatever it looks like. Pure."""

import unicodedata
from collections.abc import Callable

import re2

#: A name that nobody weighs: a text is read as if this stood in the company's place.
STAND_IN = "Acme"
#: A name that may be a domain, which is the same in any case and may be visited.
_DOMAIN = re2.compile(r"[\pL\pN_]\.\pL{2,}")
#: Beside these the name is part of an address, which is more than a name.
_BEFORE = re2.compile(r"[\pL\pN_@./\\]$")
_AFTER = re2.compile(r"^(?:[\pL\pN_@/\\]|[:?#&=%][\pL\pN_]|\.[a-z0-9])")
#: Before and after a name of somebody who speaks or signs; elsewhere a domain may be a place to go to.
_SPEAKS_AFTER = re2.compile(
    r"(?i)(?:^|[.!?:;,\n–—-])\s*\z|\b(?:from|by|of|(?:of us|all|we|team|everyone|everybody|here|colleagues) at|von|vom|bei|namens"
    r"|de|du|chez|del?|da|dal|di|do|van|bij|z|ze|od|w|från|hos|(?:alla|vi|oss) på)(?: (?:the|dem|der|het))? \z"
)
_SPEAKS_BEFORE = re2.compile(r"^(?:['’]s|[- ][Tt]eam)\b")
#: Letters before the name that are looked at.
_AS_FAR_BACK = 30


def may_be_misread(company: str) -> bool:
    """Whether the name has more than letters. Of mere words, each means what it says, the name or not."""
    return not all(part.isalpha() for part in company.split())


def readings(text: str, company: str) -> tuple[str, ...]:
    """`text` with a stand-in wherever the company stands by itself; then, if it may be a domain, with it only
    where the company speaks, for what invites to a domain is told by the domain.
    """
    read = unicodedata.normalize("NFC", text)
    named = _named(read, company, lambda _start, _end: True)
    if not _DOMAIN.search(company):
        return (named,)
    speaking = _named(read, company, lambda start, end: _speaks(read, start, end))
    return (named,) if named == speaking else (named, speaking)


def _speaks(read: str, start: int, end: int) -> bool:
    before = read[max(0, start - _AS_FAR_BACK) : start]
    return bool(_SPEAKS_AFTER.search(before) or _SPEAKS_BEFORE.search(read[end:]))


def _named(read: str, company: str, where: Callable[[int, int], bool]) -> str:
    name = _spelled(company.strip(), company)
    bare = name.rstrip(".!?")
    if not bare:
        return read
    sign = name[len(bare) :]
    pieces, at, searched = list[str](), 0, _spelled(read, company)
    start = searched.find(bare)
    while start >= 0:
        end = start + len(bare)
        if searched.startswith(sign, end):
            end += len(sign)
        whole = end > start + len(bare) or sign in {"", "."}
        if whole and _by_itself(read, start, end) and where(start, end):
            # The name's own last sign ends a sentence as well where another begins.
            begins = read[end : end + 3].lstrip()[:1].isupper()
            pieces += (read[at:start], STAND_IN, "." if begins and read[end - 1] in ".!?" else "")
            at = end
        start = searched.find(bare, end)
    return "".join((*pieces, read[at:]))


def _spelled(text: str, company: str) -> str:
    """One spelling of what may be written in several, each letter in its place: the case of a domain, an apostrophe."""
    text = unicodedata.normalize("NFC", text).replace("’", "'")
    return "".join(map(_lower, text)) if _DOMAIN.search(company) else text


def _lower(letter: str) -> str:
    lower = letter.lower()
    return lower if len(lower) == 1 else letter


def _by_itself(read: str, start: int, end: int) -> bool:
    return not _BEFORE.search(read[:start][-1:]) and not _AFTER.search(read[end : end + 2])
