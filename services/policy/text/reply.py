"""What did the candidate say? One intent, with the words that show it. The order of harm decides."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import get_args

from services.policy.facts import Intent
from services.policy.text.datafile import Meaning
from services.policy.text.lexicon import ALL, Asked, Lexicon
from services.policy.text.reading import Reading, Weights, quotation, read
from services.policy.text.rule import Hit, line_around
from services.policy.text.scorer import Weighed
from services.policy.text.segment import footer

#: What counts in any language. Anything else only in one that the text may be in: a chance likeness of words
#: must neither permit nor cast doubt.
_ALWAYS: frozenset[Meaning] = frozenset(
    {"reply.opt_out", "reply.hostile", "reply.legal", "reply.machine", "reply.minor", "reply.life_event"}
)
_HOSTILE: frozenset[Meaning] = frozenset({"reply.hostile", "reply.legal"})
_ASKS_FOR_SILENCE: frozenset[Meaning] = _HOSTILE | {"reply.opt_out"}
_SILENCE: tuple[Intent, ...] = ("declined_permanent_optout", "hostile_optout")
#: A phrase that neither its sentence nor the whole bears out only may be one.
_OUTWEIGHED: frozenset[Meaning] = frozenset({"reply.opt_out", "reply.legal"})
#: What sounds like more beside a plain no is courtesy.
_COURTESY: frozenset[Meaning] = frozenset(
    {"reply.interested", "reply.later", "reply.oblique", "reply.question"}
)
#: The share of silence from which it is what the text asks for. A missed wish does more harm than a false one.
#: The sentence that a phrase stands in is weighed too, for courtesies around it take nothing back.
_WITH_A_PHRASE, _WITHOUT_A_PHRASE, _BESIDE_A_KNOWN_NO = 0.3, 0.22, 0.5
_IN_ITS_SENTENCE = 0.42
_KNOWN_NO: frozenset[Meaning] = frozenset({"reply.decline", "reply.later"})
#: From here on it may be, so a person looks before anything is sent.
_PERHAPS = 0.34
#: And from here on in one sentence, where nothing known says no.
_PERHAPS_IN_A_SENTENCE = 0.55
#: A no of this share is plain, and in one sentence amid courtesies.
_PLAINLY, _PLAINLY_ALONE = 0.6, 0.75
#: A share of none of them below this leaves a doubt. Two words say little either way, and are the plainest no.
_DOUBTLESS = 0.25
_DOUBTS: Mapping[str, Meaning] = {
    "source": "reply.data_source",
    "sensitive": "reply.life_event",
    "minor": "reply.minor",
    "irritated": "reply.irritated",
    "sarcastic": "reply.sarcasm",
    "third_person": "reply.third_person",
    "machine": "reply.machine",
    "question": "reply.question",
    "mixed": "reply.interested",
}
#: What a text can be that asks for no silence, by the label it weighs for.
_INTENTS: Mapping[str, Intent] = {intent: intent for intent in get_args(Intent) if intent not in _SILENCE}
#: Which phrase shows an intent best.
_SHOWS: Mapping[Intent, frozenset[Meaning]] = {
    "declined_soft": frozenset({"reply.decline"}),
    "declined_permanent_optout": frozenset({"reply.opt_out"}),
    "hostile_optout": _ASKS_FOR_SILENCE,
    "later": frozenset({"reply.later", "reply.keep_in_mind"}),
    "interested": frozenset({"reply.interested"}),
    "out_of_office": frozenset({"reply.out_of_office"}),
}
_SAYS: Mapping[Meaning, str] = {
    "reply.opt_out": "Taken together, the words ask not to be written to again.",
    "reply.hostile": "Taken together, the words are hostile and ask to be left alone.",
    "reply.oblique": "The words may ask not to be written to again.",
    "reply.data_source": "The answer may ask where the data came from.",
    "reply.life_event": "The answer may speak of a hard time.",
    "reply.minor": "The answer may come from somebody under age.",
    "reply.irritated": "The answer may be irritated.",
    "reply.sarcasm": "The answer may not mean what it says.",
    "reply.third_person": "The answer may come from somebody else.",
    "reply.machine": "The answer may speak to a machine.",
    "reply.question": "The answer may ask something back.",
    "reply.interested": "The answer may show interest beside the no.",
}


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that a text says: its meaning, the words of the original, the rule that saw it."""

    meaning: Meaning
    words: str
    rule: str
    means: str


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
    said = tuple(_told(hit, reading) for hit in hits)
    language, covered = _language(reading, lexicon, said)
    if covered and (foreign := lexicon.guesser.foreign(reading.sentences, lexicon.permits)):
        language, covered = foreign, False
    weights = reading.weights("replies")
    intent = _intent(hits, weights, reading) if reading.words else "unclear"
    said = (*_beside(intent, said, weights), *_doubts(intent, weights.together["doubt"], reading))
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


