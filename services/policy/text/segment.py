"""What the writer wrote, apart from quoted history and what programs add; and where a thought ends."""

from collections.abc import Sequence
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
    r"|_{10,} ?|.*<[^<> ]+@[^<> ]+>.*:|(?:from|von|de|da|van|od|fran): .*@.*)$",
    _OPTIONS,
)
#: The first two lines of the header that some programs copy, in either order.
_SENDER = re2.compile(r"^(?:from|von|de|da|van|od|fran|fra|lahettaja): ", _OPTIONS)
_SENT = re2.compile(
    r"^(?:sent|date|to|gesendet|datum|an|envoye|a|enviado|para|inviato|data|verzonden|aan|wyslano|skickat|till|sendt|til"
    r"|lahetetty)\b[^:]{0,12}: ",
    _OPTIONS,
)
#: What a program adds in a line of its own.
_ADDED = re2.compile(
    r"^(?:--|sent from (?:my|outlook|mail|yahoo)\b.*|gesendet (?:von|mit)\b.*"
    r"|(?:get|telecharger|obtener|obter|scarica|hamta|pobierz) outlook (?:for|pour|para|per|dla)\b.*"
    r"|outlook (?:fur|voor)\b.* (?:herunterladen|downloaden)"
    r"|von meinem .* gesendet.*|envoye (?:de|depuis)\b.*|enviado (?:desde|do|a partir)\b.*"
    r"|inviato da\b.*|verzonden (?:vanaf|met|via)\b.*|verstuurd vanaf\b.*|wyslane z\b.*"
    r"|skickat fran\b.*|sendt fra\b.*|lahetetty\b.*|odeslano z\b.*|\S+'\w{2,4}n gonderildi|.*から送信|나의 .*에서 보냄|[发發]自我的.*)$",
    _OPTIONS,
)
#: Where a company's lawyers begin; nothing of what follows is the writer's.
_DISCLAIMS = re2.compile(
    r"^(?:(?:this|the information in this) (?:e-?mail|message|communication|transmission)\b.{0,60}\b(?:confidential|intended|privileged)\b.*"
    r"|(?:diese|ce|cet|este|esta|questo|questa|dit|deze|ta|detta|denne) (?:e-?mail|nachricht|message|courriel|mensaje|correo|mensagem|messaggio"
    r"|bericht|wiadomosc|meddelande|besked)\b.{0,60}\b(?:vertraulich|confiden|riservat|vertrouwelijk|poufn|konfident|fortrolig).*"
    r"|(?:if you are|should you be) not the (?:intended|named) (?:recipient|addressee)\b.*"
    r"|(?:wenn|falls|sollten) sie nicht der (?:\w+ )?(?:adressat|empfanger)\b.*|si vous n'etes pas le destinataire\b.*"
    r"|(?:si|se) (?:usted |voce |lei )?(?:no|nao|non) (?:es|e|for) (?:el|o|il) destinatari.*"
    r"|(?:als|indien) u niet de (?:\w+ )?(?:ontvanger|geadresseerde)\b.*|jesli nie (?:jest pan\w*|jestes) (?:\w+ )?adresat.*"
    r"|om du inte ar (?:\w+ )?(?:ratt|ratte|avsedda?) mottagar.*)$",
    _OPTIONS,
)
#: What a mailing's footer says in the languages of Europe and beyond, folded.
_FOOTER = re2.compile(
    r"\bunsubscribe|\bopt[- ]?out\b|\bremove you\b|\b(?:stop|no longer) (?:wish|want|receiv)\w*|\babmeld|\baustrag|\babbestell"
    r"|\bdesinscri|\bdesabonn|\bdarse de baja|\bdate de baja|\bdescadastr|\bcancelar (?:a |la )?(?:sus|ins)cri|\bdisiscri"
    r"|\buitschrijv|\bafmeld|\bwypis|\bavregistr|\bavprenumer|\bavmeld|\bafmeld|\bframeld|\bodhlas|\babonelikten"
    r"|отпис|відпис|配信停止|수신 ?거부|退订|الغاء الاشتراك"
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
    """The places of a text that are not its writer's, and those of their words that stand in quotations."""

    others: tuple[tuple[int, int], ...]
    quoted: str


def parts_of(text: str) -> Parts:
    """What of a folded text is quoted, or added by a program.

    Lines under a signature are the writer's: a postscript may stand there. So is an answer below lines that are
    marked as quoted; below quoted history that bears no marks nothing tells an answer from it.
    """
    if "\n" not in text and text[:1] != ">":
        return Parts((), "")
    others, quoted = list[tuple[int, int]](), list[str]()
    lines = text.split("\n")
    at, disclaimed = 0, False
    for line, below in zip(lines, _below(lines), strict=True):
        bare = line.strip()
        disclaimed = disclaimed or (at > 0 and _DISCLAIMS.search(bare) is not None)
        if bare[:1] == ">" or (below[:1] == ">" and bare[-1:] == ":" and len(bare) <= _LONGEST_INTRODUCTION):
            others.append((at, at + len(line)))
            quoted.append(line)
        elif at > 0 and _introduces(bare, below):
            others.append((at, len(text)))
            quoted.append(text[at:])
            break
        elif disclaimed or (at > 0 and _ADDED.search(bare)):
            others.append((at, at + len(line)))
        at += len(line) + 1
    return Parts(tuple(others), "\n".join(quoted))


def _below(lines: Sequence[str]) -> list[str]:
    """For each line the next one below that is not blank."""
    found, below = list[str](), ""
    for line in reversed(lines):
        found.append(below)
        below = line.strip() or below
    return found[::-1]


def _introduces(line: str, below: str) -> bool:
    if not line or len(line) > _LONGEST_INTRODUCTION:
        return False
    in_either_order = ((line, below), (below, line))
    headed = any(_SENDER.search(one) and _SENT.search(other) for one, other in in_either_order)
    return headed or _INTRODUCES.search(line) is not None


def unquoted(quoted: str) -> str:
    """What was quoted, without its marks and in one line: where it was broken says nothing."""
    return " ".join(line.lstrip("> \t") for line in quoted.split("\n"))


def footer(text: str) -> str | None:
    """The words by which a mailing offers to end, if a folded text has any."""
    found = _FOOTER.search(text)
    return found.group() if found else None


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
