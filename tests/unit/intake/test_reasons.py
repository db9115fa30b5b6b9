"""Which of the reasons that came is meant by one that did not."""

from services.intake.reasons import SeenReason, has_come, nearest

ROWS = [
    SeenReason(names, "unknown", 1, 0, "unmapped", "nobody")
    for names in (("Took another offer", "r-17"), ("Salary",), ("Relocation",), ("Salary too low",))
]


def test_a_reason_has_come_by_any_of_its_names_however_it_is_written() -> None:
    """As the map compares them: letter case and spaces do not count."""
    assert has_come("took  ANOTHER offer", ROWS)
    assert has_come("R-17", ROWS)
    assert not has_come("Took other offer", ROWS)
    assert not has_come("Salary", [])


def test_the_nearest_are_those_that_are_written_alike() -> None:
    """As the platform writes them, a few of them."""
    assert nearest("took OTHER ofer", ROWS)[0] == "Took another offer"
    assert nearest("salery", ROWS)[:2] == ["Salary", "Salary too low"]
    assert len(nearest("Salary", ROWS)) == 3
    assert nearest("Salary", []) == []
