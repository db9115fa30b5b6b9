"""Plain words that ask for silence: an answer of nothing else is an opt-out, in the covered languages.

Anything longer, or a word that may be a mere no, is for policy to read.
"""

import re
import unicodedata

_WORDS = (
    ("ar", "توقف", "أوقف", "إلغاء الاشتراك", "الغاء الاشتراك"),
    ("cs", "odhlásit", "odhlaste mě", "odhlásit odběr"),
    ("da", "afmeld", "frameld", "afmeld mig"),
    ("de", "stopp", "abmelden", "abbestellen", "austragen", "bitte abmelden", "bitte austragen"),
    ("en", "stop", "please stop", "stop please", "stop all", "unsubscribe", "please unsubscribe"),
    ("en", "unsubscribe me", "please unsubscribe me", "opt out", "opt-out", "optout", "remove me"),
    ("en", "please remove me", "do not contact", "do not contact me"),
    ("es", "baja", "darme de baja", "dar de baja", "cancelar suscripción", "desuscribir"),
    ("fi", "peruuta tilaus", "lopeta", "lopettakaa"),
    ("fr", "arrêt", "arrêter", "arrêtez", "désabonner", "désinscrire", "désinscription", "désabonnement"),
    ("it", "cancellami", "disiscrivimi", "disiscrizione", "cancella iscrizione"),
    ("ja", "停止", "配信停止", "ストップ"),
    ("ko", "중지", "수신거부", "수신 거부"),
    ("nl", "afmelden", "uitschrijven", "stoppen", "stop maar"),
    ("no", "avmeld", "meld meg av"),
    ("pl", "wypisz", "wypisz mnie", "proszę mnie wypisać"),
    ("pt", "parar", "pare", "descadastrar", "cancelar inscrição", "cancelar subscrição"),
    ("ru", "стоп", "отписаться", "отписка", "отпишите меня"),
    ("sv", "avregistrera", "avprenumerera", "avregistrera mig"),
    ("tr", "dur", "abonelikten çik", "abonelikten çikar"),
    ("uk", "стоп", "відписатися", "відписка", "відпишіть мене"),
    ("zh", "退订", "退訂", "停止"),
)
#: Where the history begins that some programs leave unmarked, or a signature (RFC 3676, 4.3).
_HISTORY = re.compile(r">|-- ?$|-{4,}|_{8,}")
#: What a phone or a mail program writes below an answer: that it was sent, and the name of the device.
_SENT = (
    r"(sent|get|von mein\w+|gesendet|envoy\w+|enviad\w+|inviat\w+|verzonden|verstuurd|skickat|sendt|lahetetty"
    r"|wys[lł]an\w+|odeslan\w+|отправлен\w+|надіслан\w+)"
)
_DEVICE = r"(i(phone|pad)|android|samsung|galaxy|huawei|xiaomi|blackberry|outlook|gmail|proton ?mail|yahoo)"
_ADDED = re.compile(rf"{_SENT}\b.{{0,40}}\b{_DEVICE}.{{0,40}}")
#: An introduction of what is quoted ends so: "On Monday Ada wrote:".
_INTRODUCES = (":", "\uff1a")


def is_stop(text: str) -> bool:
    """Whether all that the person wrote is such a word."""
    own = own_words(text)
    above, parted, last = own.rpartition("\n")
    return _folded(above if parted and _ADDED.fullmatch(_folded(last)) else own) in _STOPS


def own_words(text: str) -> str:
    """What stands above the history, as far as any program marks it."""
    lines = text.strip().split("\n")
    end = next((place for place, line in enumerate(lines) if _HISTORY.match(line)), len(lines))
    own = "\n".join(lines[:end]).rstrip()
    above, _, last = own.rpartition("\n\n")
    quoted = end < len(lines) and lines[end].startswith(">")
    return above if quoted and last.rstrip().endswith(_INTRODUCES) else own


def _folded(text: str) -> str:
    """Without case, width, marks and what stands around it; Turkish has an i with a dot and one without."""
    letters = unicodedata.normalize("NFKD", text).casefold().replace("\u0131", "i")
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(re.sub(r"^\W+|\W+$", "", plain).split())


_STOPS = frozenset(_folded(word) for _, *words in _WORDS for word in words)
