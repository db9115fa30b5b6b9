"""The sender's registered company in their text: a name, whatever it looks like. Pure."""

import unicodedata
from collections.abc import Callable

import re2

#: Whether a name counts, that stands in a text from here to there.
Where = Callable[[str, int, int], bool]
#: A name that nobody weighs: a text is read as if this stood in the company's place.
STAND_IN = "Acme"
#: A name that may be a domain, which is the same in any case and may be visited.
_DOMAIN = re2.compile(r"[\pL\pN_]\.\pL{2,}")
_ONE_PIECE = re2.compile(r"[\pL\pM\pN.'’&+-]+[!?]?")
_WORDS = re2.compile(r"\pL\pL+")
#: More words are a sentence, though hyphens join them.
_MOST_WORDS_OF_A_SIGN = 2
#: What the law adds to a name, and nobody says.
_LEGAL_FORM = re2.compile(
    r"(?i)[, ]+(?:inc|corp|corporation|incorporated|co|ltd|limited|plc|llc|llp|lp|pty\.? ltd|pvt\.? ltd|gmbh(?: & co\. kg)?|ag|se|kg|ohg|ug|e\.? ?v"
    r"|b\.?v|n\.?v|s\.?a|s\.?a\.?s\.?u?|s\.?a\.?r\.?l|s\.?l\.?u?|s\.?r\.?l\.?s?|s\.?p\.?a|lda|ltda|s\.?c|ab|asa?|a/s|aps|oyj?"
    r"|sp\. ?z ?o\. ?o|s\.?r\.?o|a\.?s|kft|zrt|k\.?k)\.?$"
)
#: Beside these the name is part of an address, which is more than a name.
_BEFORE = re2.compile(r"[\pL\pN_@./\\]$")
_AFTER = re2.compile(r"^(?:[\pL\pN_@/\\]|[:?#&=%][\pL\pN_]|\.[a-z0-9])")
#: Before and after a name of somebody who speaks or signs; elsewhere a domain may be a place to go to.
_BEGINS = re2.compile(r"(?:^|[.!?:;,\n–—-])\s*\z")
_BELONGS_TO = re2.compile(
    r"(?i)\b(?:from|by|of|(?:of us|all|we|team|everyone|everybody|here|colleagues|people|folks|crew) at|von|vom|bei|namens"
    r"|de|du|chez|del?|da|dal|di|do|van|bij|z|ze|od|w|från|hos|(?:alla|vi|oss) på|team|équipe|equip[oae]|zesp[oó]ł\pL*|teamet)(?: (?:the|dem|der|het))? \z"
)
_SPEAKS_BEFORE = re2.compile(r"^(?:['’]s|[- ][Tt]eam)\b")
#: Before a domain where there is more to see.
_MORE = re2.compile(r"(?i)\b(?:more|mehr|plus|m[aá]s|mais|pi[uù]|wi[eę]cej|meer|mer)(?: \pL+)?(?: \pL+)? \z")
#: Letters before the name that are looked at.
_AS_FAR_BACK = 30


def may_be_misread(company: str) -> bool:
    """Whether the name has more than letters, or is several words with capitals. One mere word means what it says."""
    return not _of_letters(company) or (
        len(words := company.split()) > 1 and all(word[0].isupper() and word[1:].islower() for word in words)
    )


def _of_letters(company: str) -> bool:
    return all(word.isalpha() for word in company.split())


def is_a_sign(company: str) -> bool:
    """Whether it is a name in one piece that has a dot or figures, of which no part is a word: `Salary.com`."""
    spoken = _spoken(company)
    odd = _DOMAIN.search(spoken) or any(letter.isdigit() for letter in spoken)
    few = len(_WORDS.findall(spoken)) <= _MOST_WORDS_OF_A_SIGN
    return bool(odd and few and _ONE_PIECE.fullmatch(spoken))


def readings(text: str, company: str) -> tuple[str, ...]:
    """`text` with a stand-in wherever the company stands by itself; then, if it may be a domain, with it only
    where the company speaks, for what invites to a domain is told by the domain. Mere words are a name only
    after what belongs to it.
    """
    read = unicodedata.normalize("NFC", text)
    if not _DOMAIN.search(company):
        where = _belongs if _of_letters(_spoken(company)) else _anywhere
        return (_named_in_full_or_spoken(read, company, where),)
    named = _named_in_full_or_spoken(read, company, _is_said)
    speaking = _named_in_full_or_spoken(read, company, _speaks)
    return (named,) if named == speaking else (named, speaking)


def _named_in_full_or_spoken(read: str, company: str, where: Where) -> str:
    """What is left of a name without its legal form may be a mere word, which stands for itself."""
    spoken = _spoken(company)
    named = _named(read, company, where)
    return _named(named, spoken, where) if spoken != company and may_be_misread(spoken) else named


def _spoken(company: str) -> str:
    return str(_LEGAL_FORM.sub("", company.strip()))


def _anywhere(_read: str, _start: int, _end: int) -> bool:
    return True


def _belongs(read: str, start: int, end: int) -> bool:
    return bool(_BELONGS_TO.search(_before(read, start)) or _SPEAKS_BEFORE.search(read[end:]))


def _speaks(read: str, start: int, end: int) -> bool:
    return bool(_BEGINS.search(_before(read, start))) or _belongs(read, start, end)


def _before(read: str, start: int) -> str:
    return read[max(0, start - _AS_FAR_BACK) : start]


def _is_said(read: str, start: int, end: int) -> bool:
    """Where a domain says that there is more, it is a place to go to."""
    return not _MORE.search(_before(read, start)) or _speaks(read, start, end)


def _named(read: str, company: str, where: Where) -> str:
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
        if whole and _by_itself(read, start, end) and where(read, start, end):
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
