"""Raw copies at the door: bounded, gathered, without credentials, and nobody waits for them."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from prometheus_client import CollectorRegistry

from services.intake.deliveries import copies as module
from services.intake.deliveries.copies import Copies
from services.intake.deliveries.taken import Fate, Taken, copied, refused, understood
from services.intake.directory import Source
from services.intake.limits import Rate
from services.intake.problems import invalid
from services.intake.sources import Config, Delivery, Ignored
from shared.clock import FixedClock
from shared.errors import FieldError, Transient
from shared.events import DeliveryTaken, Event
from shared.telemetry import Metrics

AT = datetime(2026, 1, 31, 12, tzinfo=UTC)
SOURCE = Source("ats", "acme", "standard", "s3cr3t-now", "s3cr3t-before", None, Rate(1, 1), Config(), False)
ACCEPTED = Fate("accepted")


class FakeBus:
    """Takes what it is given, once it may, or refuses it."""

    def __init__(self) -> None:
        self.sets: list[list[Event]] = []
        self.go = asyncio.Event()
        self.away = False

    async def publish(self, events: Sequence[Event]) -> None:
        self.sets.append(list(events))
        await self.go.wait()
        if self.away:
            raise Transient("away")


def door(bus: FakeBus) -> tuple[Copies, Metrics]:
    """Copies that go to this bus, and what is counted of them."""
    metrics = Metrics(CollectorRegistry())
    return Copies(bus, clock=FixedClock(AT), metrics=metrics), metrics


def take(copies: Copies, body: bytes = b"{}", fate: Fate = ACCEPTED) -> None:
    """One request from its begin to its end."""
    with copies.copy() as copy:
        copy.take(SOURCE, Delivery({}, body), AT)
        copy.end(fate)


def counted(metrics: Metrics, result: str) -> float:
    """How many copies came to this."""
    return metrics.registry.get_sample_value("afterword_copies_total", {"result": result}) or 0.0


async def test_what_waits_at_one_moment_goes_as_one_set_of_fifty() -> None:
    """The first waits a moment for the others; nobody waits for it."""
    bus = FakeBus()
    copies, metrics = door(bus)
    take(copies)
    await asyncio.sleep(0)
    for _ in range(60):
        take(copies)
    bus.go.set()
    await copies.drain()
    assert [len(events) for events in bus.sets] == [50, 11]
    assert counted(metrics, "handed over") == 61


async def test_long_ones_travel_apart() -> None:
    """A message has its limit in bytes too."""
    bus = FakeBus()
    copies, _ = door(bus)
    bus.go.set()
    for _ in range(3):
        take(copies, b"x" * module._MESSAGE_BYTES)
    await copies.drain()
    assert [len(events) for events in bus.sets] == [1, 1, 1]


async def test_what_fits_no_more_is_let_go_and_counted() -> None:
    """While the broker takes nothing; there is room again once it does."""
    bus = FakeBus()
    copies, metrics = door(bus)
    body = b"x" * module.MAX_BODY_BYTES
    for _ in range(10):
        take(copies, body)
    take(copies, body + b"x")
    assert counted(metrics, "dropped") == 4
    bus.go.set()
    await copies.drain()
    take(copies, body)
    await copies.drain()
    assert counted(metrics, "handed over") == 8


async def test_a_request_that_does_not_end_gives_its_room_back() -> None:
    """A greeting, a sender who went away."""
    bus = FakeBus()
    copies, metrics = door(bus)
    for _ in range(100):
        with copies.copy() as copy:
            copy.take(SOURCE, Delivery({}, b"x" * module.MAX_BODY_BYTES), AT)
    assert counted(metrics, "dropped") == 0
    assert bus.sets == []


async def test_a_broker_that_is_away_costs_the_copy_alone() -> None:
    """It is counted, and the next one is tried."""
    bus = FakeBus()
    copies, metrics = door(bus)
    bus.go.set()
    bus.away = True
    take(copies)
    await copies.drain()
    bus.away = False
    take(copies)
    await copies.drain()
    assert (counted(metrics, "failed"), counted(metrics, "handed over")) == (1, 1)


@pytest.mark.parametrize(
    ("headers", "query", "left"),
    [
        ({"authorization": "Basic x", "cookie": "a=b", "x-api-key": "k"}, "", {}),
        ({"x-anything": "key=s3cr3t-before", "signature": "sha256 1f"}, "", {"signature": "sha256 1f"}),
        ({}, "access_token=x&a=1&z=s3cr3t%2Dnow&b=%20", {}),
    ],
)
def test_credentials_are_left_out(headers: dict[str, str], query: str, left: dict[str, str]) -> None:
    """By their names, and wherever a secret of the source stands."""
    data = copied(Taken(SOURCE, Delivery(headers, b"{}", query=query), AT, ACCEPTED), "dlv_1").data
    assert isinstance(data, DeliveryTaken)
    assert data.raw.headers == left
    assert data.raw.query == ("a=1&b=%20" if query else "")


def test_a_fate_tells_why() -> None:
    """Each fault of a refusal, each thing that was left out."""
    assert refused(invalid([FieldError("/a", "one"), FieldError("/b", "two")])).why == ["/a: one", "/b: two"]
    assert understood([], [Ignored("a ping")]) == Fate("ignored", None, ["a ping"], [])
