"""Words of trades and products in a title, which elsewhere would be an address or a request. Pure."""

import re2

#: A product with a dot: one of the framework in capitals, a script, and what a title begins with
#: that goes on with who works with it.
_PRODUCTS = (
    (re2.compile(r"\b([A-Z]{2,5})\.NET\b"), r"\1"),
    (re2.compile(r"\b(\p{Lu}\pL*)\.(?:js|JS)\b"), r"\1"),
    (
        re2.compile(
            r"^((?:Senior |Junior |Lead |Principal )?\p{Lu}[\pL\pN]*)\.(?:com|io|IO|ai|AI|dev|co|org|app)( (?:\p{Lu}\pL* )?\p{Lu}\pL*(?:er|or|[iy]st|ant|ert|ect|eur|ead|in))\b"
        ),
        r"\1\2",
    ),
    (re2.compile(r"\b[Dd]ot[ -]?[Nn][Ee][Tt]\b"), ".NET"),
)
#: What a trade deals in, by a word of the same trade that nobody is asked with.
_TRADES = (
    (re2.compile(r"(?i)\burgent(?:[ -]and[ -]emergency)? (care|treatment)\b"), r"Emergency \1"),
    (re2.compile(r"(?i)\bappointment (setter|setting|scheduler|coordinator)\b"), r"Phone \1"),
    (
        re2.compile(
            r"(?i)\b(?:lohn|löhne|entgelt)[ -]*(?:und|u\.|&|/) ?geh[aä]lt(?:er|s\w+)?|\bn[oó]minas (?:y|e|&) (?:salarios|seguros sociales)"
            r"|\bpaghe (?:e|ed|&) (?:stipendi|contributi)|\bsal[aá]rios (?:e|&) (?:benef[ií]cios|remunera[cç][oõ]es)"
            r"|\bpaie (?:et|&) (?:salaires|r[eé]mun[eé]rations?)|\bkadr(?:y)? i p[lł]ac(?:e)?|\bl[oö]n (?:och|&) (?:ers[aä]ttning|f[oö]rm[aå]ner)"
        ),
        "Payroll",
    ),
)


def plainly(title: str) -> str:
    """The title with these under a name that is read as nothing else."""
    for pattern, name in _PRODUCTS + _TRADES:
        title = pattern.sub(name, title)
    return title
