"""Phone numbers in figures of any script, in words and in key caps. Pure."""

import unicodedata
from collections.abc import Iterator

import re2

_DIGITS = re2.compile(r"(?:\+|\b00)?\(?\d(?:[ ./()_*,~•·∙‧⋅–-]{0,3}\d){6,}")
_DATE = re2.compile(
    r"^(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{2,4}|(?:0?[1-9]|[12]\d|3[01]) (?:0?[1-9]|1[0-2]) (?:19|20)\d\d"
    r"|(?:19|20)\d\d (?:0?[1-9]|1[0-2]) (?:0?[1-9]|[12]\d|3[01])|(?:19|20)\d\d ?[-–/] ?(?:19|20)\d\d|\d{1,2}(?:[., ]\d{3})+|\d{3}(?:[.,]\d{3})+)(?:[T ,]+\d{1,2}:\d\d.*)?$"
)
_NUMBER_WORDS = (
    "zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple|null|eins|zwei|zwo|drei|vier|funf|sechs|sieben|acht|neun"
    "|un|deux|trois|quatre|cinq|sept|huit|neuf|uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|cero|um|dois|quatro|sete|oito|nove"
    "|due|tre|quattro|cinque|sei|sette|otto|een|twee|drie|vijf|zes|zeven|negen|nul|jeden|dwa|trzy|cztery|piec|szesc|siedem|osiem|dziewiec|noll"
    "|ett|tva|fyra|fem|sex|sju|atta|nio|nula|jedna|dva|tri|ctyri|pet|sest|sedm|osm|devet|fire|seks|syv|otte|nolla|yksi|kaksi|kolme|nelja|viisi"
    "|kuusi|seitseman|kahdeksan|yhdeksan|sifir|bir|iki|uc|dort|bes|alti|yedi|sekiz|dokuz|ноль|нуль|один|одна|два|две|дві|три|четыре|чотири"
    "|п'?ять|шесть|шість|семь|сім|восемь|вісім|девять|дев'ять|صفر|واحد|اثنان|اثنين|ثلاثه|اربعه|خمسه|سته|سبعه|ثمانيه|تسعه"
)
_TEENS = (
    "diez|once|doce|trece|catorce|quince|dieci(?:seis|siete|ocho|nueve)|dez|onze|doze|treze|quinze|dix|douze|treize|quatorze|seize"
    "|dieci|undici|dodici|tredici|quattordici|quindici|sedici|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen"
    "|zehn|elf|zwolf|(?:drei|vier|funf|sech|sieb|acht|neun)zehn|tien|twaalf|(?:der|veer|vijf|zes|zeven|acht|negen)tien|tio|elva|tolv"
    "|(?:tret|fjor|fem|sex|sjut|ar|nit)ton|dziesiec|jedenascie|(?:dwa|trzy|czter|piet|szes|siedem|osiem|dziewiet)nascie"
)
_TENS = (
    "veinte|treinta|cuarenta|cincuenta|sesenta|setenta|ochenta|noventa|vinte|trinta|quarenta|cinquenta|sessenta|oitenta|vingt|trente"
    "|quarante|cinquante|soixante|quatre.vingts?|venti?|trenta?|quaranta?|cinquanta?|sessanta?|settanta?|ottanta?|novanta?"
    "|(?:twen|thir|for|fif|six|seven|eigh|nine)ty|zwanzig|dreissig|(?:vier|funf|sech|sieb|acht|neun)zig|twintig|dertig"
    "|(?:veer|vijf|zes|zeven|tach|negen)tig|tjugo|(?:tret|fyr|fem|sex|sjut|at|nit)tio|dwadziescia|(?:trzy|czter)dziesci"
    "|(?:piec|szesc|siedem|osiem|dziewiec)dziesiat"
)
_SPELLED = re2.compile(
    rf"(?:^|[^\pL\pN])((?:(?:{_NUMBER_WORDS}|\d)[ ,.-]{{1,3}}){{4,}}(?:{_NUMBER_WORDS}|\d))(?:$|[^\pL\pN])"
)
#: What one number of a few words tells: `seven`, `forty two`, `trentadue`, `zweiundvierzig`.
_GROUP = re2.compile(
    rf"\b(?:(?:(?:{_NUMBER_WORDS})(?:und|en))?(?:{_TENS})(?:[ -]?(?:(?:y|e|et|and|ed) )?(?:{_NUMBER_WORDS})|-(?:{_TEENS}))?"
    rf"|{_NUMBER_WORDS}|{_TEENS}|cientos?|cento|hundred|hundert|honderd|\d{{1,2}})\b"
)
_BETWEEN_GROUPS = re2.compile(r"[ ,.-]{1,3}")
#: More groups in a row than a year, an age or a count has.
_GROUPS_ARE_A_NUMBER = 5
#: A number whose last figures are told by letters.
_VANITY = re2.compile(r"\b1-8\d\d-\pL{3,}")
#: Figures that are letters of their script, in a row.
_HAN_FIGURES, _HANGUL_FIGURES = "零〇○一二三四五六七八九两幺", "공영일이삼사오육칠팔구"
_IN_A_ROW = re2.compile(
    "|".join(f"[{row}](?:[ -]{{0,2}}[{row}]){{6,}}" for row in (_HAN_FIGURES, _HANGUL_FIGURES))
)
#: Letters that stand for figures beside figures.
_FIGURES = str.maketrans("oOlI|", "00111")
_WITH_FIGURES = re2.compile(r"\b[\doOlI|]*\d[\doOlI|]*\b")
_REFERENCE = re2.compile(r"(?i)(?:\bref(?:erence)?|\bno|\bnr|\bnumber|\bticket|\bcase|\bfile|#|№)[.:]? ?$")
_KEYCAP = "\u20e3"
#: More key caps than a year or a percentage has.
_KEYCAPS_ARE_A_NUMBER = 5


def phones(plain: str, folded: str, field: str) -> Iterator[str]:
    """The words or figures that are called. A company may be named after its number."""
    if plain.count(_KEYCAP) >= _KEYCAPS_ARE_A_NUMBER:
        yield plain[:40]
    if found := _in_figures(plain):
        yield found
        return
    vanity = _VANITY.search(plain) if field != "company" else None
    if vanity:
        yield vanity.group()
    elif spelled := _SPELLED.search(folded):
        yield spelled.group(1)
    elif told := _in_groups(folded):
        yield told
    elif row := _IN_A_ROW.search(plain):
        yield row.group()


def _in_groups(folded: str) -> str | None:
    first = last = in_a_row = 0
    for found in _GROUP.finditer(folded):
        start, end = found.span()
        goes_on = bool(in_a_row and _BETWEEN_GROUPS.fullmatch(folded[last:start]))
        first, in_a_row = (first, in_a_row + 1) if goes_on else (start, 1)
        last = end
        if in_a_row == _GROUPS_ARE_A_NUMBER:
            return folded[first:end]
    return None


def _in_figures(plain: str) -> str | None:
    figures = "".join(str(unicodedata.digit(letter, letter)) for letter in plain)
    figures = _WITH_FIGURES.sub(lambda found: found.group().translate(_FIGURES), figures)
    for found in _DIGITS.finditer(figures):
        if _REFERENCE.search(figures[: found.start()]):
            continue
        if not _DATE.search(found.group().strip(" .,()")):
            return str(found.group())
    return None
