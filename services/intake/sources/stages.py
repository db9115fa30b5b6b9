"""How far it went, by the name that a company or a platform gave the stage. Pure.

Companies name their stages as they like and in their own language, so only what a name surely says is read;
any other is no stage at all, which policy calls untold. Where it is a close call the later stage is taken, at
which a person looks before anything goes out.
"""

import re
from functools import lru_cache

from shared.events import Stage
from shared.reasons import fold

_ORDER: tuple[Stage, ...] = ("outreach", "application", "interview", "offer")
#: What makes the word behind it say the opposite, or something that is still to come.
_NOT_YET = r"(?<!\bno )(?<!\bnot )(?<!\bpre )(?<!\byet )(?<!\bbe )"

#: In English a word by itself; in languages that build long words, or write none apart, any part of the name.
_OFFER = re.compile(
    rf"{_NOT_YET}(?<![a-z])offers?(?![a-z])"
    r"|\b(?:offre|oferta|offerta|aanbod|proposta|tilbud|tarjous|teklif)|angebot|erbjudande|nabídka"
    r"|предложени|оффер|пропозиці|内定|內定|オファー|录用|錄用|제안"
)
_INTERVIEW = re.compile(
    rf"{_NOT_YET}\b(?:interview(?:s|ed|ing)?|on ?site|face to face|assessments?)\b"
    # to screen is to read papers, unless the name says by whom or by what it is done
    r"|(?<!\bcv )(?<!\bresume )(?<!\brésumé )(?<!\bapplication )(?:\bscreen\b|(?<=\w )screening\b)"
    r"|\bscreening call\b"
    r"|gespräch|gesprek|\bentretien|\bentrevista|\bcolloqui|\brozmow|intervju|samtale|haastattelu|pohovor"
    r"|mülakat|собеседован|співбесід|面接|面试|面試|面談|면접"
)
_APPLICATION = re.compile(
    r"\b(?:appl(?:y|ied|ications?)|cv|resume|résumé|inbox)\b|^new$"
    r"|bewerbung|sollicitatie|\bcandidature|\bcandidatura|応募|申请|申請|지원"
)
#: A name that is nothing else: a lead may be a team's, and a prospect a location's.
_OUTREACH = re.compile(r"(?:sourced|prospects?|leads?|contacted|reached out)")
#: Whoever was hired and then said no said no to an offer.
_HIRED = re.compile(r"hired?")


def stage_of(*names: str | None) -> Stage | None:
    """The latest stage that one of these names says; None where none of them says any.

    An interview before or about an offer is an interview still.
    """
    said = [stage for name in names if name and (stage := _said(name))]
    return max(said, key=_ORDER.index, default=None)


#: A company has a few dozen names for its stages, and says them over and over.
@lru_cache(maxsize=1024)
def _said(name: str) -> Stage | None:
    words = " ".join(re.split(r"[\W_]+", fold(name))).strip()
    if _OUTREACH.fullmatch(words):
        return "outreach"
    if _INTERVIEW.search(words):
        return "interview"
    if _OFFER.search(words) or _HIRED.fullmatch(words):
        return "offer"
    return "application" if _APPLICATION.search(words) else None
