"""The kind of the page on writing one: it keeps the contract, and the page shows it as it is."""

import hmac
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from deploy.docs import DOCS
from services.intake.sources import SOURCES, Adapter, Delivery
from tests.unit.intake.sources.contract import AdapterContract
from tests.unit.intake.sources.deliveries import FIXTURES, NOW
from tests.unit.intake.sources.example import example_adapter

HERE = Path(__file__).parent
PAGE = (DOCS / "sources" / "writing-one.md").read_text("utf-8")
#: Where a block of the page is taken from, by the words before it.
BLOCKS = re.findall(r"`([\w./-]+)`[^`]*?:\n\n```\w+\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(scope="module", autouse=True)
def known() -> Iterator[None]:
    """A kind among the others, for the length of these tests."""
    adapter: Adapter[Any] = example_adapter
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(SOURCES, "example", adapter)
        yield


class TestExample(AdapterContract):
    kind = "example"
    signature = "x-example-signature"
    headers = ("x-example-delivery",)

    def signed(self, body: bytes, secret: str, headers: Mapping[str, str]) -> Delivery:
        """As ExampleHire would."""
        at = str(int(NOW.timestamp()))
        digest = hmac.new(secret.encode(), at.encode() + b"." + body, "sha256").hexdigest()
        return Delivery({**headers, self.signature: f"t={at},v1={digest}"}, body)

    def test_the_header_names_the_delivery(self) -> None:
        """Where there is one."""
        assert self.delivery_id(Delivery({"x-example-delivery": "d-1"}, b"")) == "d-1"
        assert self.delivery_id(Delivery({}, b"")) is None


def test_each_block_of_the_page_is_the_files_own_text() -> None:
    """So that what is copied from it works; and none of the adapter is left out."""
    assert len(BLOCKS) >= 6
    for name, block in BLOCKS:
        assert block in (DOCS.parent / name).read_text("utf-8"), f"{name} reads otherwise than:\n{block}"
    shown = "".join(block for name, block in BLOCKS if name.endswith("example_adapter.py"))
    source = (HERE / "example_adapter.py").read_text("utf-8")
    assert [line for line in source.splitlines() if line and line not in shown.splitlines()] == []


def test_the_page_shows_a_stored_delivery() -> None:
    """One that the contract's tests read."""
    shown = [name for name, _ in BLOCKS if name.startswith("tests/fixtures/")]
    assert [(DOCS.parent / name).parent for name in shown] == [FIXTURES / "example"]


def test_it_is_no_kind_that_an_operator_could_choose() -> None:
    """It is there for its page alone."""
    source = (DOCS.parent / "services" / "intake" / "sources" / "__init__.py").read_text("utf-8")
    assert "example" not in source
