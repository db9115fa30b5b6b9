"""A policy on real servers, and what platforms, candidates and reviewers send to it."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import aio_pika
import httpx
from aio_pika.abc import AbstractIncomingMessage
from faststream.rabbit import RabbitBroker

from services.policy.app import build
from services.policy.verify import faults
from shared import events, topology
from shared.bus import Bus
from shared.clock import FixedClock
from shared.decision import Signer, Verifier
from shared.events import Data, Event, Person, Recruiter
from shared.settings import PolicySettings
from shared.states import State
from shared.store.client import Database, Document

#: A Wednesday, at noon in UTC.
NOON = datetime(2026, 6, 3, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TENANT = "acme"


async def eventually(condition: Callable[[], Awaitable[bool]], what: str, timeout_s: float = 60) -> None:
    """Returns as soon as the condition holds. Raises TimeoutError, naming `what`."""
    try:
        async with asyncio.timeout(timeout_s):
            while not await condition():  # noqa: ASYNC110 - a server is asked, nobody here could set an Event
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise TimeoutError(f"{what}: not within {timeout_s:g} s") from None


def grace(who: str = "grace") -> Person:
    """A candidate, known by e-mail."""
    return Person(name="Grace Hopper", email=f"{who}@example.org")


REY = Recruiter(email="rey@acme.example")


def event(data: Data, sent_id: str, at: datetime, *, tenant: str = TENANT, source: str = "ats") -> Event:
    """What intake makes of what a source sent."""
    identity = events.event_id(tenant, source, sent_id)
    return Event(
        id=identity,
        type=events.type_of(type(data)),
        source=f"/sources/{source}",
        subject=events.case_id(identity) if data.kind == "decline.received" else None,
        time=at,
        tenant=tenant,
        receivedat=NOON,
        digest=events.content_digest(data.kind, at, data),
        sourcekind="greenhouse",
        data=data,
    )


def outreach(
    person: Person, sent_id: str = "outreach", *, at: datetime = NOON - DAY, channel: str = "email"
) -> Event:
    """A recruiter's message."""
    data = events.InteractionRecorded(person=person, recruiter=REY, direction="outreach", channel=channel)
    return event(data, sent_id, at)


def decline(
    person: Person,
    sent_id: str = "decline",
    *,
    at: datetime = NOON - HOUR,
    who: Literal["candidate", "company", "unknown"] = "candidate",
    text: str = "Not interested, thank you.",
) -> Event:
    """A no."""
    data = events.DeclineReceived(person=person, recruiter=REY, who=who, stage="outreach", text=text)
    return event(data, sent_id, at)


def review(
    case: str,
    decision: Literal["approve", "deny", "cancel"],
    sent_id: str = "review",
    *,
    tenant: str = TENANT,
) -> Event:
    """A reviewer's word, as the desk sends it."""
    data = events.ReviewDecided(case=case, decision=decision, reason="I read it", by="key-7")
    return event(data, sent_id, NOON, tenant=tenant, source="desk")


def case_of(declined: Event) -> str:
    """The case that a decline opens."""
    return events.case_id(declined.id)


