"""The generated documents say what the code says today, and the pages name what is there."""

import re
from pathlib import Path

import pytest

from deploy.docs import DOCS, asyncapi, documents
from shared import topology
from shared.events import TYPES

ROOT = DOCS.parent
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("**/*.md"))]
_LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
_TARGET = re.compile(r"`make ([a-z][a-z-]*)")


@pytest.mark.parametrize("path", documents())
def test_a_generated_document_is_fresh(path: str) -> None:
    """`make docs` would write what is committed."""
    assert (DOCS / path).read_text("utf-8") == documents()[path], f"run `make docs`: docs/{path} is stale"


def test_every_kind_of_event_is_described() -> None:
    """No kind travels that AsyncAPI does not know."""
    described = asyncapi()["components"]["schemas"]
    assert {f"{data.__name__}Event" for data in TYPES.values()} <= set(described)


def test_every_work_queue_is_described() -> None:
    """No queue is read that AsyncAPI does not name."""
    text = (DOCS / "asyncapi.json").read_text("utf-8")
    assert [queue.name for queue in topology.WORK_QUEUES if queue.name not in text] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_links_only_to_what_is_there(page: Path) -> None:
    """A link inside the repository leads somewhere."""
    broken = [link for link in _LINK.findall(page.read_text("utf-8")) if not (page.parent / link).exists()]
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_names_only_targets_that_make_knows(page: Path) -> None:
    """A documented `make` target exists."""
    known = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert set(_TARGET.findall(page.read_text("utf-8"))) - known == set()


def test_the_events_page_names_every_kind() -> None:
    """docs/events.md leaves out no kind of event and no queue."""
    page = (DOCS / "events.md").read_text("utf-8")
    assert [data.kind for data in TYPES.values() if data.kind not in page] == []
    named = [queue.name for queue in topology.queues() if ".wait." not in queue.name]
    assert [name for name in named if name not in page] == []
