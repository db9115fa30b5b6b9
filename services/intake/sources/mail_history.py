"""Where in an answer the history begins, as mail programs mark it; what stands above is its own.

Whoever answers below the history, or between its lines, is left to policy.
"""

import re
from collections.abc import Sequence

from shared.reasons import fold

#: Lines marked as quoted, a signature (RFC 3676, 4.3), rules: of characters, or with a title between them.
_BEGINS = re.compile(r">|-- ?$|-{4,}|_{8,}")
#: An introduction of what is quoted ends so: "On Monday Ada wrote:".
_INTRODUCES = (":", "\uff1a")
#: The header that Outlook, and others, copy above it: its sender first, then its time, or another.
_SENDER = (
    *("from", "von", "de", "da", "van", "fra", "från", "od", "lähettäjä", "kimden", "от", "від", "من"),
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
#: A longer line is prose.
_MAX_NAME = 40


def own_words(text: str) -> str:
    """What stands above the history, as far as any program marks it."""
    lines = text.strip().split("\n")
    end = next((place for place in range(len(lines)) if _is_history(lines, place)), len(lines))
    own = "\n".join(lines[:end]).rstrip()
    above, _, last = own.rpartition("\n\n")
    quoted = end < len(lines) and lines[end].startswith(">")
    return above if quoted and last.rstrip().endswith(_INTRODUCES) else own


def _is_history(lines: Sequence[str], place: int) -> bool:
    if _BEGINS.match(lines[place]):
        return True
    if _name(lines[place]) not in _SENDERS:
        return False
    below = (lines[after] for after in range(place + 1, len(lines)))
    return _name(next((line for line in below if line.strip()), "")) in _FOLLOWERS


def _name(line: str) -> str:
    """The name of the header that this line is; empty where it is none."""
    name, colon, _ = line.replace("\uff1a", ":")[:_MAX_NAME].partition(":")
    return _folded(name) if colon else ""


def _folded(name: str) -> str:
    """Without case and marks, and without what makes it bold."""
    return re.sub(r"^\W+|\W+$", "", fold(name))


_SENDERS, _FOLLOWERS = (frozenset(map(_folded, names)) for names in (_SENDER, _FOLLOWS))
