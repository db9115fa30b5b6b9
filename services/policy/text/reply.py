"""What did the candidate say? One intent, with the words that show it. The order of harm decides."""

from dataclasses import dataclass
from typing import Literal

from services.policy.text.datafile import Meaning
from services.policy.text.lexicon import Lexicon
from services.policy.text.reading import Reading, read

Intent = Literal[
    "declined_soft",
    "declined_permanent_optout",
    "later",
    "interested",
    "out_of_office",
    "hostile_optout",
    "unclear",
]

#: What counts only in a language that the text is in: a chance likeness must never permit.
_PERMITS: frozenset[Meaning] = frozenset({"reply.decline", "reply.keep_in_mind"})
_HOSTILE: tuple[Meaning, ...] = ("reply.hostile", "reply.legal")


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

    def says(self, *meanings: Meaning) -> Said | None:
        """The first of what was said that has one of these meanings."""
        return next((said for said in self.said if said.meaning in meanings), None)


def understand(text: str, lexicon: Lexicon) -> Reply:
    """The intent of a candidate's message. Quoted history and signatures are not the candidate's words."""
    reading = read(text, lexicon)
    said = _said(reading, lexicon)
    intent, shown = _intent({one.meaning: one for one in reversed(said)})
    language, covered = _language(reading, lexicon, said)
    return Reply(
        intent,
        language,
        covered,
        shown.words if shown else "",
        said,
        _quoted(reading, lexicon),
        reading.normal.oddities,
    )


def _said(reading: Reading, lexicon: Lexicon) -> tuple[Said, ...]:
    hits = lexicon.hits("reply", reading.views)
    return tuple(
        Said(hit.rule.meaning, reading.evidence(hit), hit.rule.entry.id, hit.rule.entry.means)
        for hit in hits
        if hit.rule.meaning not in _PERMITS or hit.rule.language in reading.languages or not reading.languages
    )


def _intent(said: dict[Meaning, Said]) -> tuple[Intent, Said | None]:
    for hostile in _HOSTILE:
        if hostile in said:
            return "hostile_optout", said[hostile]
    if "reply.opt_out" in said:
        return "declined_permanent_optout", said["reply.opt_out"]
    if "reply.out_of_office" in said:
        return "out_of_office", said["reply.out_of_office"]
    declined = said.get("reply.decline")
    if "reply.interested" in said and declined is None:
        return "interested", said["reply.interested"]
    if "reply.later" in said:
        return "later", said["reply.later"]
    if declined is not None:
        return "declined_soft", declined
    if "reply.keep_in_mind" in said:
        return "later", said["reply.keep_in_mind"]
    return "unclear", next(iter(said.values()), None)


def _language(reading: Reading, lexicon: Lexicon, said: tuple[Said, ...]) -> tuple[str, bool]:
    """On a few words the language of the rule that understood them is a better guess than statistics."""
    if reading.language in lexicon.permits:
        return reading.language, True
    spoke = {one.rule[:2] for one in said} & lexicon.permits
    few = len(reading.own.split()) <= _FEW_WORDS
    if len(spoke) == 1 and (few or spoke & reading.languages):
        return spoke.pop(), True
    return reading.language, False


#: Up to here statistics of letters are little better than chance.
_FEW_WORDS = 6


def _quoted(reading: Reading, lexicon: Lexicon) -> str | None:
    if not reading.quoted.strip():
        return None
    lines = (line.lstrip("> \t") for line in reading.quoted.split("\n"))
    below = read(" ".join(lines), lexicon)
    hits = (hit for hit in lexicon.hits("reply", below.views) if hit.rule.meaning == "reply.opt_out")
    return next((below.evidence(hit) for hit in hits), None)
