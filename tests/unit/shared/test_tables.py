"""Tables of the commands, on terminals of any width."""

from io import StringIO

import pytest
from rich.console import Console

from shared.tables import table


@pytest.mark.parametrize("width", [20, 80])
def test_an_identifier_is_never_cut_off(width: int) -> None:
    """Whoever copies it gets all of it, over as many lines as it takes."""
    case = "case_" + "abcdefgh" * 4
    rows = table("why", "case")
    rows.add_row("a reason", case)
    shown = StringIO()
    Console(file=shown, width=width).print(rows)
    cells = (line.split("│")[-2].strip() for line in shown.getvalue().splitlines() if "│" in line)
    assert "".join(cells) == case
