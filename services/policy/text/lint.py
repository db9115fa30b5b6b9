"""`python -m services.policy.text.lint [LANGUAGE...]`: is each file sound, does each rule what it says?

Every example must hit its rule and every near-miss must not, through the whole normalisation.
"""

import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator

from services.policy.text.alphabet import FOLD
from services.policy.text.datafile import DataFile
from services.policy.text.lexicon import Lexicon, lexicon
from services.policy.text.reading import read
from services.policy.text.rule import Rule

#: Escapes that match a line break, which ends clauses and sentences, or letters that folding removes.
_UNWANTED = re.compile(r"\\[sSWDB]|\(\?[a-z]|\[\^(?![^\]]*\\n)")
#: A larger program is matched by the slow way when memory runs out; counts such as {0,40} multiply it.
_LARGEST_PROGRAM = 6_000
_ESCAPE = re.compile(r"\\p\{\w+\}|\\.")


def faults(lexicon_: Lexicon, languages: Iterable[str] = ()) -> Iterator[str]:
    """What is wrong with the files of these languages (none named: all), one line each."""
    chosen = set(languages)
    counts = Counter(rule.entry.id for rule in lexicon_.rules)
    yield from (
        f"{rule}: expected one rule of this id, got {count}" for rule, count in counts.items() if count > 1
    )
    for file in lexicon_.files:
        if not chosen or file.language in chosen:
            yield from _unfolded(file)
    for rule in lexicon_.rules:
        if not chosen or rule.language in chosen:
            yield from _misspoken(rule, lexicon_)


def _unfolded(file: DataFile) -> Iterator[str]:
    places = [(f"{file.language}: class {name}", pattern) for name, pattern in file.classes.items()]
    places += [
        (rule.id, pattern) for rule in file.rules for pattern in (rule.pattern, *rule.needs, *rule.unless)
    ]
    places += [
        (f"{file.language}: words, keys, known", word) for word in (*file.words, *file.keys, *file.known)
    ]
    for place, pattern in places:
        bare = _ESCAPE.sub("", pattern)
        if wrong := sorted({letter for letter in bare if letter != " " and FOLD[letter] != letter}):
            yield f"{place}: expected folded letters, got {' '.join(wrong)} in {pattern[:80]!r}"
        if found := _UNWANTED.search(pattern):
            yield f"{place}: expected no {found[0]} in {pattern[:80]!r} (\\w \\d \\b and [^...\\n] will do)"


def _misspoken(rule: Rule, lexicon_: Lexicon) -> Iterator[str]:
    subject = rule.meaning.partition(".")[0]
    if not rule.entry.id.startswith(f"{rule.language}."):
        yield f"{rule.entry.id}: expected an id that begins with {rule.language}."
    if rule.regex.programsize > _LARGEST_PROGRAM:
        yield f"{rule.entry.id}: expected fewer or shorter gaps, got {rule.regex.programsize} steps"
    for texts, wanted in ((rule.entry.examples, True), (rule.entry.near_misses, False)):
        for text in texts:
            hits = lexicon_.hits(subject, read(text, lexicon_).views)
            if any(hit.rule is rule for hit in hits) is not wanted:
                yield f"{rule.entry.id}: expected {'a' if wanted else 'no'} hit: {text!r}"


def main(languages: list[str]) -> int:
    """Print the faults; the number of rules when there is none."""
    found = list(faults(lexicon(), languages))
    for fault in found:
        sys.stdout.write(f"{fault}\n")
    chosen = [rule for rule in lexicon().rules if not languages or rule.language in languages]
    sys.stdout.write(f"{len(chosen)} rules, {len(found)} faults\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
