"""Markup, styles, template syntax and header lines, in letters and in the marks on letters. Pure."""

import unicodedata
from collections.abc import Iterator
from itertools import groupby

import re2

_MARKUP = re2.compile(
    r"(?i)<[a-z!/?][^>]*>?|\{\{|\}\}|\{%|%\}|\$\{|<%|\[[^\]]*\]\([^)]*\)|\*\*\w|__\w+__|&(?:#\w+|lt|gt|amp|nbsp|quot);|\bstyle ?=|\bon\w+ ?= ?[\"']"
    r"|```|%0[ad]|%3c|\\x[0-9a-f]{2}|\\u[0-9a-f]{4}|#\{|\{[a-z_.]+\}|%\([a-z_]+\)s|\[\[|\]\]|%[a-z_]{3,}%|@import|font-size|display ?:"
    r"|\*\||\|\*|\{[!@$#][^{}]+\}|~~[^~\n]+~~"
)
#: A pair of backticks; one inside a name is an apostrophe.
_CODE = re2.compile(r"(?:^|[^\pL\pN`])`[^`\n]+`(?:$|[^\pL\pN`])")
_NAME = (
    "NAME|SURNAME|VORNAME|NACHNAME|PR[EÉ]NOM|NOM|NOMBRE|APELLIDOS?|NOME|COGNOME|NAAM|NAMN|IMI[EĘ]|NAZWISKO"
)
_INSIDE = r"\[ ?\pL[^\[\],;.!?\n]*\]"
#: What was to be filled in: a field's name or capitals in square brackets, or an instruction to insert one.
_BLANK = re2.compile(
    r"\[\p{Lu}[^\]\n]*\]|\[(?i:(?:your|first|last|full|candidate|company|recruiter)?[ _-]?name|company|title|role|date)\]"
    rf"|\[(?i:(?:\w+ )?(?:{_NAME})(?: \w+)?(?: \w+)?)\]"
    r"|\((?i:(?:please )?(?:insert|enter|add|fill in) (?:\w+ )*(?:name|company|title|role|date|text)|(?:your|first|last|full) name)\)"
)
#: Words in brackets, or a field's name in capitals, where a name is called.
_CALLED = re2.compile(
    rf", {_INSIDE}[,!:]|(?m:^\pL+,? {_INSIDE}[,!:])|\b[A-Z]{{2,}}(?:_[A-Z]{{2,}})+\b"
    rf"|\b(?:FIRST|LAST|FULL) ?NAME\b|(?m:^\pL\p{{Ll}}+,? (?:{_NAME}) ?[,!:])"
)
#: What forums, wikis and typesetters make bold or slanted; a lone star beside a word is a gender or a note.
_EMPHASIS = (
    re2.compile(r"(?:^|[^\pL\pN*])\*[^\s*](?:[^*\n]*[^\s*])?\*(?:$|[^\pL\pN*])"),
    re2.compile(r"(?:^|[^\pL\pN_])_[^\s_](?:[^_\n]*[^\s_])?_(?:$|[^\pL\pN_])"),
    re2.compile(r"\[/[a-zA-Z]+\]|\[[a-zA-Z]+=[^\]\n]*\]|\\[a-z]+\{"),
)
#: What they make a list, a table, a quotation or a rule of.
_BLOCK = re2.compile(
    r"(?m)^[ \t]*[*+] +\pL[^\n]*\n\s*[*+] +\pL|^[ \t]*\|?[ :-]*-{2,}[ :-]*\|[ :|-]*$|^\|[^\n]*\|[ \t]*$"
    r"|^> ?[\pL\pN\"'“„]|^[ \t]*(?:\*{3,}|={3,}|_{3,})[ \t]*$"
)
_HEADING = re2.compile(r"(?m)(?:^[ \t]*|[.!?] +)#{1,6} +\pL")
_HEADER = re2.compile(
    r"(?im)^[ \t]*(?:subject|to|cc|bcc|from|reply-to|content-type|mime-version|x-[\w-]+|date|return-path|sender|list-unsubscribe) ?:"
    r"|[.!?] +(?:subject|b?cc|reply-to|content-type|mime-version|x-[\w-]+|return-path|list-unsubscribe) ?:"
)
#: Lines drawn over, through and under letters; those of the combining class 1 go through.
_LINES = frozenset("\u0305\u0332\u0333\u033f")
_THROUGH = 1
_LINES_ARE_A_STYLE = 2
#: More marks than a letter of any script bears.
_MOST_MARKS = 5


def markup(plain: str) -> Iterator[str]:
    """What is no plain word."""
    for pattern in (_MARKUP, _CODE, _BLANK, _CALLED, *_EMPHASIS, _BLOCK, _HEADING, _HEADER):
        if found := pattern.search(plain):
            yield found.group().strip()
    if _drawn(plain):
        yield "lines or heaps of marks on letters"


def _drawn(plain: str) -> bool:
    if plain.isascii():
        return False
    apart = unicodedata.normalize("NFD", plain)
    drawn = sum(mark in _LINES or unicodedata.combining(mark) == _THROUGH for mark in apart)
    heaps = (len(list(run)) for marks, run in groupby(apart, _is_mark) if marks)
    return drawn >= _LINES_ARE_A_STYLE or max(heaps, default=0) > _MOST_MARKS


def _is_mark(letter: str) -> bool:
    return unicodedata.category(letter) in {"Mn", "Me"}
