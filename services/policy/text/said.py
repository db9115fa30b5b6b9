"""One thing that a reply says, told by a rule or by what its words weigh."""

from dataclasses import dataclass

from services.policy.text.datafile import Meaning
from services.policy.text.reading import Reading
from services.policy.text.rule import Hit

SAYS: dict[Meaning, str] = {
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


def told(hit: Hit, reading: Reading) -> Said:
    """What a rule saw."""
    return Said(hit.rule.meaning, reading.evidence(hit), hit.rule.entry.id, hit.rule.entry.means)
