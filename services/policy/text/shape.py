"""What can be seen without understanding a word: links, numbers, markup, joiners, the look of a name."""

import unicodedata
from collections.abc import Iterator

import re2

_TLDS = (
    "com|net|org|info|biz|io|ai|app|dev|co|me|jobs|work|link|ly|gg|gl|to|eu|uk|de|fr|es|pt|it|nl|pl|se|dk|no|fi|cz|tr|ru|ua|jp|cn|kr"
    "|us|ca|au|ch|at|be|in|tv|cc|xyz|online|site|shop|store|tech|careers|career|page|news|live|team|cloud|email|group|global|agency"
    "|br|mx|ar|cl|ie|is|sk|hu|ro|bg|gr|il|nz|za|sg|hk|tw|id|my|th|vn|ph|su|click|top|club|pro|recruit|hr|example|test|invalid|gle|fyi|so|im|st"
)
_ADDRESS = re2.compile(r"[\w.+%-]{1,64} ?(?:@|\(at\)|\[at\]|\{at\}) ?[\w-]+")
_SCHEME = re2.compile(
    r"(?i)\b(?:https?|hxxps?|ftp|mailto|tel|sms|callto|skype|whatsapp|javascript|data) ?: ?/{0,2}[^\s]|://|\bwww\d?\."
)
_DOMAIN = re2.compile(rf"(?i)(?:^|[^\w@.])((?:[\w-]{{1,63}}[.․。．｡])+(?:{_TLDS}))(?:$|[^\w-])(/?)")
_SPOKEN = re2.compile(
    r"(?i)\b[\w-]+ ?[(\[{<]? ?\b(?:dot|punkt|punto|ponto|point|kropka|punt|punkt|d0t)\b ?[)\]}>]? ?"
    rf"(?:{_TLDS})\b|\b\w+ (?:at|arobase|arroba|chiocciola|malpa|apenstaartje|snabel-a) [\w-]+ (?:dot|punkt|punto|ponto|point|kropka|punt) \w+"
    r"|\b[\w-]+ ?\. ?(?:com|net|org|io)\b ?/|\bdot ?com\b|\b\w+ \[?\(?\.\)?\]? (?:com|net|org|io)\b"
)
_HANDLE = re2.compile(r"(?:^|[\s(:])@[A-Za-z_][\w.]{2,}")
_DIGITS = re2.compile(r"(?:\+|\b00)?\(?\d(?:[ ./()_*,~–-]{0,3}\d){6,}")
_DATE = re2.compile(
    r"^(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{2,4}|(?:19|20)\d\d ?[-–/] ?(?:19|20)\d\d|\d{1,3}(?:[., ]\d{3})+)(?:[T ,]+\d{1,2}:\d\d.*)?$"
)
_NUMBER_WORDS = (
    "zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple|null|eins|zwei|zwo|drei|vier|funf|sechs|sieben|acht|neun"
    "|un|deux|trois|quatre|cinq|sept|huit|neuf|uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|cero|um|dois|quatro|sete|oito|nove"
    "|due|tre|quattro|cinque|sei|sette|otto|een|twee|drie|vijf|zes|zeven|negen|nul|jeden|dwa|trzy|cztery|piec|szesc|siedem|osiem|dziewiec|noll"
    "|ett|tva|fyra|fem|sex|sju|atta|nio"
)
_SPELLED = re2.compile(rf"(?i)\b(?:(?:{_NUMBER_WORDS}|\d)[ ,.-]{{1,3}}){{4,}}(?:{_NUMBER_WORDS}|\d)\b")
_MARKUP = re2.compile(
    r"(?i)<[a-z!/?][^>]*>?|\{\{|\}\}|\{%|%\}|\$\{|<%|\[[^\]]*\]\([^)]*\)|\*\*\w|__\w+__|&(?:#\w+|lt|gt|amp|nbsp|quot);|\bstyle ?=|\bon\w+ ?= ?[\"']"
    r"|```|%0[ad]|%3c|\\x[0-9a-f]{2}|\\u[0-9a-f]{4}|#\{|\{[a-z_.]+\}|%\([a-z_]+\)s|\[\[|\]\]|%[a-z_]{3,}%|@import|font-size|display ?:"
)
_HEADER = re2.compile(
    r"(?im)^[ \t]*(?:subject|to|cc|bcc|from|reply-to|content-type|mime-version|x-[\w-]+|date|return-path|sender|list-unsubscribe) ?:"
)
_TOKEN_OF_COMPANY = re2.compile(r"^[\w.&'’+!-]+(?: [\w.&'’+!()/-]+)*$")
_LINES = re2.compile("\r\n|[\u2028\u2029\u0085\v\f\r]")
#: Letters that stand for figures beside figures.
_FIGURES = str.maketrans("oOlI|", "00111")
_WITH_FIGURES = re2.compile(r"\b[\doOlI|]*\d[\doOlI|]*\b")
_REFERENCE = re2.compile(r"(?i)(?:\bref(?:erence)?|\bno|\bnr|\bnumber|\bticket|\bcase|\bfile|#|№)[.:]? ?$")
_NAME_SIGNS = frozenset("'’‘ʼ`´.-‐‑ ·,()ʻ・־׳״")
_TITLE_SIGNS = _NAME_SIGNS | frozenset('/&+#|–—:*"„“”0123456789%')
_COMPANY_SIGNS = _TITLE_SIGNS | frozenset("!?@°«»‹›‚‘’®™©$€£=~")
_SIGNS = {"name": _NAME_SIGNS, "title": _TITLE_SIGNS, "company": _COMPANY_SIGNS}
_KEYCAP = "\u20e3"
_KEYCAPS_ARE_A_NUMBER = 3
_JOINERS = "\u200c\u200d"
_JOINING = ("ARABIC", "DEVANAGARI", "BENGALI", "GURMUKHI", "GUJARATI", "ORIYA", "TAMIL", "TELUGU", "KANNADA", "MALAYALAM", "SINHALA", "SYRIAC", "MONGOLIAN", "KHMER", "MYANMAR", "ZERO")  # fmt: skip


