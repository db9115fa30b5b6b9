"""The sender's registered company in their text: a name, whatever it looks like. Pure."""

import re
import unicodedata
from collections.abc import Callable

#: A name that nobody weighs: a text is read as if this stood in the company's place.
STAND_IN = "Acme"
#: A name that may be a domain, which is the same in any case and may be visited.
_DOMAIN = re.compile(r"\w\.[^\W\d_]{2,}")
#: Beside these the name is part of an address, which is more than a name.
_BEFORE = r"(?<![\w@./\\])"
_AFTER = r"(?![\w@/\\]|[:?#&=%]\w|\.[a-z0-9])"
#: Before and after a name of somebody who speaks or signs; elsewhere a domain may be a place to go to.
_SPEAKS_AFTER = re.compile(
    r"(?:^|[.!?:;,\n–—-])\s*\Z|\b(?:from|by|of|(?:of us|all|we|team|everyone|everybody|here|colleagues) at|von|vom|bei|namens"
    r"|de|du|chez|del?|da|dal|di|do|van|bij|z|ze|od|w|från|hos|(?:alla|vi|oss) på)(?: (?:the|dem|der|het))? \Z",
    re.IGNORECASE,
)
_SPEAKS_BEFORE = re.compile(r"['’]s\b|[- ][Tt]eam\b")
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
    named = _named(read, company, lambda _: True)
    if not _DOMAIN.search(company):
        return (named,)
    speaking = _named(read, company, lambda found: _speaks(read, found))
    return (named,) if named == speaking else (named, speaking)


def _speaks(read: str, found: re.Match[str]) -> bool:
    start = found.start()
    after = _SPEAKS_AFTER.search(read, max(0, start - _AS_FAR_BACK), start)
    return bool(after or _SPEAKS_BEFORE.match(read, found.end()))


def _named(read: str, company: str, where: Callable[[re.Match[str]], bool]) -> str:
    name = unicodedata.normalize("NFC", company).strip()
    bare = name.rstrip(".!?")
    if not bare:
        return read
    sign = name[len(bare) :]
    written = re.sub("['’]", "['’]", re.escape(bare))
    closing = r"\.?" if sign == "." else re.escape(sign)
    case = re.IGNORECASE if _DOMAIN.search(name) else 0

    def stand_in(found: re.Match[str]) -> str:
        if not where(found):
            return found.group()
        # The name's own last sign ends a sentence as well where another begins.
        begins = read[found.end() : found.end() + 3].lstrip()[:1].isupper()
        return STAND_IN + ("." if begins and found.group()[-1] in ".!?" else "")

    return re.sub(f"{_BEFORE}{written}{closing}{_AFTER}", stand_in, read, flags=case)
