"""Reading a tally: sums, what is left of them when the older weighs less, and who is still new. Pure."""

from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from services.policy.facts import AGES, TALLY_DAYS, Standing, Tally
from services.policy.sections import Reputation

Kind = Literal[
    "declines", "follow_ups", "complaints", "opt_outs", "bounces", "invented", "refused", "confirmed"
]

#: What people said no to with more than a no.
STOPS: tuple[Kind, ...] = ("complaints", "opt_outs", "bounces")
#: Somebody was wronged, or would have been.
GRAVE: tuple[Kind, ...] = ("complaints", "invented")
BAD: tuple[Kind, ...] = (*STOPS, "invented", "refused")

_NONE = (0,) * len(AGES)
#: A follow-up that brought nothing bad within so many days brought nothing bad.
_PROVEN_AFTER = 3
#: Good follow-ups that one bad end undoes.
_UNDOES = 5


def column(tally: Tally, kind: Kind) -> Sequence[int]:
    """One kind's counts, a number for each of `AGES`."""
    counts: tuple[int, ...] = getattr(tally, kind)
    return counts or _NONE


def total(tally: Tally, *kinds: Kind, since: int = 0, until: int = TALLY_DAYS) -> int:
    """How many of these kinds there were in the buckets that begin at an age (days) in [since, until)."""
    begin, end = bisect_left(AGES, since), bisect_left(AGES, until)
    return sum(sum(column(tally, kind)[begin:end]) for kind in kinds)


def weighed(tally: Tally, *kinds: Kind, half_life: int) -> float:
    """The same, each count weighing half as much after every half-life (days)."""
    return sum(_decayed(column(tally, kind), half_life) for kind in kinds)


def weighed_good(tally: Tally, half_life: int) -> float:
    """The declines that were no more than that, decayed."""
    columns = (column(tally, kind) for kind in ("declines", "invented", "refused"))
    good = [max(0, all_ - invented - refused) for all_, invented, refused in zip(*columns, strict=True)]
    return _decayed(good, half_life)


def good_follow_ups(standing: Standing) -> int:
    """The recruiter's follow-ups that are old enough to have shown, less what bad ends undo."""
    tally = standing.recruiter
    return total(tally, "follow_ups", since=_PROVEN_AFTER) - _UNDOES * total(tally, *BAD)


def is_new(standing: Standing | None, rules: Reputation) -> bool:
    """Whether the recruiter still has to show good conduct; False where nothing was counted."""
    return standing is not None and good_follow_ups(standing) < rules.probation_follow_ups


def _decayed(counts: Sequence[int], half_life: int) -> float:
    if not any(counts):
        return 0.0
    return sum(count * weight for count, weight in zip(counts, _weights(half_life), strict=True))


@lru_cache(maxsize=64)
def _weights(half_life: int) -> tuple[float, ...]:
    # rounded, so that every machine gets the same
    return tuple(round(0.5 ** (age / half_life), 3) for age in AGES)
