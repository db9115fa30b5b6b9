"""What did the candidate say? One intent, with the words that show it. The order of harm decides."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.policy.facts import Intent
from services.policy.text.beside import beside, doubts
from services.policy.text.datafile import Meaning
from services.policy.text.intent import ASKS_FOR_SILENCE, intent_of
from services.policy.text.lexicon import ALL, Asked, Lexicon
from services.policy.text.reading import Reading, quotation, read
from services.policy.text.rule import Hit
from services.policy.text.said import Said, told
from services.policy.text.segment import footer

#: What counts in any language. Anything else only in one that the text may be in: a chance likeness of words
#: must neither permit nor cast doubt.
_ALWAYS: frozenset[Meaning] = frozenset(
    {"reply.opt_out", "reply.hostile", "reply.legal", "reply.machine", "reply.minor", "reply.life_event"}
)
#: Fewer letters of another language than the text's are a chance likeness (Polish `won` in `won't`).
NO_CHANCE = 5
#: So few words that a function word among them tells nothing.
_VERY_FEW_WORDS = 5
#: Up to here statistics of letters are little better than chance.
_FEW_WORDS = 6
#: Which phrase shows an intent best.
_SHOWS: Mapping[Intent, frozenset[Meaning]] = {
    "declined_soft": frozenset({"reply.decline"}),
    "declined_permanent_optout": frozenset({"reply.opt_out"}),
    "hostile_optout": ASKS_FOR_SILENCE,
    "later": frozenset({"reply.later", "reply.keep_in_mind"}),
    "interested": frozenset({"reply.interested"}),
    "out_of_office": frozenset({"reply.out_of_office"}),
}


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply understood. `language` is ISO 639-1 or `und`; `covered`: its rules are complete.

    `quoted_optout` are opt-out words that stand only in what was quoted below.
    """

    intent: Intent
    language: str
    covered: bool
    evidence: str
    said: tuple[Said, ...]
    quoted_optout: str | None
    oddities: frozenset[str]


def understand(text: str, lexicon: Lexicon) -> Reply:
    """The intent of a candidate's message. Quoted history is not the candidate's words."""
    reading = read(text, lexicon)
    hits = [
        hit
        for hit in lexicon.hits("reply", reading.views, _asked(reading, lexicon))
        if _counts(hit, reading, lexicon)
    ]
    said = tuple(told(hit, reading) for hit in hits)
    language, covered = _language(reading, lexicon, said)
    if covered and (foreign := lexicon.guesser.foreign(reading.sentences, lexicon.permits)):
        language, covered = foreign, False
    weights = reading.weights("replies")
    intent = intent_of(hits, weights, reading) if reading.words else "unclear"
    said = (*beside(intent, said, weights), *doubts(intent, weights.together["doubt"], reading))
    shown = next((one for one in said if one.meaning in _SHOWS.get(intent, ())), None)
    words_shown = shown.words if shown else reading.telling("replies", "reply", intent)
    return Reply(
        intent,
        language,
        covered,
        words_shown,
        said,
        _quoted(reading, lexicon),
        reading.normal.oddities,
    )


def _asked(reading: Reading, lexicon: Lexicon) -> Asked:
    if not reading.languages or len(reading.own.split()) <= _VERY_FEW_WORDS:
        return ALL
    return Asked(reading.languages | lexicon.partial, _ALWAYS)


def _counts(hit: Hit, reading: Reading, lexicon: Lexicon) -> bool:
    """Whether a hit is more than a chance likeness with words of another language."""
    language = hit.rule.language
    if language in lexicon.partial or language in reading.languages or not reading.languages:
        return True
    return hit.rule.meaning not in _ALWAYS or hit.end - hit.start >= NO_CHANCE


def _language(reading: Reading, lexicon: Lexicon, said: tuple[Said, ...]) -> tuple[str, bool]:
    """On a few words the language of the rule that understood them is a better guess than statistics."""
    if reading.language in lexicon.permits:
        return reading.language, True
    spoke = {one.rule[:2] for one in said} & lexicon.permits
    likely = sorted(spoke & reading.languages) or sorted(spoke)
    few = len(reading.own.split()) <= _FEW_WORDS
    if likely and (few or (len(spoke) == 1 and spoke & reading.languages)):
        return likely[0], True
    return reading.language, False


def _quoted(reading: Reading, lexicon: Lexicon) -> str | None:
    below = quotation(reading, lexicon)
    if below is None:
        return None
    hits = (hit for hit in lexicon.hits("reply", below.views) if hit.rule.meaning == "reply.opt_out")
    if hit := next(hits, None):
        return below.evidence(hit)
    return footer(below.normal.text)