@dataclass
class Stage:
    """Everything around policy that a test sets up and looks at."""

    settings: PolicySettings
    database: Database
    broker: RabbitBroker
    bus: Bus
    clock: FixedClock

    @asynccontextmanager
    async def policy(self, **changes: Any) -> AsyncIterator[httpx.AsyncClient]:
        """A replica that runs as long as this context; yields a way to its HTTP side."""
        app = build(self.settings.model_copy(update=changes), self.clock)
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://policy") as http,
        ):
            yield http

    async def ask(self, stop: Event) -> str:
        """What policy answers to an event whose sender waits."""
        return (await self.bus.request([stop], timeout_s=5))[stop.id]

    async def publish(self, *sent: Event) -> None:
        """Publishes and returns when policy has taken all of them in."""
        await self.bus.publish(sent)
        ids = [one.id for one in sent]

        async def taken_in() -> bool:
            return await self.database["events"].count_documents({"_id": {"$in": ids}}) == len(set(ids))

        await eventually(taken_in, "all events are taken in")

    async def publish_raw(self, batch: Sequence[Any], lane: topology.Lane = topology.Lane.FACT) -> None:
        """Publishes one message whose events are given as they travel."""
        await self.broker.publish(
            json.dumps(list(batch)).encode(), exchange=topology.EVENTS, routing_key=lane
        )

    async def case(self, declined: Event) -> Document:
        """The case as it is stored; everything about it must verify."""
        stored = await self.database["cases"].find_one({"_id": case_of(declined)})
        assert stored is not None
        assert await self.faults(stored) == []
        return stored

    async def faults(self, stored: Document) -> list[str]:
        """What is wrong with a stored case."""
        policies = {found["_id"]: found["text"] async for found in self.database["policies"].find()}
        verifier = Verifier(Signer(self.settings.signing_key.get_secret_value()).public_key)
        return list(faults(stored, verifier, policies))

    async def becomes(self, declined: Event, *states: State) -> Document:
        """The case, once it is in one of these states."""
        query = {"_id": case_of(declined), "state": {"$in": [state.value for state in states]}}

        async def there() -> bool:
            return await self.database["cases"].count_documents(query) == 1

        await eventually(there, f"the case becomes {' or '.join(states)}")
        return await self.case(declined)

    async def approved(self, person: Person, sent_id: str = "decline") -> Event:
        """A decline that was approved."""
        declined = decline(person, sent_id)
        await self.publish(outreach(person, f"outreach of {sent_id}"))
        await self.publish(declined)
        await self.becomes(declined, State.APPROVED)
        return declined

    async def held(self, person: Person, sent_id: str = "decline") -> Event:
        """A decline that waits for a reviewer."""
        declined = decline(person, sent_id, who="unknown")
        await self.publish(outreach(person, f"outreach of {sent_id}"))
        await self.publish(declined)
        await self.becomes(declined, State.HELD)
        return declined

    async def codes(self, declined: Event) -> list[str]:
        """The rules that spoke in the newest decision on a case."""
        stored = await self.case(declined)
        return [found["code"] for found in (stored.get("recheck") or stored["decision"])["findings"]]

    async def waiting(self, queue: str) -> int:
        """How many messages lie ready in a queue."""
        async with await aio_pika.connect(self.settings.amqp_url.get_secret_value()) as connection:
            channel = await connection.channel()
            declared = await channel.declare_queue(queue, passive=True)
            return declared.declaration_result.message_count or 0

    async def taken(self, queue: str) -> list[AbstractIncomingMessage]:
        """All messages of a queue, taken from it."""
        messages = []
        async with await aio_pika.connect(self.settings.amqp_url.get_secret_value()) as connection:
            channel = await connection.channel()
            source = await channel.get_queue(queue)
            while (message := await source.get(fail=False)) is not None:
                await message.ack()
                messages.append(message)
        return messages

    async def next(self, queue: str, timeout_s: float = 10) -> AbstractIncomingMessage:
        """The first message of a queue once there is one, taken from it."""
        found: list[AbstractIncomingMessage] = []

        async def there() -> bool:
            found.extend(await self.taken(queue))
            return bool(found)

        await eventually(there, f"{queue} has a message", timeout_s)
        return found[0]

    async def told(self, count: int) -> list[tuple[str, str, str]]:
        """So many outcomes, once published: kind, case and event id, in order."""
        heard: list[tuple[str, str, str]] = []

        async def enough() -> bool:
            for message in await self.taken(topology.OUTCOMES_QUEUE):
                heard.extend(
                    (
                        one["type"].removeprefix("afterword.followup.").removesuffix(".v1"),
                        one["subject"],
                        one["id"],
                    )
                    for one in json.loads(message.body)
                )
            return len(heard) >= count

        await eventually(enough, f"{count} outcomes are told")
        return heard
