"""The steps that connect each kind of source, cut out of its page for the command that adds one."""

import re

from services.intake.sources import SOURCES

_SECTION = re.compile(r"^## Connect[^\n]*\n\n(.*?)(?=^## |\Z)", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")


def steps(pages: dict[str, str]) -> dict[str, str]:
    """The text for each kind, given the texts of the pages by kind. Raises ValueError where one says none."""
    told = {}
    for kind in SOURCES:
        found = _SECTION.search(pages.get(kind, ""))
        if found is None:
            raise ValueError(f"docs/sources/{kind}.md has no section that says how to connect it")
        told[kind] = _LINK.sub(r"\1", found[1]).strip() + "\n"
    return told
