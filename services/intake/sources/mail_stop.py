"""Plain words that ask for silence: an answer of nothing else is an opt-out, in the covered languages.

Anything longer, or a word that may be a mere no, is for policy to read.
"""

import re
import unicodedata

from services.intake.sources.mail_history import own_words

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
#: What a phone or a mail program writes below an answer: that it was sent, and the name of the device.
_SENT = (
    r"(sent|get|von mein\w+|gesendet|envoy\w+|enviad\w+|inviat\w+|verzonden|verstuurd|skickat|sendt|lahetetty"
    r"|wys[lł]an\w+|odeslan\w+|отправлен\w+|надіслан\w+)"
)
_DEVICE = r"(i(phone|pad)|android|samsung|galaxy|huawei|xiaomi|blackberry|outlook|gmail|proton ?mail|yahoo)"
_ADDED = re.compile(rf"{_SENT}\b.{{0,40}}\b{_DEVICE}.{{0,40}}")
#: What mail programs write before the subject of a mail that is answered.
_ANSWERS = re.compile(
    r"((re|aw|sv|vs|antw|odp|rif|ynt|отв|回复|回覆|답장|رد)(\[\d+\])? ?[:\uff1a] ?)+", re.IGNORECASE
)


def is_stop(text: str) -> bool:
    """Whether all that the person wrote is such a word."""
    own = own_words(text)
    above, parted, last = own.rpartition("\n")
    return _folded(above if parted and _ADDED.fullmatch(_folded(last)) else own) in _STOPS


def is_stop_subject(subject: str) -> bool:
    """Whether a subject is such a word, or the answer to one."""
    answered = _ANSWERS.match(subject)
    return is_stop(subject[answered.end() :] if answered else subject)


def _folded(text: str) -> str:
    """Without case, width, marks and what stands around it; Turkish has an i with a dot and one without."""
    letters = unicodedata.normalize("NFKD", text).casefold().replace("\u0131", "i")
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(re.sub(r"^\W+|\W+$", "", plain).split())


_STOPS = frozenset(_folded(word) for _, *words in _WORDS for word in words)
