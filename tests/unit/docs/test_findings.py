"""Every code that a decision can show is explained, and nothing else is."""

import ast
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import get_args

import pytest

from deploy.docs import DOCS
from services.policy.facts import Intent
from services.policy.findings import entries, families
from services.policy.text.normal import Oddity
from services.policy.text.scorer import scales

POLICY = DOCS.parent / "services" / "policy"
SPEAKS = sorted(
    [*POLICY.glob("rules/*.py"), *POLICY.glob("text/*.py"), POLICY / "judge.py", POLICY / "same_person.py"]
)
#: What an answer says that speaks against nothing, so it never becomes a finding.
SILENT = {"reply.decline", "reply.keep_in_mind", "reply.declined_soft"}
#: Codes that are put together while judging, by the beginning that the source names. What the weights call
#: a repitch is told as a pitch.
PUT_TOGETHER = {
    "reply.": set(get_args(Intent)),
    "content.": {*get_args(Oddity), *scales()["content"].weigh(["no"])["ask"].labels} - {"repitch"},
}


def tree(path: Path) -> list[ast.AST]:
    """Everything in a source file."""
    return list(ast.walk(ast.parse(path.read_text("utf-8"))))


def named() -> set[str]:
    """Strings of the form family.name in the sources of what can speak."""
    found: set[str] = set()
    for node in chain.from_iterable(map(tree, SPEAKS)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            family, dot, name = node.value.partition(".")
            if dot and family in families() and name.replace("_", "").isalpha():
                found.add(node.value)
    return found


def beginnings() -> set[str]:
    """The constant beginnings of strings that are put together."""
    strings = (node for node in chain.from_iterable(map(tree, SPEAKS)) if isinstance(node, ast.JoinedStr))
    first = {node.values[0].value for node in strings if isinstance(node.values[0], ast.Constant)}
    return {
        str(text) for text in first if str(text).partition(".")[0] in families() and str(text).endswith(".")
    }


def put_together() -> set[str]:
    """Every code that is put together while judging."""
    return {f"{beginning}{end}" for beginning, ends in PUT_TOGETHER.items() for end in ends}


def severities() -> Iterator[tuple[str, str]]:
    """Codes with their severity, where the source names both in one finding."""
    for node in chain.from_iterable(map(tree, SPEAKS)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Finding":
            given = {key.arg: key.value.value for key in node.keywords if isinstance(key.value, ast.Constant)}
            if "code" in given and "severity" in given:
                yield str(given["code"]), str(given["severity"])


def test_every_code_has_an_entry_and_every_entry_a_code() -> None:
    """What is not explained is not shown, and the page tells of nothing that is not there."""
    assert (named() | put_together()) - SILENT == set(entries())


def test_no_code_is_put_together_that_this_test_does_not_know() -> None:
    """A new way to make codes must be listed above."""
    assert beginnings() == set(PUT_TOGETHER)


@pytest.mark.parametrize("family", families())
def test_a_code_stands_in_the_family_that_it_names(family: str) -> None:
    """Somebody who looks for a code finds it by its first part."""
    assert {code.partition(".")[0] for code in families()[family].codes} == {family}


def test_an_entry_names_each_severity_that_a_rule_gives() -> None:
    """The page does not call milder what denies."""
    given = set(severities())
    assert len(given) > len(entries()) // 4
    assert [(code, severity) for code, severity in given if severity not in entries()[code].may] == []


def test_each_code_can_be_linked_to() -> None:
    """Every code is an anchor of its own."""
    text = (DOCS / "findings.md").read_text("utf-8")
    assert [code for code in entries() if text.count(f'<a id="{code}"></a>') != 1] == []