def faults(text: str, field: str, company: str | None) -> Iterator[tuple[str, str]]:
    """Codes with the words that show them."""
    plain = _LINES.sub("\n", unicodedata.normalize("NFKC", text))
    own = unicodedata.normalize("NFKC", company or "").casefold()
    yield from _links(_without(plain, own) if own else plain, field)
    yield from _phones(text, _without(plain, own) if own else plain, field)
    for pattern, code in ((_MARKUP, "content.markup"), (_HEADER, "content.markup")):
        if found := pattern.search(plain):
            yield code, found.group()
    if field == "note" and ("?" in plain or "؟" in plain or "¿" in plain):
        yield "content.question", "?"
    if field != "note":
        yield from _name(plain, field)


def _without(plain: str, own: str) -> str:
    """The text without the sender's registered company, which may look like an address."""
    at = plain.casefold().find(own)
    while at >= 0 and len(plain.casefold()) == len(plain):
        end = at + len(own)
        follows, before = plain[end : end + 1], plain[at - 1 : at] if at else ""
        if follows in {"/", "@"} or before in {"@", ".", "/"} or before.isalnum() or follows.isalnum():
            return plain
        plain = plain[:at] + "\u2022" * len(own) + plain[end:]
        at = plain.casefold().find(own)
    return plain


def _links(plain: str, field: str) -> Iterator[tuple[str, str]]:
    for pattern in (_SCHEME, _ADDRESS, _SPOKEN, _HANDLE):
        if found := pattern.search(plain):
            yield "content.link", found.group()
    found = _DOMAIN.search(plain)
    if found and not _sentence_end(found.group(1)) and (field != "company" or "/" in plain):
        yield "content.link", found.group(1)


def _sentence_end(token: str) -> bool:
    """`reply.It`: a blank was forgotten."""
    last = token.rpartition(".")[2]
    return last[:1].isupper() and last[1:].islower() and token.count(".") == 1


def _phones(text: str, plain: str, field: str) -> Iterator[tuple[str, str]]:
    if text.count(_KEYCAP) >= _KEYCAPS_ARE_A_NUMBER:
        yield "content.phone", text[:40]
    if field == "company" and plain.lower().endswith(".com"):
        return
    figures = "".join(str(unicodedata.digit(letter, letter)) for letter in plain)
    figures = _WITH_FIGURES.sub(lambda found: found.group().translate(_FIGURES), figures)
    for found in _DIGITS.finditer(figures):
        if _REFERENCE.search(figures[: found.start()]):
            continue
        if not _DATE.search(found.group().strip(" .,()")):
            yield "content.phone", found.group()
            return
    bare = "".join(
        letter for letter in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(letter)
    )
    if spelled := _SPELLED.search(bare):
        yield "content.phone", spelled.group()


def _name(plain: str, field: str) -> Iterator[tuple[str, str]]:
    signs = _SIGNS[field]
    strange = [
        letter
        for letter in plain
        if not (letter.isalpha() or unicodedata.category(letter)[0] == "M" or letter in signs)
    ]
    strange = [letter for letter in strange if letter not in _JOINERS]
    if strange or not any(letter.isalnum() for letter in plain):
        yield "content.not_a_name", "".join(strange) or plain
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
