"""Were a recruiter's words neutral? Findings with the words that show it; none for decent outreach."""

from collections.abc import Iterator, Mapping, Sequence

from services.policy.context import Finding
from services.policy.facts import Severity
from services.policy.text.datafile import Meaning
from services.policy.text.lexicon import TO_A_MACHINE, Lexicon
from services.policy.text.reading import Reading, quotation, read
from services.policy.text.reply import NO_CHANCE
from services.policy.text.rule import Hit

#: Mild ones are for a person to judge; everything else is no way to treat anybody.
_MILD: frozenset[Meaning] = frozenset({"conduct.pressure", "conduct.urgency", "conduct.machine"})
_FEW_WORDS = 8
#: The share of what is not decent from which a person looks, and from which it is plain.
_DOUBTFUL, _PLAIN = 0.55, 0.75
#: From these on the message and each sentence are plainly decent, so that a phrase of a rule is used in another sense.
_DECENT, _DECENT_ALONE = 0.9, 0.7
_FAULTS: Mapping[str, Meaning] = {
    "pushy": "conduct.pushy",
    "guilt": "conduct.guilt",
    "threat": "conduct.threat",
    "insult": "conduct.insult",
    "deceptive": "conduct.deception",
    "intrusive": "conduct.intrusive",
    "flirt": "conduct.flirt",
}


def findings(text: str, lexicon: Lexicon, *, where: str) -> list[Finding]:
    """What is to be said against a recruiter's message; `where` names it in the evidence."""
    reading = read(text, lexicon)
    found = list(_of_phrases(lexicon.hits("conduct", reading.views), reading, where))
    found += _weighed(reading, where)
    found += _quoted(reading, lexicon, where)
    unread = _unread(reading.language in lexicon.permits, len(reading.own.split()) <= _FEW_WORDS)
    if unread and not reading.languages & lexicon.permits:
        found.append(_plain("conduct.language", unread, {"language": reading.language, "message": where}))
    elif foreign := lexicon.guesser.foreign(reading.sentences, lexicon.permits):
        found.append(_plain("conduct.language", "hold", {"language": foreign, "message": where}))
    if reading.normal.oddities - {"invisible"}:
        found.append(
            _plain("conduct.disguised", "hold", {"how": sorted(reading.normal.oddities), "message": where})
        )
    return found


def _of_phrases(hits: Sequence[Hit], reading: Reading, where: str) -> Iterator[Finding]:
    """What its phrases say; where every sentence is plainly decent they are used in another sense."""
    said = [hit for hit in hits if hit.rule.meaning != TO_A_MACHINE and _counts(hit, reading)]
    if said and not reading.weights("conduct").surely("conduct", "decent", _DECENT, _DECENT_ALONE):
        yield from (_finding(hit, reading, where) for hit in said)
    yield from (_finding(hit, reading, where) for hit in hits if hit.rule.meaning == TO_A_MACHINE)


def _finding(hit: Hit, reading: Reading, where: str) -> Finding:
    machine = hit.rule.meaning == TO_A_MACHINE
    meaning: Meaning = "conduct.machine" if machine else hit.rule.meaning
    return Finding(
        code=meaning,
        severity="hold" if meaning in _MILD else "deny",
        evidence={"words": reading.evidence(hit), "rule": hit.rule.entry.id, "message": where},
        says="The text speaks to a machine and not to a person." if machine else hit.rule.entry.means,
    )


def _weighed(reading: Reading, where: str) -> Iterator[Finding]:
    """What the words as a whole give away, whatever phrase they avoid."""
    weighed = reading.weighed("conduct")
    share = weighed["conduct"].share("not decent")
    if share < _DOUBTFUL:
        return
    kind = weighed["fault"].likeliest
    words = reading.telling("conduct", "conduct", "not decent")
    yield Finding(
        code=_FAULTS.get(kind, "conduct.pressure"),
        severity="deny" if share >= _PLAIN and kind in _FAULTS else "hold",
        evidence={"words": words, "rule": "weights.conduct", "message": where},
        says="Taken together, the words press, prey on or belittle the person.",
    )


def _quoted(reading: Reading, lexicon: Lexicon, where: str) -> Iterator[Finding]:
    """What stands in quotations may be somebody else's, or be put there to be overlooked."""
    below = quotation(reading, lexicon)
    if below is None:
        return
    for hit in lexicon.hits("conduct", below.views):
        if hit.rule.meaning not in _MILD and _counts(hit, below):
            yield Finding(
                code=hit.rule.meaning,
                severity="hold",
                evidence={"words": below.evidence(hit), "rule": hit.rule.entry.id, "message": where},
                says="Such words stand in what the message quotes; a person must see whose they are.",
            )


def _counts(hit: Hit, reading: Reading) -> bool:
    """Mild things and short words of another language than the text's are a chance likeness."""
    if hit.rule.language in {"xx", reading.language, *reading.languages}:
        return True
    if hit.rule.meaning in _MILD:
        return False
    return not reading.languages or hit.end - hit.start >= NO_CHANCE


def _unread(covered: bool, short: bool) -> Severity | None:  # noqa: FBT001 - two facts, named where they are given
    return None if covered or short else "hold"


_SAYS = {
    "conduct.language": "The message is in a language without a full set of rules, so nobody has read it.",
    "conduct.disguised": "The message hides words from a reader or a filter.",
}


def _plain(code: str, severity: Severity, evidence: dict[str, str | list[str]]) -> Finding:
    return Finding(code=code, severity=severity, evidence=evidence, says=_SAYS[code])
