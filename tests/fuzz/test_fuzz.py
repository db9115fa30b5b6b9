"""Spoilt deliveries of every kind: the same ones on every run, so that what was found stays found."""

from itertools import islice

import pytest

from services.intake.sources import SOURCES, Delivery, Mapped
from services.intake.sources.config import Config
from shared.checked import checked
from shared.errors import Invalid
from tests.fuzz.adapters import Broken, fuzz
from tests.unit.intake.sources.deliveries import body_of, headers_of, stored

SEED, COUNT = 20_260_504, 1200


@pytest.mark.parametrize("kind", sorted(SOURCES))
def test_no_spoilt_delivery_breaks_an_adapter(kind: str) -> None:
    """Events or faults, and nothing else."""
    assert list(islice(fuzz(kind, SEED), COUNT))[-1] == COUNT


@pytest.mark.parametrize("kind", sorted(SOURCES))
def test_what_is_spoilt_was_read_before(kind: str) -> None:
    """Or every one would be refused at the first look, and nothing behind it be tried."""
    for case in stored(kind).values():
        config = checked(SOURCES[kind].CONFIG, case.get("config", {}))
        mapped = SOURCES[kind].map_events(Delivery(headers_of(case), body_of(case)), config)
        assert len(mapped.events) == len(case["expected"].get("events", ()))


def test_what_breaks_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the seed and number that bring it again; or a fuzzer that looks at nothing would pass."""

    def fragile(delivery: Delivery, config: Config) -> Mapped:
        if b"decline" not in delivery.body:
            raise KeyError("decline")
        raise Invalid.at("", "this is expected")

    monkeypatch.setattr(SOURCES["standard"], "map_events", fragile)
    with pytest.raises(Broken, match=rf"standard, seed {SEED}, delivery \d+: KeyError"):
        list(islice(fuzz("standard", SEED), COUNT))