def _told(hit: Hit, reading: Reading) -> Said:
    return Said(hit.rule.meaning, reading.evidence(hit), hit.rule.entry.id, hit.rule.entry.means)


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


def _intent(hits: Sequence[Hit], weights: Weights, reading: Reading) -> Intent:
    """What the text as a whole is, where a phrase that asks for silence tips the scale. In the order of harm."""
    weighed = weights.together["reply"]
    said = {hit.rule.meaning for hit in hits}
    asking = [hit for hit in hits if hit.rule.meaning in _ASKS_FOR_SILENCE]
    around = (reading.weighed_around(hit, "replies")["reply"] for hit in asking)
    if (
        weighed.share(*_SILENCE) >= _enough_for_silence(said)
        or any(sentence.share(*_SILENCE) >= _IN_ITS_SENTENCE for sentence in around)
        or any(_says_nothing_else(hit, reading) for hit in asking)
    ):
        hostile = said & _HOSTILE or weighed.share("hostile_optout") > weighed.share(
            "declined_permanent_optout"
        )
        return "hostile_optout" if hostile else "declined_permanent_optout"
    if "too_long" in reading.normal.oddities:
        return "unclear"
    if "reply.out_of_office" in said:
        return "out_of_office"
    likeliest = _INTENTS.get(weighed.likeliest, "unclear")
    return "declined_soft" if likeliest == "unclear" and _no_amid_courtesies(weights) else likeliest


def _no_amid_courtesies(weights: Weights) -> bool:
    """Whether one sentence is plainly a no, and nothing beside it says anything."""
    alone = [one["reply"] for one in weights.alone]
    says = {one.likeliest for one in alone} - {"unclear"}
    return says == {"declined_soft"} and max(one.share("declined_soft") for one in alone) >= _PLAINLY_ALONE


def _says_nothing_else(hit: Hit, reading: Reading) -> bool:
    """Whether the phrase is a whole clause: `no thanks, unsubscribe`."""
    clause = line_around(reading.views["clause"], hit.start, hit.end)
    return len(clause.strip(b' "*.!,-')) <= hit.end - hit.start


def _enough_for_silence(said: set[Meaning]) -> float:
    if said & _ASKS_FOR_SILENCE:
        return _WITH_A_PHRASE
    return _BESIDE_A_KNOWN_NO if said & _KNOWN_NO and "reply.oblique" not in said else _WITHOUT_A_PHRASE


def _beside(intent: Intent, said: Sequence[Said], weights: Weights) -> Iterator[Said]:
    """What counts beside the intent. Courtesy around a plain no is none of it; a wish for silence always is."""
    weighed = weights.together["reply"]
    plain = intent == "declined_soft" and weighed.share("declined_soft") >= _PLAINLY
    for one in said:
        outweighed = one.meaning in _OUTWEIGHED and intent not in _SILENCE
        meaning: Meaning = "reply.oblique" if outweighed else one.meaning
        if not (plain and meaning in _COURTESY):
            yield one if meaning == one.meaning else replace(one, meaning=meaning, means=_SAYS[meaning])
    silent = weighed.share(*_SILENCE)
    if intent in _SILENCE and not any(one.meaning in _ASKS_FOR_SILENCE for one in said):
        silence: Meaning = "reply.hostile" if intent == "hostile_optout" else "reply.opt_out"
        yield Said(silence, "", "weights.reply", _SAYS[silence])
    elif intent == "declined_soft" and (silent >= _PERHAPS or _perhaps_in_a_sentence(said, weights)):
        yield Said("reply.oblique", "", "weights.reply", _SAYS["reply.oblique"])


def _perhaps_in_a_sentence(said: Sequence[Said], weights: Weights) -> bool:
    most = max((one["reply"].share(*_SILENCE) for one in weights.alone), default=0)
    return most >= _PERHAPS_IN_A_SENTENCE and not any(one.meaning in _KNOWN_NO for one in said)


def _doubts(intent: Intent, weighed: Weighed, reading: Reading) -> Iterator[Said]:
    """What the words around a plain no give to think about."""
    if intent == "declined_soft" and weighed.share("none") < _DOUBTLESS:
        kind = max((label for label in weighed.labels if label != "none"), key=weighed.share)
        meaning = _DOUBTS[kind]
        words = reading.telling("replies", "doubt", kind)
        yield Said(meaning, words, "weights.doubt", _SAYS[meaning])


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


#: Fewer letters of another language than the text's are a chance likeness (Polish `won` in `won't`).
NO_CHANCE = 5
#: So few words that a function word among them tells nothing.
_VERY_FEW_WORDS = 5
#: Up to here statistics of letters are little better than chance.
_FEW_WORDS = 6


def _quoted(reading: Reading, lexicon: Lexicon) -> str | None:
    below = quotation(reading, lexicon)
    if below is None:
        return None
    hits = (hit for hit in lexicon.hits("reply", below.views) if hit.rule.meaning == "reply.opt_out")
    if hit := next(hits, None):
        return below.evidence(hit)
    return footer(below.normal.text)
