"""Which sources have gone quiet, or fail more than they used to: the last day against seven before. Pure.

Few deliveries prove little, so nothing is said before it is sure: the ends of Wilson's intervals are
compared, never the shares themselves.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from shared.interval import lower, upper

DAY = timedelta(days=1)
#: Days that tell what is usual.
BEFORE = 7
#: All that is looked at.
SPAN = (BEFORE + 1) * DAY
#: Quiet is less than this part of what is usual.
_QUIET_RATIO = 0.5
#: What part of all eight days' deliveries the last day has at that ratio.
_QUIET_SHARE = _QUIET_RATIO / (BEFORE + _QUIET_RATIO)
#: A smaller share of refusals is no failure, however rare they were.
_FAILING_SHARE = 0.05
#: What refusals are held against where nothing came before.
_WITHOUT_BEFORE = 0.5

Verdict = Literal["quiet", "failing", "well", "few"]


@dataclass(frozen=True, slots=True)
class Health:
    """One source: what came in the last day and in the days before, and what that surely says."""

    source: str
    last: Mapping[str, int]
    before: Sequence[Mapping[str, int]]

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """What is wrong; else that it is well, or that too few came to tell."""
        now, usual = _all(self.last), [_all(day) for day in self.before]
        wrong: list[Verdict] = []
        # a weekend is no silence: the day must be lower than each of the week before it
        if upper(now, now + sum(usual)) < _QUIET_SHARE and now < min(usual):
            wrong.append("quiet")
        refused_before = sum(day.get("refused", 0) for day in self.before)
        limit = upper(refused_before, sum(usual)) if any(usual) else _WITHOUT_BEFORE
        if lower(self.last.get("refused", 0), now) > max(limit, _FAILING_SHARE):
            wrong.append("failing")
        if wrong:
            return tuple(wrong)
        return ("well",) if upper(0, sum(usual)) < _QUIET_SHARE else ("few",)

    @property
    def unwell(self) -> bool:
        """Whether somebody should look."""
        return bool({"quiet", "failing"} & set(self.verdicts))

    def shown(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "source": self.source,
            "verdicts": list(self.verdicts),
            "last_day": dict(self.last),
            "days_before": [dict(day) for day in self.before],
        }


def diagnosed(sources: Iterable[str], hours: Iterable[Mapping[str, Any]], until: datetime) -> list[Health]:
    """The health of each source by its counts of whole hours before ``until``."""
    days: dict[tuple[str, int], Counter[str]] = defaultdict(Counter)
    for hour in hours:
        age = (until - timedelta(hours=1) - hour["hour"]) // DAY
        days[hour["source"], age].update(
            {end: hour.get(end, 0) for end in ("accepted", "ignored", "refused") if hour.get(end)}
        )
    return [
        Health(name, days[name, 0], [days[name, age] for age in range(1, BEFORE + 1)]) for name in sources
    ]


def _all(day: Mapping[str, int]) -> int:
    return sum(day.values())
