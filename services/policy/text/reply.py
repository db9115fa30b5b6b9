"""What did the candidate say? One intent, with the words that show it. The order of harm decides."""

from dataclasses import dataclass
from typing import Literal

import re2

from services.policy.text.datafile import Meaning
from services.policy.text.lexicon import ALL, Asked, Hit, Lexicon
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

#: What counts in any language. Anything else only in one that the text may be in: a chance likeness of words
#: must neither permit nor cast doubt.
_ALWAYS: frozenset[Meaning] = frozenset(
    {"reply.opt_out", "reply.hostile", "reply.legal", "reply.machine", "reply.minor", "reply.life_event"}
)
#: Roundabout signs beside a no, each of another kind: one may be chance, this many are a wish for silence.
_A_WISH = 2
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
    intent, shown = _intent({one.meaning: one for one in reversed(said)}, _doubts(said))
    if intent == "declined_soft":  # what sounds interested beside a clear no is courtesy
        said = tuple(one for one in said if one.meaning != "reply.interested")
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
    return tuple(
        Said(hit.rule.meaning, reading.evidence(hit), hit.rule.entry.id, hit.rule.entry.means)
        for hit in lexicon.hits("reply", reading.views, _asked(reading, lexicon))
        if _counts(hit, reading, lexicon)
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


def _doubts(said: tuple[Said, ...]) -> int:
    return len({one.rule for one in said if one.meaning == "reply.oblique"})


def _intent(said: dict[Meaning, Said], doubts: int) -> tuple[Intent, Said | None]:
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
    if doubts:
        wish = declined is not None and doubts >= _A_WISH
        return "declined_permanent_optout" if wish else "unclear", said["reply.oblique"]
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


#: What a mailing's footer says in the languages of Europe and beyond, folded.
_FOOTER = re2.compile(
    r"\bunsubscribe|\bopt[- ]?out\b|\bremove you\b|\b(?:stop|no longer) (?:wish|want|receiv)\w*|\babmeld|\baustrag|\babbestell"
    r"|\bdesinscri|\bdesabonn|\bdarse de baja|\bdate de baja|\bdescadastr|\bcancelar (?:a |la )?(?:sus|ins)cri|\bdisiscri"
    r"|\buitschrijv|\bafmeld|\bwypis|\bavregistr|\bavprenumer|\bavmeld|\bafmeld|\bframeld|\bodhlas|\babonelikten"
    r"|отпис|відпис|配信停止|수신 ?거부|退订|الغاء الاشتراك"
)


def _quoted(reading: Reading, lexicon: Lexicon) -> str | None:
    if not reading.quoted.strip():
        return None
    lines = (line.lstrip("> \t") for line in reading.quoted.split("\n"))
    below = read(" ".join(lines), lexicon)
    hits = (hit for hit in lexicon.hits("reply", below.views) if hit.rule.meaning == "reply.opt_out")
    if hit := next(hits, None):
        return below.evidence(hit)
    footer = _FOOTER.search(below.normal.text)
    return footer.group() if footer else None
