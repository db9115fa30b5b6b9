"""`make clues`: works out which words each rule cannot do without, and stores it for watch.py."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.policy.text.clues.ways import Finder
from services.policy.text.lexicon import CLUES, SUBJECTS, asked_of, packaged, rules_of
from services.policy.text.normal import normalise
from services.policy.text.rule import Rule
from services.policy.text.watch import WORD, clues_of, pair


def _often(rules: Sequence[Rule]) -> dict[str, float]:
    """The share of the rules' own examples in which a clue is met."""
    met: Counter[bytes] = Counter()
    texts = [text for rule in rules for text in (*rule.entry.examples, *rule.entry.near_misses)]
    for text in texts:
        words = WORD.findall(normalise(text).text.encode("utf-8", "replace"))
        met.update(set(map(pair, pairwise(words))).union(*map(clues_of, words)))
    return {clue.decode(errors="replace"): count / len(texts) for clue, count in met.items()}


def _table(rules: Sequence[Rule], finder: Finder) -> Iterator[tuple[str, NDArray[Any]]]:
    """What a watch over these rules is made of."""
    ways = [(rule.number, way) for rule in rules for way in finder.ways(rule.pattern)]
    places: dict[bytes, list[int]] = {}
    for bit, (_, way) in enumerate(ways):
        for layer, clues in enumerate(way):
            for clue in clues:
                places.setdefault(clue.encode(), []).append(layer * len(ways) + bit)
    ordered = sorted(places)
    yield "rules", np.array([rule for rule, _ in ways], np.uint16)
    yield "clues", np.frombuffer(b"\n".join(ordered), np.uint8)
    yield "starts", np.cumsum([0, *(len(places[clue]) for clue in ordered)], dtype=np.uint32)
    yield "places", np.array([place for clue in ordered for place in sorted(places[clue])], np.uint16)


def found(subjects: Sequence[str] = SUBJECTS) -> dict[str, NDArray[Any]]:
    """The clues of the packaged rules of some subjects, as they are stored."""
    digest, files = packaged()
    rules = rules_of(files)
    finder = Finder(_often(rules))
    stored: dict[str, NDArray[Any]] = {"of": np.frombuffer(digest.encode(), np.uint8)}
    for subject in subjects:
        table = _table(asked_of(subject, rules), finder)
        stored |= {f"{subject}.{name}": array for name, array in table}
    return stored


def main() -> None:
    """Write the clues of all rules into the package."""
    np.savez_compressed(str(CLUES), **found())  # type: ignore[arg-type] # its stubs take the names for its own options


if __name__ == "__main__":
    main()
