"""To the bus: requests share sets and their failures, and a stop is answered by its being in force."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from prometheus_client import CollectorRegistry

from services.intake.publish import Publisher
from shared import events
from shared.clock import FixedClock
from shared.errors import Transient
from shared.events import Event
from shared.problems import Problem
from shared.telemetry import Metrics

AT = datetime(2026, 1, 31, 12, tzinfo=UTC)
PERSON = events.Person(email="ada@example.org")


class FakeBus:
    """The bus as intake knows it; stops are answered as told."""

    def __init__(self) -> None:
        self.sets: list[list[str]] = []
        self.said: dict[str, str] = {}
        self.refused: set[str] = set()
        self.connected = True
        self.began = asyncio.Event()
        self.go = asyncio.Event()
        self.go.set()

    async def publish(self, events: Sequence[Event]) -> None:
        await self._take(events)

    async def request(self, events: Sequence[Event], *, timeout_s: float) -> dict[str, str]:
        await self._take(events)
        return {event.id: self.said.get(event.id, "done") for event in events}

    async def _take(self, events: Sequence[Event]) -> None:
        self.sets.append([event.id for event in events])
        self.began.set()
        await self.go.wait()
        if self.refused & {event.id for event in events}:
            raise Transient("full")

    async def is_connected(self) -> bool:
        return self.connected


def publisher(bus: FakeBus) -> Publisher:
    """A publisher to this bus."""
    metrics = Metrics(CollectorRegistry())
    return Publisher(bus, bus.is_connected, clock=FixedClock(AT), metrics=metrics, in_force_timeout_s=1)


def event(name: str, data: events.Data | None = None) -> Event:
    """An event of this id."""
    data = data or events.BounceReceived(person=PERSON)
    kind = events.type_of(type(data))
    return Event(id=name, type=kind, source="/sources/ats", time=AT, tenant="acme", receivedat=AT, data=data)


def stop(name: str) -> Event:
    """An opt-out of this id."""
    return event(name, events.OptOutReceived(person=PERSON))


async def test_requests_share_a_set_and_its_failure() -> None:
    """All and only those that are in it."""
    bus = FakeBus()
    to_bus = publisher(bus)
    bus.refused = {"b"}
    bus.go.clear()
    first = asyncio.create_task(to_bus.publish([event("first")]))
    await bus.began.wait()
    rest = [asyncio.create_task(to_bus.publish([event(name)])) for name in "abc"]
    await asyncio.sleep(0)
    bus.go.set()
    await first
    results = await asyncio.gather(*rest, return_exceptions=True)
    assert bus.sets == [["first"], ["a", "b", "c"]]
    assert [isinstance(result, Problem) and result.status for result in results] == [503, 503, 503]
    await to_bus.publish([event("later")])


async def test_a_stop_is_answered_only_when_it_is_in_force() -> None:
    """Anything but "done" is told as not in force, and the sender asked to come again."""
    bus = FakeBus()
    await publisher(bus).publish([stop("a"), event("b")])
    bus.said = {"c": "server away"}
    with pytest.raises(Problem) as refused:
        await publisher(bus).publish([stop("c")])
    assert (refused.value.slug, refused.value.headers["Retry-After"]) == ("not-in-force", "5")
    assert "is kept" in refused.value.detail
    bus.refused = {"d"}
    with pytest.raises(Problem) as refused:
        await publisher(bus).publish([stop("d")])
    assert "may be kept" in refused.value.detail


async def test_a_failure_of_one_kind_waits_for_the_other() -> None:
    """No event may still be on its way when its sender is told to come again."""
    bus = FakeBus()
    bus.refused = {"fact"}
    with pytest.raises(Problem, match="broker"):
        await publisher(bus).publish([event("fact"), stop("stop")])
    assert sorted(bus.sets) == [["fact"], ["stop"]]


async def test_an_absent_broker_is_waited_for_once() -> None:
    """After a failure it is asked first whether there is one; once it is back, events go out again."""
    bus = FakeBus()
    to_bus = publisher(bus)
    bus.refused, bus.connected = {"a"}, False
    for name in ("a", "b"):
        with pytest.raises(Problem) as refused:
            await to_bus.publish([event(name)])
        assert refused.value.slug == "broker-away"
    assert bus.sets == [["a"]]
    bus.connected = True
    await to_bus.publish([event("c")])
    bus.connected = False
    await to_bus.publish([event("d")])
