"""The line that a phone or a mail program writes below an answer: what sent it, or where to get that.

It begins or ends with one of a few words, whatever the language, and names the device or the program.
"""

import re

from shared.reasons import fold

#: That it was sent.
_SENT = (
    *("sent", "gesendet", "verschickt", "envoyé", "envoyée", "enviado", "enviada", "inviato", "inviata"),
    *("verzonden", "verstuurd", "skickat", "skickades", "sendt", "lähetetty", "wysłano", "wysłane"),
    *("odesláno", "odoslané", "gönderildi", "отправлено", "надіслано", "أرسلت", "أُرسلت", "تم الإرسال"),
    *("送信", "보냄", "发自", "發自", "发送", "傳送", "寄出", "נשלח", "στάλθηκε", "trimis", "elküldve"),
)
#: Where to get the program.
_GET = (
    *("get", "download", "herunterladen", "holen", "télécharger", "obtenir", "obtener", "descargar"),
    *("scarica", "ottieni", "obter", "obtenha", "baixar", "downloaden", "hämta", "skaffa", "hent", "få"),
    *("hanki", "lataa", "pobierz", "pobierz program", "získat", "stáhnout", "edinin", "indir"),
    *("скачать", "загрузить", "завантажити", "获取", "下载", "取得", "下載", "入手", "다운로드"),
)
#: What sent it, or what is to be got.
_DEVICE = (
    r"(?:iphon|ipad|ios\b|android|samsung|galaxy|huawei|xiaomi|blackberry|windows|smartphone|mobile device"
    r"|outlook|gmail|proton ?mail|yahoo|gmx|web\.de|aol|orange|zoho|thunderbird|yandex|яндекс|mail\.ru)"
)
_VERB = "|".join(re.escape(fold(word)) for word in (*_SENT, *_GET))
#: Between letters that are not written apart no word ends.
_APART = r"(?:\b|(?<=[^\x00-\u2fff]))"
_FOOTER = re.compile(
    rf"(?:{_VERB}){_APART}.*{_DEVICE}.*|.*{_DEVICE}.*{_APART}(?:{_VERB})|{_DEVICE}[^:]{{0,20}}: .*"
)
_LINK = re.compile(r"[<\[(]?https?://[^\s<>\[\]()]*[>\])]?")
_EDGES = re.compile(r"^\W+|\W+$")
#: A longer line is prose.
_LONGEST = 100


def without_footer(text: str) -> str:
    """What stands above such lines."""
    lines = text.rstrip().split("\n")
    while lines and (not lines[-1].strip() or _is_footer(lines[-1])):
        lines.pop()
    return "\n".join(lines).rstrip()


def _is_footer(line: str) -> bool:
    # the length first: what is done to a short line would take hours on a stranger's long one
    shown = _LINK.sub(" ", line).strip()
    return len(shown) <= _LONGEST and _FOOTER.fullmatch(_EDGES.sub("", fold(shown))) is not None
