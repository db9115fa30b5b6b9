"""What a reply says beside its intent: what else it may ask for, and what about a no is for a person to look at."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from services.policy.facts import Intent
from services.policy.text.datafile import Meaning
from services.policy.text.intent import ASKS_FOR_SILENCE, KNOWN_NO, SILENCE
from services.policy.text.reading import Reading, Weights
from services.policy.text.said import SAYS, Said
from services.policy.text.scorer import Weighed

#: A phrase that neither its sentence nor the whole bears out only may be one.
_OUTWEIGHED: frozenset[Meaning] = frozenset({"reply.opt_out", "reply.legal"})
#: What sounds like more beside a plain no is courtesy.
_COURTESY: frozenset[Meaning] = frozenset(
    {"reply.interested", "reply.later", "reply.oblique", "reply.question"}
)
#: A no of this share is plain.
_PLAINLY = 0.6
#: From here on it may be, so a person looks before anything is sent.
_PERHAPS = 0.34
#: And from here on in one sentence, where nothing known says no.
_PERHAPS_IN_A_SENTENCE = 0.55
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
#: From these on the words of a no, and of each sentence, leave no doubt: a phrase that casts one means something else.
_NO_DOUBT, _NO_DOUBT_ALONE = 0.8, 0.5
_MOODS: frozenset[Meaning] = frozenset(
    {"reply.life_event", "reply.irritated", "reply.sarcasm", "reply.third_person", "reply.minor"}
)


def beside(intent: Intent, said: Sequence[Said], weights: Weights) -> Iterator[Said]:
    """What counts beside the intent. Courtesy around a plain no is none of it; a wish for silence always is."""
    weighed = weights.together["reply"]
    plain = intent == "declined_soft" and weighed.share("declined_soft") >= _PLAINLY
    moody = intent == "declined_soft" and any(one.meaning in _MOODS for one in said)
    calm = moody and weights.surely("doubt", "none", _NO_DOUBT, _NO_DOUBT_ALONE)
    for one in said:
        outweighed = one.meaning in _OUTWEIGHED and intent not in SILENCE
        meaning: Meaning = "reply.oblique" if outweighed else one.meaning
        if not (plain and meaning in _COURTESY) and not (calm and meaning in _MOODS):
            yield one if meaning == one.meaning else replace(one, meaning=meaning, means=SAYS[meaning])
    silent = weighed.share(*SILENCE)
    if intent in SILENCE and not any(one.meaning in ASKS_FOR_SILENCE for one in said):
        silence: Meaning = "reply.hostile" if intent == "hostile_optout" else "reply.opt_out"
        yield Said(silence, "", "weights.reply", SAYS[silence])
    elif intent == "declined_soft" and (silent >= _PERHAPS or _perhaps_in_a_sentence(said, weights)):
        yield Said("reply.oblique", "", "weights.reply", SAYS["reply.oblique"])


def _perhaps_in_a_sentence(said: Sequence[Said], weights: Weights) -> bool:
    most = max((one["reply"].share(*SILENCE) for one in weights.alone), default=0)
    return most >= _PERHAPS_IN_A_SENTENCE and not any(one.meaning in KNOWN_NO for one in said)


def doubts(intent: Intent, weighed: Weighed, reading: Reading) -> Iterator[Said]:
    """What the words around a plain no give to think about."""
    if intent == "declined_soft" and weighed.share("none") < _DOUBTLESS:
        kind = max((label for label in weighed.labels if label != "none"), key=weighed.share)
        meaning = _DOUBTS[kind]
        words = reading.telling("replies", "doubt", kind)
        yield Said(meaning, words, "weights.doubt", SAYS[meaning])
