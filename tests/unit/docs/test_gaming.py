"""The page on gaming names tests that exist, and every attack that is played."""

import re

import pytest

from deploy.docs import DOCS
from tests.attack.draw import STRATEGIES

PAGE = (DOCS / "gaming.md").read_text("utf-8")
ROWS = [
    row for row in PAGE.splitlines() if row.startswith("| ") and not row.startswith(("| attack", "| ---"))
]
_NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


@pytest.mark.parametrize(("file", "name"), sorted(set(_NAMED.findall(PAGE))))
def test_a_named_proof_is_a_test(file: str, name: str) -> None:
    """A test that was renamed or dropped proves nothing any more."""
    text = (DOCS.parent / file).read_text("utf-8")
    assert re.search(rf"^(async )?def {name}\(", text, re.MULTILINE), f"{file} has no {name}"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip()[:40])
def test_every_row_says_all_four_things_and_names_its_proof(row: str) -> None:
    """Attack, what stops it, what remains, proof: none is left open."""
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert len(cells) == 4
    assert all(cells)
    assert _NAMED.search(cells[3])


def test_every_strategy_is_told() -> None:
    """What is played is listed, by its name."""
    assert [strategy.__name__ for strategy in STRATEGIES if f"`{strategy.__name__}`" not in PAGE] == []
