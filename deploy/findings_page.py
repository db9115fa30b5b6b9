"""docs/findings.md: a short section for each finding code, with what the English rules look for.

The rules' own words are shown, so the page cannot say other than what is judged.
"""

import re
from collections.abc import Iterator

from services.policy.facts import Severity
from services.policy.findings import Entry, families
from services.policy.text.datafile import RuleEntry
from services.policy.text.lexicon import lexicon

_SHOWN = ("en", "xx")
_DOES: dict[Severity, str] = {"deny": "denies", "hold": "holds for a person", "note": "is only told"}
_INTRODUCTION = """\
# What a finding means

<!-- Made by `make docs` from services/policy/findings.yaml and the English rules. -->

Each decision lists what its rules found, each finding under a code. A code means the same for ever. Whatever
denies outweighs whatever holds, and a reviewer's yes lifts what holds and never what denies.
`afterword case explain ID` shows the findings of one case with their evidence, and what would have to differ.

Below a code stand the English rules for it, where words decide it, with one example each; the rules of all
languages are in [services/policy/text/data](../services/policy/text/data). Beside them the text is weighed as
a whole (`weights.` in the evidence), which finds what no rule has a phrase for.
"""
#: What Markdown would take for markup.
_MARKS = re.compile(r"([\\`*_<>\[\]|])")


def page() -> str:
    """The whole page."""
    return "\n".join([_INTRODUCTION, *_contents(), *_sections()]).rstrip("\n") + "\n"


def _contents() -> Iterator[str]:
    for name, family in families().items():
        yield f"- [{name}](#{name}): {family.about}"
    yield ""


def _sections() -> Iterator[str]:
    rules = _rules()
    for name, family in families().items():
        yield from (f"## {name}", "", family.about, "")
        for code, entry in family.codes.items():
            yield from _section(code, entry, rules.get(code, []))


def _section(code: str, entry: Entry, rules: list[RuleEntry]) -> Iterator[str]:
    # Anchors that are made of headings lose the dot, and differ from one reader of Markdown to the next.
    yield from (f'### <a id="{code}"></a>{code}', "")
    yield from (f"It {' or '.join(_DOES[severity] for severity in entry.may)}. {entry.means}", "")
    yield from (f"**Better:** {entry.better}", "")
    if rules:
        yield from (*_shown(rules), "")


def _shown(rules: list[RuleEntry]) -> Iterator[str]:
    """One line for each thing that is looked for, however many rules look for it."""
    seen: set[str] = set()
    for rule in rules:
        if rule.means not in seen:
            seen.add(rule.means)
            yield f"- {_plain(rule.means)} \u201c{_plain(rule.examples[0])}\u201d"


def _plain(text: str) -> str:
    return _MARKS.sub(r"\\\1", " ".join(text.split()))


def _rules() -> dict[str, list[RuleEntry]]:
    found: dict[str, list[RuleEntry]] = {}
    for rule in lexicon().rules:
        if rule.language in _SHOWN:
            found.setdefault(rule.meaning, []).append(rule.entry)
    return found
