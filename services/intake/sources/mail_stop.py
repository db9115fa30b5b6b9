"""Plain words that ask for silence: an answer of nothing else is an opt-out, in the covered languages.

Anything longer, or a word that may be a mere no, is for policy to read.
"""

import re
import unicodedata

from services.intake.sources.mail_footer import without_footer
from services.intake.sources.mail_history import own_words

_WORDS = (
    ("ar", "توقف", "أوقف", "إلغاء الاشتراك", "الغاء الاشتراك"),
    ("cs", "odhlásit", "odhlaste mě", "odhlásit odběr", "zrušit odběr", "už mi nepište"),
    ("da", "afmeld", "frameld", "afmeld mig"),
    ("de", "stopp", "abmelden", "abbestellen", "austragen", "keine E-Mails mehr", "keine Mails mehr"),
    ("de", "nicht mehr schreiben", "nicht mehr kontaktieren"),
    ("en", "stop", "stop all", "unsubscribe", "unsubscribe me", "opt out", "optout", "remove me"),
    ("en", "do not contact", "do not contact me", "do not contact me again", "don't contact me"),
    ("en", "don't contact me again", "no more emails", "no more e-mails", "no more mails"),
    ("es", "baja", "darse de baja", "darme de baja", "dar de baja", "cancelar suscripción"),
    ("es", "anular suscripción", "desuscribir", "no me contacten", "no me contacte"),
    ("fi", "peruuta tilaus", "lopeta", "lopettakaa"),
    ("fr", "arrêt", "arrêter", "arrêtez", "désabonner", "se désabonner", "désabonnez-moi"),
    ("fr", "désinscrire", "se désinscrire", "désinscription", "désabonnement", "ne plus me contacter"),
    ("it", "cancellami", "disiscrivimi", "disiscriviti", "disiscrizione", "cancella iscrizione"),
    ("it", "annulla iscrizione", "non contattatemi più", "non contattarmi più"),
    ("ja", "停止", "配信停止", "ストップ", "登録解除", "購読解除", "メール停止"),
    ("ko", "중지", "수신거부", "수신 거부", "구독 취소", "구독취소"),
    ("nl", "afmelden", "uitschrijven", "stoppen", "stop maar"),
    ("no", "avmeld", "meld meg av"),
    ("pl", "wypisz", "wypisz mnie", "wypisz mnie z listy", "mnie wypisać", "anuluj subskrypcję"),
    ("pt", "parar", "pare", "descadastrar", "cancelar inscrição", "cancelar subscrição"),
    ("pt", "cancelar assinatura", "não me contacte", "não me contate"),
    ("ru", "стоп", "отписаться", "отписка", "отпишите меня", "отказаться от рассылки"),
    ("ru", "больше не пишите", "больше не пишите мне"),
    ("sv", "avregistrera", "avprenumerera", "avregistrera mig", "avbryt prenumeration"),
    ("tr", "dur", "abonelikten çik", "abonelikten çikar", "abonelikten çikmak istiyorum"),
    ("uk", "стоп", "відписатися", "відписка", "відпишіть мене", "скасувати підписку"),
    ("zh", "退订", "退訂", "停止", "取消订阅", "取消訂閱"),
)
#: What is said before or behind them out of courtesy.
_COURTESIES = (
    *("please", "thanks", "thank you", "bitte", "danke", "s'il vous plaît", "svp", "merci", "por favor"),
    *("gracias", "per favore", "grazie", "obrigado", "obrigada", "alstublieft", "graag"),
    *("tack", "takk", "tak"),
    *("vennligst", "kiitos", "proszę", "dziękuję", "prosím", "děkuji", "lütfen", "пожалуйста", "спасибо"),
    *("будь ласка", "дякую", "من فضلك", "شكرا", "お願いします", "请", "請"),
)
#: Categories of what stands on a letter, or is not seen.
_MARKS = frozenset({"Mn", "Mc", "Me", "Cf"})
#: What mail programs write before the subject of a mail that is answered.
_ANSWERS = re.compile(
    r"((re|aw|sv|vs|antw|odp|rif|ynt|отв|回复|回覆|답장|رد)(\[\d+\])? ?[:\uff1a] ?)+", re.IGNORECASE
)


def is_stop(text: str, subject: str = "") -> bool:
    """Whether all that the person wrote is such a word; or nothing is, and the subject is one."""
    own = _meant(without_footer(own_words(text)))
    return own in _STOPS or (not own and is_stop_subject(subject))


def is_stop_subject(subject: str) -> bool:
    """Whether a subject is such a word, or the answer to one."""
    answered = _ANSWERS.match(subject)
    return _meant(subject[answered.end() :] if answered else subject) in _STOPS


def _meant(text: str) -> str:
    """The words alone, without what is said out of courtesy, or the space between the letters of one word."""
    words = _folded(text).split()
    if all(len(word) == 1 for word in words):
        return "".join(words)
    return _COURTESY.sub("", " ".join(words))


def _folded(text: str) -> str:
    """Without case, width, marks and what parts words; Turkish has an i with a dot and one without.

    The marks that came go first: to put many on one letter in order takes the square of their number.
    """
    letters = unicodedata.normalize("NFKD", _without_marks(text)).casefold().replace("\u0131", "i")
    return re.sub(r"[\W_]+", " ", _without_marks(letters)).strip()


def _without_marks(text: str) -> str:
    return "".join(letter for letter in text if unicodedata.category(letter) not in _MARKS)


_COURTESY = re.compile("^(?:{0}) | (?:{0})$".format("|".join(map(_folded, _COURTESIES))))
_STOPS = frozenset(_folded(word) for _, *words in _WORDS for word in words)
