"""What a share surely is not below, or above, when few were counted: Wilson's score interval at 95 %.

E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927). Counts
may be weighted by at most 1 each; the sum of weights is then less than the effective sample, so the interval
is wider than it need be, never narrower.
"""

from math import sqrt

#: Standard deviations of a two-sided 95 % interval.
_Z = 1.959964
#: Digits of a share that are kept, so that every machine gets the same.
_DIGITS = 6


def lower(hits: float, of: float) -> float:
    """The lower end for the share ``hits / of``; 0 where nothing was counted."""
    if of <= 0:
        return 0.0
    middle, reach, whole = _parts(hits, of)
    return round(max(0.0, (middle - reach) / whole), _DIGITS)


def upper(hits: float, of: float) -> float:
    """The upper end for the share ``hits / of``; 1 where nothing was counted."""
    if of <= 0:
        return 1.0
    middle, reach, whole = _parts(hits, of)
    return round(min(1.0, (middle + reach) / whole), _DIGITS)


def _parts(hits: float, of: float) -> tuple[float, float, float]:
    share, spread = hits / of, _Z * _Z / of
    reach = _Z * sqrt(max(0.0, share * (1 - share)) / of + spread / (4 * of))
    return share + spread / 2, reach, 1 + spread
