"""May this text be part of a follow-up? What thanks and wishes well is ok; what asks for anything is not."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import re2

from services.policy.context import Finding
from services.policy.text import own_company, shape, trade
from services.policy.text.features import of_label
from services.policy.text.lexicon import TO_A_MACHINE, Lexicon
from services.policy.text.reading import Reading, read
from services.policy.text.rule import Hit
from services.policy.text.scorer import scales

Field = Literal["note", "name", "title", "company"]

#: The share from which a text, or one sentence of it, is not fit to be sent.
_UNFIT, _UNFIT_ALONE = 0.35, 0.6
#: From these on the text and each sentence are plainly fit, so that a word of a rule is used in another sense.
_FIT, _FIT_ALONE = 0.9, 0.8
#: From the second on it is no name, title or company; below the first, one word of a rule is a trade or a name.
_PLAINLY_A_LABEL, _NO_LABEL = 0.3, 0.7
_ASKS = {"repitch": "pitch"}
#: Words in a name, a title, a company; more are a sentence.
_MOST_WORDS: dict[Field, int] = {"name": 7, "title": 12, "company": 9, "note": 400}
#: Particles, initials and abbreviated degrees, of which a name may have any number.
_ADDS_NO_NAME = re2.compile(r"\p{Ll}{1,3}|\pL{1,5}\.")
_LONGEST: dict[Field, int] = {"name": 80, "title": 120, "company": 100, "note": 4000}


@dataclass(frozen=True, slots=True)
class Examined:
    """Whether a text may be sent, and what speaks against it."""

    ok: bool
    findings: tuple[Finding, ...]


def examine(text: str, field: Field, lexicon: Lexicon, company: str | None = None) -> Examined:
    """Judge a text that is to stand in `field`; `company` is the sender's registered one."""
    texts = _readings(text, company, lexicon)
    named = texts[0] != text
    text = trade.plainly(texts[0]) if field == "title" else texts[0]
    reading = read(text, lexicon, quoted=True)
    found = list(_hidden(text, field, reading))
    found += [_finding(code, words) for code, words in shape.faults(text, field)]
    found += _size(text, field)
    found += _of_words(text, field, reading, lexicon)
    for other in texts[1:] if not found else ():
        found += _of_words(other, field, read(other, lexicon, quoted=True), lexicon)
    if company is not None and named:
        found = [_as_written(finding, company) for finding in found]
    return Examined(not found, tuple(found))


def _readings(text: str, company: str | None, lexicon: Lexicon) -> tuple[str, ...]:
    """What is no company's name, be it registered ten times, lets nothing through."""
    if company is None or not own_company.may_be_misread(company):
        return (text,)
    readings = own_company.readings(text, company)
    return readings if readings[0] != text and examine(company, "company", lexicon).ok else (text,)


def _as_written(finding: Finding, company: str) -> Finding:
    """With the company's name again where its stand-in was read."""
    words = str(finding.evidence["words"]).replace(own_company.STAND_IN, company)
    return finding.model_copy(update={"evidence": {**finding.evidence, "words": words}})


def _of_words(text: str, field: Field, reading: Reading, lexicon: Lexicon) -> Iterator[Finding]:
    hits = lexicon.hits("content", reading.views)
    for hit in hits:
        if hit.rule.meaning == TO_A_MACHINE:
            yield _finding("content.machine", reading.evidence(hit), hit.rule.entry.means, hit.rule.entry.id)
    asking = [hit for hit in hits if hit.rule.meaning != TO_A_MACHINE and _counts(hit, reading)]
    yield from _of_a_note(asking, reading) if field == "note" else _of_a_label(asking, text, field, reading)


