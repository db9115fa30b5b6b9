"""Where in an answer the history begins, as mail programs mark it; what stands above is its own.

So is what stands below history that is marked line by line, where nothing stands above it. Whoever answers
between its lines, or below any other, is left to policy.
"""

import re
from collections.abc import Sequence
from itertools import islice

from shared.reasons import fold

#: Lines marked as quoted, a signature (RFC 3676, 4.3), rules: of characters, or with a title between them.
_BEGINS = re.compile(r">|-- ?$|-{4,}|_{8,}")
#: An introduction of what is quoted ends so: "On Monday Ada wrote:".
_INTRODUCES = (":", "\uff1a")
#: In any language it tells who wrote, and when: where nothing marks the history, that is how it begins.
_ADDRESS = re.compile(r"[^\s<>@]@[^\s<>@]")
_TIME = re.compile(r"\d:\d\d|(?<!\d)\d{4}(?!\d)")
_LONGEST_INTRODUCTION = 300
#: The header that programs copy above it: the sender first, then the time, or another; or three in any order,
#: where these are known, or an address stands in one of them.
_SENDER = (
    *("from", "von", "de", "da", "van", "fra", "från", "od", "lähettäjä", "kimden", "gönderen", "от", "від"),
    *("من",),
    *("差出人", "보낸 사람", "发件人", "寄件者", "寄件人"),
)
_FOLLOWS = (
    *("sent", "date", "to", "cc", "subject"),
    *("gesendet", "datum", "an", "betreff"),
    *("envoyé", "à", "objet"),
    *("enviado", "enviado el", "fecha", "para", "asunto"),
    *("enviada em", "enviado em", "enviada", "data", "assunto"),
    *("inviato", "a", "oggetto"),
    *("verzonden", "aan", "onderwerp"),
    *("wysłano", "wysłane", "do", "temat"),
    *("odesláno", "komu", "předmět"),
    *("sendt", "dato", "til", "emne"),
    *("skickat", "till", "ämne"),
    *("lähetetty", "päiväys", "vastaanottaja", "aihe"),
    *("gönderildi", "gönderme tarihi", "tarih", "kime", "konu"),
    *("отправлено", "дата", "кому", "тема", "надіслано"),
    *("تم الإرسال", "تاريخ الإرسال", "إلى", "الموضوع"),
    *("送信日時", "宛先", "件名", "보낸 날짜", "받는 사람", "제목"),
    *("发送时间", "收件人", "主题", "寄件日期", "日期", "收件者", "主旨"),
)
_HEADER_LINES = 3
#: Whoever writes more has more to say than a word, wherever history begins.
_MAX_OWN_LINES = 1_000
#: A longer line is prose.
_MAX_NAME, _MAX_NAME_WORDS = 40, 3
#: What turns the direction of writing, or has no width.
_UNSEEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def own_words(text: str) -> str:
    """What is not history, as far as any program marks it."""
    lines = _UNSEEN.sub("", text).strip().split("\n")
    return _above(lines) or _below(lines)


def _above(lines: Sequence[str]) -> str:
    looked_at = range(min(len(lines), _MAX_OWN_LINES))
    end = next((place for place in looked_at if _is_history(lines, place)), len(lines))
    own = "\n".join(lines[:end]).rstrip()
    above, _, last = own.rpartition("\n\n")
    quoted = end < len(lines) and lines[end].startswith(">")
    return above.rstrip() if quoted and last.rstrip().endswith(_INTRODUCES) else own


def _below(lines: Sequence[str]) -> str:
    """What stands under the one quote that the text begins with, a blank line between."""
    marked = [place for place, line in enumerate(lines) if line.startswith(">")]
    if not marked or any(line.strip() and line[0] != ">" for line in lines[marked[0] : marked[-1]]):
        return ""
    rest = lines[marked[-1] + 1 :]
    return _above("\n".join(rest).strip().split("\n")) if rest and not rest[0].strip() else ""


def _is_history(lines: Sequence[str], place: int) -> bool:
    return bool(_BEGINS.match(lines[place])) or _introduces(lines, place) or _is_header(lines, place)


def _introduces(lines: Sequence[str], place: int) -> bool:
    """Whether an introduction begins here, which may go on in the next line."""
    one, *more = (line.strip() for line in lines[place : place + 2])
    if not more or _is_introduction(one):
        return _is_introduction(one)
    return bool(one) and not _is_introduction(more[0]) and _is_introduction(f"{one} {more[0]}")


def _is_introduction(line: str) -> bool:
    return (
        line.endswith(_INTRODUCES)
        and len(line) <= _LONGEST_INTRODUCTION
        and _ADDRESS.search(line) is not None
        and _TIME.search(line) is not None
    )


def _is_header(lines: Sequence[str], place: int) -> bool:
    first = _name(lines[place])
    if not first:
        return False
    below = (lines[after] for after in range(place + 1, len(lines)) if lines[after].strip())
    head = [lines[place], *islice(below, _HEADER_LINES - 1)]
    names = [_name(line) for line in head]
    if first in _SENDERS and any(name in _FOLLOWERS for name in names[1:2]):
        return True
    known = _SENDERS.intersection(names) and (_SENDERS | _FOLLOWERS).issuperset(names)
    return len(head) == _HEADER_LINES and all(names) and bool(known or any(map(_ADDRESS.search, head)))


def _name(line: str) -> str:
    """The name of the header that this line is; empty where it is none."""
    name, colon, _ = line.replace("\uff1a", ":")[:_MAX_NAME].partition(":")
    return _folded(name) if colon and len(name.split()) <= _MAX_NAME_WORDS else ""


def _folded(name: str) -> str:
    """Without case and marks, and without what makes it bold."""
    return re.sub(r"^\W+|\W+$", "", fold(name))


_SENDERS, _FOLLOWERS = (frozenset(map(_folded, names)) for names in (_SENDER, _FOLLOWS))
