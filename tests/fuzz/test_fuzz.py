"""Spoilt deliveries of every kind: the same ones on every run, so that what was found stays found."""

from itertools import islice

import pytest

from services.intake.sources import SOURCES, Delivery, Mapped
from services.intake.sources.config import Config
from shared.errors import Invalid
from tests.fuzz.adapters import Broken, fuzz

SEED, COUNT = 20_260_504, 1200


@pytest.mark.parametrize("kind", sorted(SOURCES))
def test_no_spoilt_delivery_breaks_an_adapter(kind: str) -> None:
    """Events or faults, and nothing else."""
    assert list(islice(fuzz(kind, SEED), COUNT))[-1] == COUNT


def test_what_breaks_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the seed and number that bring it again; or a fuzzer that looks at nothing would pass."""

    def fragile(delivery: Delivery, config: Config) -> Mapped:
        if b"decline" not in delivery.body:
            raise KeyError("decline")
        raise Invalid.at("", "this is expected")

    monkeypatch.setattr(SOURCES["standard"], "map_events", fragile)
    with pytest.raises(Broken, match=rf"standard, seed {SEED}, delivery \d+: KeyError"):
        list(islice(fuzz("standard", SEED), COUNT))
