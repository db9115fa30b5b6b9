"""What can be seen without understanding a word: links, numbers, markup, joiners, the look of a name."""

import unicodedata
from collections.abc import Iterator

import re2

from services.policy.text import alphabet
from services.policy.text.link import links
from services.policy.text.markup import markup
from services.policy.text.phone import phones

_LINES = re2.compile("\r\n|[\u2028\u2029\u0085\v\f\r]")
_NAME_SIGNS = frozenset("'’‘ʼ`´.-‐‑ ·,()ʻ・־׳״")
_TITLE_SIGNS = _NAME_SIGNS | frozenset('/&+#|–—:*"„“”0123456789%')
_COMPANY_SIGNS = _TITLE_SIGNS | frozenset("!?@°«»‹›‚‘’®™©$€£=~")
_SIGNS = {"name": _NAME_SIGNS, "title": _TITLE_SIGNS, "company": _COMPANY_SIGNS}
#: What somebody is called by friends, in a pair of quotation marks inside the name.
_NICKNAME = re2.compile(r"""(\pL )["“”„«»] ?(\pL[\pL\pM'’.-]*(?: \pL[\pL\pM'’.-]*)?) ?["“”«»]( \pL)""")
#: A request ends on the day, or on what is to be sent, where a trade does not; both in small letters.
_REQUEST = re2.compile(
    r"(?:[,–—:]| -) \p{Ll}[\pL ]* (?:hoy|hoje|j[aá]|oggi|subito|vandaag|dzi[sś]|dzisiaj|heute|i ?dag|aujourd['’]hui|today|now|na priv|(?:C\.?V|cv)\.?)[.!]?$"
)
_JOINERS = "\u200c\u200d"
_JOINING = ("ARABIC", "DEVANAGARI", "BENGALI", "GURMUKHI", "GUJARATI", "ORIYA", "TAMIL", "TELUGU", "KANNADA", "MALAYALAM", "SINHALA", "SYRIAC", "MONGOLIAN", "KHMER", "MYANMAR", "ZERO")  # fmt: skip
#: Letters of an abbreviation, and no word taken apart.
_INITIALS = re2.compile(r"(?:[a-z]\.){3,5}[a-z]")
#: A name has one abbreviation; several are words.
_ABBREVIATIONS = re2.compile(r"\b(?:[a-z]\.){2,}[a-z]\.?(?:\s+(?:[a-z]\.)+[a-z]?\b)+")


def faults(text: str, field: str) -> Iterator[tuple[str, str]]:
    """Codes with the words that show them."""
    plain = _LINES.sub("\n", unicodedata.normalize("NFKC", text))
    folded = alphabet.folded(plain)
    yield from (("content.link", found) for found in links(plain, folded, field))
    yield from (("content.phone", found) for found in phones(plain, folded, field))
    yield from (("content.markup", found) for found in markup(plain))
    if field == "note" and ("?" in plain or "؟" in plain or "¿" in plain):
        yield "content.question", "?"
    if field != "note":
        yield from _name(plain, field)


def only_initials(text: str) -> bool:
    """Whether all letters that stand apart are initials of an abbreviation."""
    folded = alphabet.folded(text)
    apart = alphabet.SPACED.findall(folded)
    return all(_INITIALS.fullmatch(run) for run in apart) and not _ABBREVIATIONS.search(folded)


def _name(plain: str, field: str) -> Iterator[tuple[str, str]]:
    signs = _SIGNS[field]
    if field == "name":
        plain = _NICKNAME.sub(r"\1\2\3", plain)
    strange = [
        letter
        for letter in plain
        if not (letter.isalpha() or unicodedata.category(letter)[0] == "M" or letter in signs)
    ]
    strange = [letter for letter in strange if letter not in _JOINERS]
    if strange or not any(letter.isalnum() for letter in plain):
        yield "content.not_a_name", "".join(strange) or plain
    if field == "title" and _REQUEST.search(plain):
        yield "content.not_a_name", plain
    if field != "company" and any(sign in plain for sign in ("!", "?")):
        yield "content.not_a_name", plain


def stray_joiner(text: str) -> bool:
    """Whether a zero-width joiner stands where neither a script nor an emoji needs one."""
    for at, letter in enumerate(text):
        if letter in _JOINERS:
            before = text[at - 1] if at else ""
            needed = unicodedata.name(before, "").startswith(_JOINING) if before else False
            if not needed and unicodedata.category(before or "a") not in {"So", "Sk", "Mn"}:
                return True
    return False
