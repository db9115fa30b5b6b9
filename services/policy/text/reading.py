"""A text made ready for judgment: folded, mended, cut into the writer's own part, sentences and clauses."""

from dataclasses import dataclass

from services.policy.text import segment
from services.policy.text.datafile import Within
from services.policy.text.features import words_of
from services.policy.text.lexicon import Lexicon
from services.policy.text.normal import Edit, Normal, normalise
from services.policy.text.rule import Hit, line_around
from services.policy.text.scorer import Subject, Weighed, scales


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as the rules see it.

    `views` are of one length, so a place in one is the same place in the others. `languages` are those that
    it may be in (empty: no function words told), `language` the best guess or `und`.
    """

    normal: Normal
    own: str
    quoted: str
    views: dict[Within, bytes]
    languages: frozenset[str]
    language: str
    words: tuple[str, ...]

    def evidence(self, hit: Hit) -> str:
        """The words of the original that a hit is about."""
        view = self.views[hit.rule.entry.within]
        if len(view) == len(self.own):
            return self.normal.evidence(hit.start, hit.end)
        start = len(view[: hit.start].decode())
        return self.normal.evidence(start, start + len(view[hit.start : hit.end].decode()))

    @property
    def sentences(self) -> list[str]:
        """The writer's own words, a thought at a time; some may be blank."""
        return self.views["sentence"].decode().split("\n")

    def weighed(self, group: str) -> dict[Subject, Weighed]:
        """What the writer's own words weigh, taken together."""
        return scales()[group].weigh(self.words)

    def weights(self, group: str) -> "Weights":
        """The same, and what each sentence weighs by itself."""
        sentences = [words for sentence in self.sentences if (words := words_of(sentence))]
        together, *alone = scales()[group].weigh_each([self.words, *sentences])
        return Weights(together, tuple(alone))

    def weighed_around(self, hit: Hit, group: str) -> dict[Subject, Weighed]:
        """What the sentence of a hit weighs by itself."""
        sentence = line_around(self.views["sentence"], hit.start, hit.end)
        return scales()[group].weigh(words_of(sentence.decode()))

    def telling(self, group: str, subject: Subject, label: str) -> str:
        """The few words of the original that speak most for a label."""
        return self.normal.evidence(*scales()[group].telling(self.own, subject, label))


@dataclass(frozen=True, slots=True)
class Weights:
    """The words of a text taken together, and each sentence by itself, as nothing said beside it can change."""

    together: dict[Subject, Weighed]
    alone: tuple[dict[Subject, Weighed], ...]

    def surely(self, subject: Subject, label: str, whole: float, alone: float) -> bool:
        """Whether a label has this share of the whole, and that one of each sentence."""
        least = min((one[subject].share(label) for one in self.alone), default=1)
        return self.together[subject].share(label) >= whole and least >= alone


def read(text: str, lexicon: Lexicon, *, quoted: bool = False) -> Reading:
    """Make `text` ready. Linear in its length, of which `normal.LONGEST` letters are read.

    Words that stand in quotations are the writer's own only where `quoted` says so.
    """
    folded = normalise(text)
    parts = segment.Parts((), "") if quoted else segment.parts_of(folded.text)
    folded = folded.rewritten([Edit(start, end, "") for start, end in parts.others])
    counted = lexicon.guesser.count(folded.text)
    candidates = lexicon.guesser.candidates(counted)
    mended = folded.rewritten(lexicon.vocabulary.edits(folded.text, candidates))
    own = mended.text
    whole = segment.lines_joined(own)
    by_sentence = segment.sentences(whole)
    views: dict[Within, bytes] = {
        "clause": segment.clauses(by_sentence).encode("utf-8", "replace"),
        "sentence": by_sentence.encode("utf-8", "replace"),
        "text": whole.replace("\n", " ").encode("utf-8", "replace"),
    }
    language = lexicon.guesser.language(own, counted)
    return Reading(mended, own, parts.quoted, views, candidates, language, tuple(words_of(own)))


def quotation(reading: Reading, lexicon: Lexicon) -> Reading | None:
    """What a text quotes, as one text by itself; None where it quotes nothing."""
    if not reading.quoted.strip():
        return None
    return read(segment.unquoted(reading.quoted), lexicon, quoted=True)
