"""What another policy would have decided otherwise: one difference for each case, and all of them by rule.

Pure. A difference names cases, rules and verdicts, and nothing of a person.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from services.policy.context import Finding, Outcome
from services.policy.facts import Severity

#: Cases named for each rule.
EXAMPLES = 5
#: The rules that spoke, each with how hard.
Spoken = frozenset[tuple[str, Severity]]


@dataclass(frozen=True, slots=True)
class Difference:
    """One case that is decided otherwise, or for other reasons."""

    case: str
    tenant: str
    before: Outcome
    after: Outcome
    gone: Spoken
    new: Spoken


@dataclass(slots=True)
class RuleChange:
    """One code in the cases where it appears, disappears, or weighs otherwise; `moved` counts those of them
    whose verdict changes, as (before, after).
    """

    appears: int = 0
    disappears: int = 0
    weighs_otherwise: int = 0
    moved: Counter[tuple[Outcome, Outcome]] = field(default_factory=Counter)
    examples: list[Difference] = field(default_factory=list)

    @property
    def cases(self) -> int:
        """In how many cases anything about this rule changes."""
        return self.appears + self.disappears + self.weighs_otherwise


@dataclass(slots=True)
class Tally:
    """What came of comparing many cases. `verdicts` counts all of them as (before, after)."""

    cases: int = 0
    verdicts: Counter[tuple[Outcome, Outcome]] = field(default_factory=Counter)
    other_reasons: int = 0
    rules: dict[str, RuleChange] = field(default_factory=dict)
    #: Cases whose stored inputs this version cannot read: they are in none of the counts above.
    unreadable: list[str] = field(default_factory=list)

    @property
    def changed(self) -> int:
        """Cases with another verdict."""
        return sum(count for (before, after), count in self.verdicts.items() if before != after)

    def same(self, verdict: Outcome) -> None:
        """Counts a case where nothing differs."""
        self.cases += 1
        self.verdicts[verdict, verdict] += 1

    def differs(self, one: Difference) -> None:
        """Counts a case where something does."""
        self.cases += 1
        self.verdicts[one.before, one.after] += 1
        self.other_reasons += one.before == one.after
        gone, new = {code for code, _ in one.gone}, {code for code, _ in one.new}
        for code in gone | new:
            rule = self.rules.setdefault(code, RuleChange())
            rule.appears += code not in gone
            rule.disappears += code not in new
            rule.weighs_otherwise += code in gone and code in new
            if one.before != one.after:
                rule.moved[one.before, one.after] += 1
            _keep(rule.examples, one)

    def by_rule(self) -> list[tuple[str, RuleChange]]:
        """The rules, the one with the most other verdicts first."""
        return sorted(self.rules.items(), key=lambda item: (-item[1].moved.total(), -item[1].cases, item[0]))


def spoken(findings: Iterable[Finding]) -> Spoken:
    """What spoke and how hard."""
    return frozenset((finding.code, finding.severity) for finding in findings)


def _keep(examples: list[Difference], one: Difference) -> None:
    if len(examples) < EXAMPLES:
        examples.append(one)
    elif one.before != one.after:  # another verdict says more than other reasons for the same
        for place, kept in enumerate(examples):
            if kept.before == kept.after:
                examples[place] = one
                return
