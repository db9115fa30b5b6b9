"""`make train`: learns the weights of the text judgments from the labelled texts, always the same ones.

Multinomial logistic regression over the signs of features.py, pruned to those that matter most. A sign counts
the more the better it tells labels apart (after Wang and Manning, Baselines and Bigrams, 2012).
"""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags_array
from sklearn.linear_model import LogisticRegression

from services.policy.text import lexicon as lexicons
from services.policy.text.features import SHORTEST, code, of_label, of_word, stem_of
from services.policy.text.reading import read
from services.policy.text.scorer import GROUPS, STEP, Subject
from tests.eval.corpus import Line, digest, lines_of

WEIGHTS = Path(lexicons.__file__).parent / "data" / "weights.npz"
#: The inverse of the regularisation, and how much telling labels apart counts, by what carried over best to
#: other authors' texts.
STRENGTH = {"replies": 1.0, "conduct": 0.3, "content": 1.0, "labels": 1.0}
EMPHASIS = {"replies": 1.0, "conduct": 1.0, "content": 1.5, "labels": 1.0}
GROUPED = {subject for subjects in GROUPS.values() for subject in subjects}
#: A sign that one text alone has is chance.
_TEXTS_AT_LEAST = 2
#: So many signs are kept for each subject, so that one with many labels takes no other's place.
_SIGNS_AT_MOST = 100_000
#: Stands between the stems of two neighbours, and in no word.
PAIRED = "+"

#: What a line says of each subject; None: nothing, so it is left out there.
LABELS: dict[Subject, Callable[[Line], str | None]] = {
    "reply": lambda line: line["intent"],
    "doubt": lambda line: line.get("doubt", "none") if line["intent"] == "declined_soft" else None,
    "conduct": lambda line: "decent" if line["label"] == "ok" else "not decent",
    "fault": lambda line: None if line["label"] == "ok" else line["kind"],
    "content": lambda line: "fit" if line["ok"] else "unfit",
    "ask": lambda line: None if line["ok"] else line["kind"],
    "label": lambda line: "fit" if line["ok"] else "unfit",
}


class Signs:
    """The signs of many texts as a matrix, and which column is which."""

    def __init__(self, texts: Sequence[Sequence[str]]) -> None:
        counted = [_counts(words) for words in texts]
        seen = Counter(sign for counts, _ in counted for sign in counts)
        self.names = sorted(sign for sign, texts_ in seen.items() if texts_ >= _TEXTS_AT_LEAST)
        self.rarity = np.log((1 + len(texts)) / (1 + np.array([seen[name] for name in self.names]))) + 1
        places = {name: place for place, name in enumerate(self.names)}
        rows, columns, values = [], [], []
        for row, (counts, length) in enumerate(counted):
            for sign, count in counts.items():
                if (place := places.get(sign)) is not None:
                    rows.append(row)
                    columns.append(place)
                    values.append(count / np.sqrt(max(length, SHORTEST)))
        self.matrix = csr_matrix((values, (rows, columns)), shape=(len(texts), len(self.names)))


def _words(line: Line) -> Sequence[str]:
    words = read(line["text"], lexicons.lexicon()).words
    field = line.get("field", "note")
    return words if field == "note" else of_label(field, line["text"], words)


def _counts(words: Sequence[str]) -> tuple[Counter[str], int]:
    counts = Counter(sign for word in words for sign in of_word(word))
    counts.update(PAIRED.join(pair) for pair in pairwise(map(stem_of, words)))
    return counts, len(words)