def _of_a_note(hits: Sequence[Hit], reading: Reading) -> Iterator[Finding]:
    """What its phrases ask for, and what its words do, taken together, whatever phrase they avoid."""
    weights = reading.weights("content")
    whole, alone = weights.together, weights.alone
    share = whole["content"].share("unfit")
    most = max((one["content"].share("unfit") for one in alone), default=share)
    if hits and not weights.surely("content", "fit", _FIT, _FIT_ALONE):
        yield from (_of_a_phrase(hit, reading) for hit in hits)
    if share >= _UNFIT or most >= _UNFIT_ALONE:
        asks = whole if share >= _UNFIT else max(alone, key=lambda one: one["content"].share("unfit"))
        kind = _ASKS.get(asks["ask"].likeliest, asks["ask"].likeliest)
        says = "Taken together, the words ask for something or press; a thank-you does neither."
        words = reading.telling("content", "content", "unfit")
        yield _finding(f"content.{kind}", words, says, "weights.content")


def _of_a_label(hits: Sequence[Hit], text: str, field: Field, reading: Reading) -> Iterator[Finding]:
    """A sentence is no name; one word of a rule in what plainly is one is a trade or a name."""
    if field == "company" and own_company.is_a_sign(text):
        return
    unlike = _unlike_a_label(text, field, reading)
    for hit in hits:
        if unlike >= _PLAINLY_A_LABEL or " " in reading.evidence(hit):
            yield _of_a_phrase(hit, reading)
    if unlike >= _NO_LABEL:
        yield _finding("content.not_a_name", text, rule="weights.labels")


def _of_a_phrase(hit: Hit, reading: Reading) -> Finding:
    return _finding(hit.rule.meaning, reading.evidence(hit), hit.rule.entry.means, hit.rule.entry.id)


def _unlike_a_label(text: str, field: Field, reading: Reading) -> float:
    """How surely the words are not those of a name, a title or a company, from 0 to 1.

    In a title, `and` joins trades as the sign does, and is no word of a sentence.
    """
    words = reading.words
    if field == "title":
        text = text.replace(" and ", " & ")
        words = tuple(word for word in words if word != "and")
    return scales()["labels"].weigh(of_label(field, text, words))["label"].share("unfit")


def _counts(hit: Hit, reading: Reading) -> bool:
    """One word of another language than the text's is a chance likeness, or borrowed: `deadline`, `link`."""
    if not reading.languages or hit.rule.language in {"xx", *reading.languages}:
        return True
    return " " in reading.evidence(hit)


def _hidden(text: str, field: Field, reading: Reading) -> Iterator[Finding]:
    odd = reading.normal.oddities
    if field != "note" and "spaced_out" in odd and shape.only_initials(text):
        odd = odd - {"spaced_out"}
    for oddity in sorted(odd):
        yield _finding(f"content.{oddity}", oddity)
    if shape.stray_joiner(text):
        yield _finding("content.invisible", "a joiner where no script needs it")
    if any(unicodedata.category(letter) == "Cc" and letter not in "\n\t\r" for letter in text):
        yield _finding("content.invisible", "a control character")


def _size(text: str, field: Field) -> Iterator[Finding]:
    if not text.strip():
        yield _finding("content.empty", "")
    words = [word for word in text.split() if field != "name" or not _ADDS_NO_NAME.fullmatch(word)]
    if len(text) > _LONGEST[field] or len(words) > _MOST_WORDS[field]:
        yield _finding("content.too_long", text[:40])


_SAYS = {
    "content.link": "A link or an address, however written, asks to be followed.",
    "content.phone": "A phone number asks to be called.",
    "content.question": "A question wants an answer; a thank-you wants none.",
    "content.markup": "Markup, styles, template syntax and header lines do not belong in plain words.",
    "content.invisible": "Invisible characters hide something from whoever approves the text.",
    "content.direction": "Characters that change the reading direction hide something.",
    "content.mixed_script": "A word mixes scripts, as disguised words do.",
    "content.spaced_out": "Letters are spaced out, as disguised words are.",
    "content.too_long": "It is longer than such a text can honestly be.",
    "content.empty": "There is nothing in it.",
    "content.not_a_name": "It is a sentence or signs, and not a name.",
}


def _finding(code: str, words: str, says: str | None = None, rule: str = "") -> Finding:
    return Finding(
        code=code, severity="deny", evidence={"words": words, "rule": rule}, says=says or _SAYS[code]
    )
