import json
import re
from collections import Counter
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest

from services.policy.backtest import replay
from services.policy.backtest_report import as_json, html
from services.policy.compare import EXAMPLES, Tally
from services.policy.context import Context
from services.policy.document import load_base
from services.policy.judge import judge
from services.policy.rulebook import Rulebook
from services.policy.shadow import Trial, difference
from tests.unit.policy.building import DEFAULTS, NOW, PLAIN, but, written

STRICT = load_base("conduct:\n  unanswered_hold_at: 2\n", "strict")
LENIENT = load_base("provenance:\n  no_outreach: hold\n", "lenient")


def stored(context: Context, case: str) -> dict[str, Any]:
    """A case as the database keeps it, decided under the defaults."""
    verdict = judge(context, DEFAULTS)
    return {
        "_id": case,
        "tenant": context.tenant,
        "decision": {
            "inputs": context.model_dump_json(),
            "verdict": verdict.verdict,
            "findings": [{"code": one.code, "severity": one.severity} for one in verdict.findings],
        },
    }


TWICE = but(messages=written(200, 100))
SILENT = but(messages=(), now=NOW + timedelta(hours=1), received_at=NOW)


def run(draft: Rulebook, *cases: dict[str, Any]) -> Tally:
    """A replay of these."""
    tally = Tally()
    replay(cases, draft, tally)
    return tally


def test_the_policy_that_decided_changes_nothing() -> None:
    """Otherwise every report would be noise."""
    tally = run(Rulebook(DEFAULTS, {}), stored(PLAIN, "c1"), stored(TWICE, "c2"), stored(SILENT, "c3"))
    assert (tally.cases, tally.changed, tally.other_reasons, tally.rules) == (3, 0, 0, {})


def test_a_stricter_draft_shows_which_rule_appears_where() -> None:
    """By rule, with the cases to look at."""
    tally = run(Rulebook(STRICT, {}), stored(PLAIN, "c1"), stored(TWICE, "c2"))
    assert tally.verdicts == Counter({("approve", "approve"): 1, ("approve", "hold"): 1})
    ((code, change),) = tally.by_rule()
    assert (code, change.appears, change.disappears) == ("conduct.reminded", 1, 0)
    assert [one.case for one in change.examples] == ["c2"]


def test_a_rule_that_weighs_otherwise_is_told_apart_from_one_that_appears() -> None:
    """A deny that becomes a hold is the same rule."""
    ((code, change),) = run(Rulebook(LENIENT, {}), stored(SILENT, "c1")).by_rule()
    assert (code, change.appears, change.disappears, change.weighs_otherwise) == (
        "provenance.no_outreach",
        0,
        0,
        1,
    )
    assert change.moved == Counter({("deny", "hold"): 1})


def test_each_case_is_judged_by_the_policy_of_its_tenant() -> None:
    """An override's cases are judged by the override."""
    tally = run(Rulebook(DEFAULTS, {"acme": STRICT}), stored(TWICE, "c1"))
    other = run(Rulebook(DEFAULTS, {"other": STRICT}), stored(TWICE, "c1"))
    assert (tally.changed, other.changed) == (1, 0)


def test_a_case_that_cannot_be_read_is_named_and_counted_nowhere_else() -> None:
    """A report that hides what it could not see would be believed."""
    broken = stored(PLAIN, "c1")
    broken["decision"]["inputs"] = "{}"
    tally = run(Rulebook(DEFAULTS, {}), broken)
    assert (tally.cases, tally.unreadable) == (0, ["c1"])


def test_examples_are_few_and_prefer_other_verdicts() -> None:
    """What a reader looks at first is what changes most."""
    both = but(messages=written(200, 100), who="unknown")
    cases = [stored(both, f"h{n}") for n in range(EXAMPLES + 2)] + [stored(TWICE, "changed")]
    ((_, change),) = run(Rulebook(STRICT, {}), *cases).by_rule()
    assert len(change.examples) == EXAMPLES
    assert "changed" in [one.case for one in change.examples]
    assert change.cases == EXAMPLES + 3


def test_the_shadow_records_what_differs_and_nothing_of_a_person() -> None:
    """One document for a case; none where the shadow agrees."""
    trial = Trial(TWICE, judge(TWICE, DEFAULTS))
    assert difference(trial, "p1", DEFAULTS, NOW) is None
    found = difference(trial, "p1", STRICT, NOW)
    assert found is not None
    assert (found["live"]["verdict"], found["shadow"]["verdict"]) == ("approve", "hold")
    assert (found["gone"], found["new"]) == ([], [["conduct.reminded", "hold"]])
    assert not [key for key in TWICE.keys if key in json.dumps(found, default=str)]


class _Page(HTMLParser):
    """The tags of a page, and the ids that it has and refers to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


@pytest.fixture
def page() -> str:
    """A report of some changes."""
    tally = run(Rulebook(STRICT, {}), stored(PLAIN, "c1"), stored(TWICE, "c<2>"), stored(TWICE, "c3"))
    return html(tally, {"draft": STRICT.version})


def test_the_page_stands_alone(page: str) -> None:
    """No script, nothing loaded, in any colour scheme; what it shows is escaped."""
    tags = _Page(page).tags
    assert not [tag for tag, _ in tags if tag in {"script", "link", "img", "iframe", "object"}]
    assert not re.findall(r"url\(|https?://|@import", page)
    assert "prefers-color-scheme: dark" in page
    assert "c&lt;2&gt;" in page
    assert "c<2>" not in page


def test_every_chart_of_the_page_has_its_words_and_a_table(page: str) -> None:
    """Who cannot see it reads the same numbers."""
    tags = _Page(page).tags
    ids = {attributes["id"] for _, attributes in tags if "id" in attributes}
    charts = [attributes for tag, attributes in tags if tag == "svg" and attributes.get("role") == "img"]
    assert len(charts) == 2
    for chart in charts:
        assert set((chart["aria-labelledby"] or "").split()) <= ids
    assert "conduct.reminded: appears in 2." in page
    assert len([tag for tag, _ in tags if tag == "caption"]) == 3


def test_the_bars_are_as_long_as_the_numbers_say(page: str) -> None:
    """Two of three cases become holds: two thirds of the plot."""
    bars = [
        (attributes["class"], round(float(attributes["width"] or 0)))
        for tag, attributes in _Page(page).tags
        if tag == "rect" and "x" in attributes
    ]
    assert bars[:3] == [("approve", 560), ("approve", 187), ("hold", 373)]


def test_the_json_has_the_same_numbers() -> None:
    """For a machine that decides whether a draft may go on."""
    told = as_json(run(Rulebook(STRICT, {}), stored(TWICE, "c1")))
    assert (told["cases"], told["changed"], told["unreadable"]) == (1, 1, [])
    assert told["rules"] == [
        {
            "code": "conduct.reminded",
            "appears": 1,
            "disappears": 0,
            "weighs_otherwise": 0,
            "changed": [{"before": "approve", "after": "hold", "cases": 1}],
            "examples": [
                {
                    "case": "c1",
                    "before": "approve",
                    "after": "hold",
                    "gone": [],
                    "new": ["conduct.reminded (hold)"],
                }
            ],
        }
    ]


def test_an_empty_history_makes_a_page_too() -> None:
    """A fresh installation tries a draft as well."""
    assert "No rule speaks otherwise" in html(Tally(), {})