def learn(group: str) -> dict[str, NDArray[Any]]:
    """The arrays that are stored of one group."""
    lines = lines_of(group)
    signs = Signs([_words(line) for line in lines])
    weights, biases, best = [], [], []
    stored: dict[str, NDArray[Any]] = {}
    for subject in GROUPS[group]:
        labels, coefficients, bias = _fitted(group, subject, lines, signs)
        weights.append(coefficients)
        matters = np.abs(coefficients).max(axis=0) * _texts_with(signs.matrix) ** 0.25
        best.append(np.argsort(-matters, kind="stable")[:_SIGNS_AT_MOST])
        biases.append(bias)
        stored[f"{subject}.labels"] = np.frombuffer("\n".join(labels).encode(), np.uint8)
    table = np.vstack(weights).T
    kept = np.unique(np.concatenate(best))
    limit = np.iinfo(np.int16).max
    steps = np.clip(np.round(table[kept] / STEP), -limit, limit).astype(np.int16)
    stored[f"{group}.bias"] = np.round(np.concatenate(biases) / STEP) * STEP
    return stored | packed(group, [signs.names[place] for place in kept], steps)


def packed(group: str, signs: Sequence[str], weights: NDArray[np.int16]) -> dict[str, NDArray[Any]]:
    """Signs and weights as scorer.py looks them up: those of words by their codes, pairs by their stems."""
    of_pairs = np.array([PAIRED in sign for sign in signs])
    pairs = [sign.split(PAIRED) for sign in signs if PAIRED in sign]
    stems = sorted({part for pair in pairs for part in pair})
    places = {part: place for place, part in enumerate(stems)}
    codes = np.array([code(sign) for sign in signs if PAIRED not in sign], np.uint64)
    if len(np.unique(codes)) < len(codes):
        raise ValueError("expected a code of its own for each sign, got one for two")
    numbers = np.array([places[left] * len(stems) + places[right] for left, right in pairs], np.int64)
    return {
        f"{group}.signs": np.sort(codes),
        f"{group}.weights": weights[~of_pairs][np.argsort(codes)],
        f"{group}.stems": np.frombuffer("\n".join(stems).encode(), np.uint8),
        f"{group}.pairs": np.sort(numbers),
        f"{group}.pair_weights": weights[of_pairs][np.argsort(numbers)],
    }


def _fitted(
    group: str, subject: Subject, lines: Sequence[Line], signs: Signs
) -> tuple[list[str], NDArray[Any], NDArray[Any]]:
    said = [LABELS[subject](line) if subject in line.get("tells", GROUPED) else None for line in lines]
    rows = [row for row, label in enumerate(said) if label is not None]
    matrix, labels = signs.matrix[rows], np.array([said[row] for row in rows])
    size = signs.rarity * _telling(matrix, labels) ** EMPHASIS[group]
    size /= np.average(size, weights=_texts_with(matrix))
    model = LogisticRegression(C=STRENGTH[group], max_iter=150, class_weight="balanced")
    model.fit(matrix @ diags_array(size), labels)
    coefficients, bias = model.coef_ * size, model.intercept_
    if len(model.classes_) == 2:
        coefficients, bias = np.vstack([-coefficients, coefficients]) / 2, np.concatenate([-bias, bias]) / 2
    return list(model.classes_), coefficients, bias


def _telling(matrix: csr_matrix, labels: NDArray[Any]) -> NDArray[Any]:
    """How well each sign tells labels apart: the root of its chi-square, a text; few texts prove little."""
    found = np.array([_texts_with(matrix[labels == label]) for label in np.unique(labels)])
    shares = np.array([(labels == label).mean() for label in np.unique(labels)])
    total = found.sum(axis=0)
    expected = np.outer(shares, total)
    told: NDArray[Any] = np.sqrt(((found - expected) ** 2 / (expected + 1)).sum(axis=0) / total.clip(1))
    return told


def _texts_with(matrix: csr_matrix) -> NDArray[Any]:
    """How many texts have each sign."""
    counts: NDArray[Any] = np.bincount(matrix.indices, minlength=matrix.shape[1])
    return counts


def main() -> None:
    """Learn, and write the weights into the package."""
    stored: dict[str, NDArray[Any]] = {"learnt_from": np.frombuffer(digest().encode(), np.uint8)}
    for group in GROUPS:
        stored |= learn(group)
    np.savez_compressed(WEIGHTS, **stored)  # type: ignore[arg-type] # its stubs take the names for its own options


if __name__ == "__main__":
    main()
