"""A text weighed as a whole: how much its words, taken together, speak for each label.

Rules know phrases, and what they do not know they do not see. The weights were learnt from labelled texts
(tests/eval/training, by `make train`), so they also see what was never written down as a phrase. Sums are of
integers, so the same text weighs the same on every machine.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import accumulate
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from services.policy.text.features import SHORTEST, codes_of, spans_of, stem_of

Subject = Literal["reply", "doubt", "conduct", "fault", "content", "ask", "label"]
#: Which subjects are weighed together, by the texts that they were learnt from.
GROUPS: Mapping[str, tuple[Subject, ...]] = {
    "replies": ("reply", "doubt"),
    "conduct": ("conduct", "fault"),
    "content": ("content", "ask"),
    "labels": ("label",),
}
#: One step of a stored weight.
STEP = 1 / 2048
#: Words whose weights are kept at hand; then it begins anew.
_KEPT_WORDS = 20_000
#: Words shown as evidence at most.
_SHOWN_WORDS = 6


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a text weighs for the labels of one subject, as log-odds against each other."""

    labels: tuple[str, ...]
    weights: tuple[float, ...]

    def share(self, *labels: str) -> float:
        """How likely it is one of these labels, from 0 to 1."""
        top = max(self.weights)
        parts = [math.exp(weight - top) for weight in self.weights]
        return sum(part for part, label in zip(parts, self.labels, strict=True) if label in labels) / sum(
            parts
        )

    @property
    def likeliest(self) -> str:
        """The label that it speaks for most."""
        return self.labels[self.weights.index(max(self.weights))]


class Scale:
    """The weights of one group of subjects."""

    def __init__(self, group: str, stored: Mapping[str, NDArray[Any]]) -> None:
        self._labels: dict[Subject, tuple[str, ...]] = {
            subject: tuple(bytes(stored[f"{subject}.labels"]).decode().split("\n"))
            for subject in GROUPS[group]
        }
        ends = list(accumulate(map(len, self._labels.values()), initial=0))
        self._columns = dict(zip(self._labels, map(slice, ends, ends[1:]), strict=True))
        self._signs: NDArray[np.uint64] = stored[f"{group}.signs"]
        self._weights: NDArray[np.int16] = stored[f"{group}.weights"]
        self._bias: NDArray[np.float64] = stored[f"{group}.bias"]
        stems = bytes(stored[f"{group}.stems"]).decode().split("\n")
        self._stems = {stem: place for place, stem in enumerate(stems)}
        #: In order: how many stems there are, times the place of the left one, and the place of the right one.
        self._pairs: NDArray[np.int64] = stored[f"{group}.pairs"]
        self._pair_weights: NDArray[np.int16] = stored[f"{group}.pair_weights"]
        #: So small that no pair with it is one of those.
        self._no_stem = -(len(stems) ** 2)
        #: The words met so far, and which row of the arrays is each one's.
        self._words: dict[str, int] = {}
        self._rows = np.zeros((_KEPT_WORDS, self._weights.shape[1]), np.int32)
        self._stem_of = np.zeros(_KEPT_WORDS, np.int64)

    def weigh(self, words: Sequence[str]) -> dict[Subject, Weighed]:
        """The words of one text, for each subject."""
        return self.weigh_each([words])[0]

    def weigh_each(self, texts: Sequence[Sequence[str]]) -> list[dict[Subject, Weighed]]:
        """The words of each text, for each subject."""
        rows = self._rows_of([word for words in texts for word in words or ("",)])
        ends = list(accumulate(max(len(words), 1) for words in texts))
        among = self._rows.take(rows, axis=0)
        stems = self._stem_of.take(rows)
        pairs = stems[:-1] * len(self._stems) + stems[1:]
        pairs[[end - 1 for end in ends[:-1]]] = -1
        places = self._pairs.searchsorted(pairs)
        known = (self._pairs.take(places, mode="clip") == pairs).nonzero()[0]
        among[known] += self._pair_weights.take(places.take(known), axis=0)
        totals = np.add.reduceat(among, [0, *ends[:-1]], axis=0)
        steps = [STEP / math.sqrt(max(len(words), SHORTEST)) for words in texts]
        scores = (self._bias + totals * np.array(steps)[:, None]).tolist()
        columns = [(subject, labels, self._columns[subject]) for subject, labels in self._labels.items()]
        return [
            {subject: Weighed(labels, tuple(score[those])) for subject, labels, those in columns}
            for score in scores
        ]

    def telling(self, text: str, subject: Subject, label: str) -> tuple[int, int]:
        """The place of the few neighbouring words of a folded text that speak most for a label."""
        spans = spans_of(text)
        among = self._rows[self._rows_of([text[start:end] for start, end in spans]), self._columns[subject]]
        said = among[:, self._labels[subject].index(label)] - among.mean(axis=1)
        runs = np.concatenate((said, np.full(_SHOWN_WORDS, -np.inf)))
        worth = runs[np.arange(len(said))[:, None] + np.arange(_SHOWN_WORDS)].cumsum(axis=1)
        if worth.max(initial=0) <= 0:
            return 0, 0
        first, more = divmod(int(worth.argmax()), _SHOWN_WORDS)
        return spans[first][0], spans[first + more][1]

    def _rows_of(self, words: Sequence[str]) -> list[int]:
        if len(self._words) + len(words) > _KEPT_WORDS:
            self._words.clear()
        new = [word for word in dict.fromkeys(words) if word not in self._words]
        if new:
            self._learn(new)
        return [self._words[word] for word in words]

    def _learn(self, words: Sequence[str]) -> None:
        first, end = len(self._words), len(self._words) + len(words)
        self._words.update(zip(words, range(first, end), strict=True))
        signs, whose = codes_of(words)
        places = self._signs.searchsorted(signs)
        known = self._signs.take(places, mode="clip") == signs
        self._rows[first:end] = 0
        np.add.at(self._rows, whose[known] + first, self._weights[places[known]])
        self._stem_of[first:end] = [self._stems.get(stem_of(word), self._no_stem) for word in words]


@cache
def scales() -> Mapping[str, Scale]:
    """The packaged weights, one scale a group."""
    file = resources.files("services.policy.text") / "data" / "weights.npz"
    with file.open("rb") as opened, np.load(opened) as stored:
        return {group: Scale(group, stored) for group in GROUPS}
