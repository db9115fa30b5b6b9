"""Which one intent a reply has: what a phrase asks for, borne out by what the words weigh. The order of harm decides."""

from collections.abc import Mapping, Sequence
from typing import get_args

from services.policy.facts import Intent
from services.policy.text.datafile import Meaning
from services.policy.text.reading import Reading, Weights
from services.policy.text.rule import Hit, line_around

_HOSTILE: frozenset[Meaning] = frozenset({"reply.hostile", "reply.legal"})
ASKS_FOR_SILENCE: frozenset[Meaning] = _HOSTILE | {"reply.opt_out"}
SILENCE: tuple[Intent, ...] = ("declined_permanent_optout", "hostile_optout")
#: What is a no by itself.
KNOWN_NO: frozenset[Meaning] = frozenset({"reply.decline", "reply.later"})
#: The share of silence from which it is what the text asks for. A missed wish does more harm than a false one.
#: The sentence that a phrase stands in is weighed too, for courtesies around it take nothing back.
_WITH_A_PHRASE, _WITHOUT_A_PHRASE, _BESIDE_A_KNOWN_NO = 0.4, 0.22, 0.6
_IN_ITS_SENTENCE = 0.5
#: A no of this share is plain in one sentence amid courtesies.
_PLAINLY_ALONE = 0.75
#: And one of this share, where a rule knows the no, is one although the whole says nothing clear.
_ALMOST = 0.3
#: What a text can be that asks for no silence, by the label it weighs for.
_INTENTS: Mapping[str, Intent] = {intent: intent for intent in get_args(Intent) if intent not in SILENCE}


def intent_of(hits: Sequence[Hit], weights: Weights, reading: Reading) -> Intent:
    """What the text as a whole is, where a phrase that asks for silence tips the scale. In the order of harm."""
    weighed = weights.together["reply"]
    said = {hit.rule.meaning for hit in hits}
    asking = [hit for hit in hits if hit.rule.meaning in ASKS_FOR_SILENCE]
    around = (reading.weighed_around(hit, "replies")["reply"] for hit in asking)
    if (
        weighed.share(*SILENCE) >= _enough_for_silence(said)
        or any(sentence.share(*SILENCE) >= _IN_ITS_SENTENCE for sentence in around)
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
    if likeliest == "unclear" and (
        _no_amid_courtesies(weights)
        or ("reply.decline" in said and weighed.share("declined_soft") >= _ALMOST)
    ):
        return "declined_soft"
    return likeliest


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
    if said & ASKS_FOR_SILENCE:
        return _WITH_A_PHRASE
    return _BESIDE_A_KNOWN_NO if said & KNOWN_NO and "reply.oblique" not in said else _WITHOUT_A_PHRASE
