"""What the writer wrote, apart from quoted history and signatures; and where a thought ends."""

from dataclasses import dataclass

import re2

_OPTIONS = re2.Options()
_OPTIONS.case_sensitive = False

#: The line above quoted history, in the ways mail programs write it.
_INTRODUCES = re2.compile(
    r"^(?:on\b.+\bwrote:|am\b.+\bschrieb\b.*:|le\b.+\ba ecrit ?:|el\b.+\bescribio:"
    r"|em\b.+\bescreveu:|il\b.+\bha scritto:|op\b.+\bschreef\b.*:|w dniu\b.+\b(?:napisal|pisze).*:"
    r"|den\b.+\bskrev\b.*:|dne\b.+\bnapsal.*:|.+\bkirjoitti:|.+\byazdi:|.+(?:пишет|написал|пише):"
    r"|-{2,} ?(?:original message|ursprungliche nachricht|message d'origine|mensaje original|mensagem original"
    r"|messaggio originale|oorspronkelijk bericht|wiadomosc oryginalna|forwarded message|originalmeddelande)\b.*"
    r"|_{10,} ?|(?:from|von|de|da|van|od|fran): .*@.*)$",
    _OPTIONS,
)
#: The first two lines of the header that some programs copy.
_SENDER = re2.compile(r"^(?:from|von|de|da|van|od|fran|fra|lahettaja): ", _OPTIONS)
_SENT = re2.compile(
    r"^(?:sent|date|to|gesendet|datum|an|envoye|a|enviado|para|inviato|data|verzonden|aan|wyslano|skickat|till|sendt|til"
    r"|lahetetty)\b[^:]{0,12}: ",
    _OPTIONS,
)
_SIGNS_OFF = re2.compile(
    r"^(?:-- ?|sent from (?:my|outlook|mail|yahoo)\b.*|get outlook for .*|gesendet (?:von|mit)\b.*"
    r"|von meinem .* gesendet.*|envoye (?:de|depuis)\b.*|enviado (?:desde|do|a partir)\b.*"
    r"|inviato da\b.*|verzonden (?:vanaf|met|via)\b.*|verstuurd vanaf\b.*|wyslane z\b.*"
    r"|(?:this|the information in this) (?:e-?mail|message|communication|transmission)\b.{0,60}\b(?:confidential|intended|privileged)\b.*"
    r"|(?:diese|ce|cet|este|esta|questo|questa|dit|deze|ta|detta|denne) (?:e-?mail|nachricht|message|courriel|mensaje|correo|mensagem|messaggio"
    r"|bericht|wiadomosc|meddelande|besked)\b.{0,60}\b(?:vertraulich|confiden|riservat|vertrouwelijk|poufn|konfident|fortrolig).*"
    r"|skickat fran\b.*|sendt fra\b.*|lahetetty\b.*)$",
    _OPTIONS,
)
#: Introductions are shorter; a longer line is prose.
_LONGEST_INTRODUCTION = 200
#: A line that was broken by the mail program and not by the writer is about this long.
_WRAPPED_AT_LEAST = 50

_SENTENCE_ENDS = ((". ", "\n\n"), ("! ", "\n\n"), ("? ", "?\n"), ("; ", "\n\n"))
_CLAUSE_ENDS = (
    (", ", "\n\n"),
    (": ", "\n\n"),
    (" - ", "\n\n\n"),
    (" (", "\n\n"),
    (") ", "\n\n"),
    (" | ", "\n\n\n"),
)


@dataclass(frozen=True, slots=True)
class Parts:
    """The places `own` of a text are the writer's; `quoted` is what stood below."""

    end: int
    quoted: str


def own_part(text: str) -> Parts:
    """Where the writer's own words end in a folded text, and what of it is quoted from others.

    Text under a quotation (an answer below) is not looked for: it would be read as quoted, which holds.
    """
    if "\n" not in text:
        return Parts(len(text), "")
    at = 0
    lines = text.split("\n")
    for number, line in enumerate(lines):
        bare = line.strip()
        if bare and (bare[0] == ">" or (at > 0 and _introduces(bare, lines[number + 1 : number + 2]))):
            return Parts(at, text[at:])
        if at > 0 and bare and (line in {"--", "-- "} or _SIGNS_OFF.search(bare)):
            quoted = own_part("\n" + text[at + len(line) :])
            return Parts(at, quoted.quoted)
        at += len(line) + 1
    return Parts(len(text), "")


def _introduces(line: str, following: list[str]) -> bool:
    if len(line) > _LONGEST_INTRODUCTION:
        return False
    headed = _SENDER.search(line) and following and _SENT.search(following[0].strip())
    return bool(headed) or _INTRODUCES.search(line) is not None


def lines_joined(text: str) -> str:
    """The text with those line breaks made blanks that only wrap a line. Of the same length."""
    if "\n" not in text:
        return text
    joined = list(text)
    start = 0
    while (at := text.find("\n", start)) >= 0:
        follows = text[at + 1 : at + 2]
        if at - start >= _WRAPPED_AT_LEAST and follows.isalpha() and text[at - 1] not in ".!?:":
            joined[at] = " "
        start = at + 1
    return "".join(joined)


def sentences(text: str) -> str:
    """The text with the ends of sentences as line breaks, of the same length; a question mark stays."""
    text = (
        (text + " ").replace("...", "\n\n\n").replace("..", "\n\n").replace("!!", "!\n").replace("?!", "?\n")
    )
    for end, breaks in _SENTENCE_ENDS:
        text = text.replace(end, breaks)
    return text.replace("!\n", "\n\n").replace(".\n", "\n\n")[:-1]


def clauses(sentences_: str) -> str:
    """Sentences with the ends of clauses as line breaks as well, of the same length."""
    text = " " + sentences_ + " "
    for end, breaks in _CLAUSE_ENDS:
        text = text.replace(end, breaks)
    return text[1:-1]
