"""The pages on the kinds of source: what they tell to write is what intake takes."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from deploy.docs import DOCS
from services.intake.mailbox.credentials import MailboxCredentials
from services.intake.sources import SOURCES
from shared.checked import checked

PAGES = {page.stem: page.read_text("utf-8") for page in (DOCS / "sources").glob("*.md")}
KINDS = sorted(PAGES.keys() & SOURCES.keys())


def configurations(text: str) -> Iterator[dict[str, Any]]:
    """The JSON objects that stand as blocks of their own, indented."""
    for block in re.findall(r"(?m)(?:^ {4,}\S.*\n)+", text):
        if block.lstrip().startswith("{"):
            yield json.loads(block)


def test_there_are_pages_with_configurations() -> None:
    """Or the tests below would look at none."""
    assert {"generic", "merge", "recruitee"} <= {kind for kind in KINDS if [*configurations(PAGES[kind])]}


@pytest.mark.parametrize("kind", KINDS)
def test_the_configuration_on_a_page_is_one_of_its_kind(kind: str) -> None:
    """So that it can be copied; what names a host opens a mailbox."""
    for configuration in configurations(PAGES[kind]):
        checked(MailboxCredentials if "host" in configuration else SOURCES[kind].CONFIG, configuration)
