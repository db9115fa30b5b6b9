"""A source tried from end to end: a sample sent through its real door, and followed until it has arrived."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx

from services.intake.envelope import Sender, enveloped
from services.intake.samples import IGNORED, SAMPLES, Try
from services.intake.sources import SOURCES, Delivery
from shared.errors import AfterwordError, Invalid
from shared.events import Event, Person, people_of
from shared.sample import is_sample
from shared.states import State
from shared.store.client import Database, Document

#: What policy says of a sample.
CODE = "provenance.test"
_PARSE = "`afterword source parse` tries a payload"
_LOOK_EVERY_S = 0.1
_ANSWER_TIMEOUT_S = 15
_TOLERANCE_S = 300.0


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the way, and whether it was made."""

    name: str
    made: bool
    told: str


@dataclass(frozen=True, slots=True)
class Sample:
    """What is sent, and the events that must come of it."""

    delivery: Delivery
    events: tuple[Event, ...]
    success: int


def sample(source: Document, one: Try) -> Sample:
    """The sample of this source. Raises Invalid where none can be made that is surely about nobody."""
    kind = str(source["kind"])
    adapter, make = SOURCES[kind], SAMPLES.get(kind)
    if make is None:
        raise Invalid.at("", f"the kind {kind} has no sample; {_PARSE}")
    try:
        delivery = make(one)
        adapter.verify(delivery, [one.secret], one.config, now=one.now, tolerance_s=_TOLERANCE_S)
        mapped = adapter.map_events(delivery, one.config)
    except AfterwordError as error:
        raise Invalid.at("", f"no sample fits this source's secret and configuration: {error}") from None
    sender = Sender(source["_id"], kind, source["tenant"])
    events = tuple(enveloped(sent, sender, one.now) for sent in mapped.events)
    people = [person for event in events for person in people_of(event.data)]
    if not events and kind not in IGNORED:
        why = "; ".join(one.why for one in mapped.ignored)
        raise Invalid.at("", f"no sample fits this source's configuration: {why}; {_PARSE}")
    if not all(_is_nobody(person) for person in people) or bool(events) != bool(people):
        raise Invalid.at("", f"by this source's configuration the sample would be about somebody; {_PARSE}")
    return Sample(delivery, events, adapter.SUCCESS_STATUS)


def _is_nobody(person: Person) -> bool:
    """Whether nothing by which a person is known is anybody's."""
    alone = (Person(email=person.email), Person(external_id=person.external_id))
    others = person.phone or person.profile_urls
    return not others and all(is_sample(one) for one in alone if one != Person()) and is_sample(person)


async def followed(sent: Sample, url: str, database: Database, timeout_s: float) -> AsyncIterator[Step]:
    """Each step as it is made; the first that is not is the last."""
    answered = await _answered(sent, url)
    yield answered
    if not answered.made:
        return
    for event in sent.events:
        recorded = await _recorded(event, database, timeout_s)
        yield recorded
        if not recorded.made:
            return
        if event.subject is not None:
            yield await _ended(event.subject, database, timeout_s)


async def _answered(sent: Sample, url: str) -> Step:
    try:
        async with httpx.AsyncClient(timeout=_ANSWER_TIMEOUT_S, trust_env=False) as http:
            answer = await http.post(url, content=sent.delivery.body, headers=dict(sent.delivery.headers))
    except httpx.HTTPError as error:
        told = f"{url} cannot be reached: {type(error).__name__}; --url says where intake is seen from here"
        return Step("answered", made=False, told=told)
    status, said = answer.status_code, _content(answer)
    if status != sent.success:
        return Step("answered", made=False, told=f"{status}: {said.get('detail', 'no answer of intake')}")
    accepted = [one.get("event_id") for one in said.get("accepted", ())]
    if accepted != [event.id for event in sent.events]:
        return Step("answered", made=False, told=f"{status}, with other events than it was sent: {accepted}")
    read = [f"on the bus as {event.kind} {event.id}" for event in sent.events]
    ignored = [f"ignored, for it is {one.get('why')}" for one in said.get("ignored", ())]
    return Step("answered", made=True, told=f"{status}: {'; '.join([*read, *ignored])}")


def _content(answer: httpx.Response) -> dict[str, Any]:
    """The answer's object; of one that is no JSON object, nothing."""
    try:
        content = answer.json()
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


async def _recorded(event: Event, database: Database, timeout_s: float) -> Step:
    async def look() -> Document | None:
        return await database["events"].find_one({"_id": event.id}, {"_id": 1})

    if await _waited(look, timeout_s) is None:
        told = f"{event.id} did not come to policy within {timeout_s:g} s; is it running?"
        return Step("recorded", made=False, told=told)
    return Step("recorded", made=True, told=f"policy has {event.id}")


async def _ended(case: str, database: Database, timeout_s: float) -> Step:
    async def look() -> Document | None:
        undecided = {"$in": [State.RECEIVED.value, State.HELD.value]}
        return await database["cases"].find_one({"_id": case, "state": {"$not": undecided}})

    found = await _waited(look, timeout_s)
    if found is None:
        stored = await database["cases"].find_one({"_id": case}, {"state": 1})
        told = f"{case} is {stored['state'] if stored else 'not there'} after {timeout_s:g} s"
        return Step("ended", made=False, told=told)
    codes = [finding["code"] for finding in found.get("decision", {}).get("findings", ())]
    as_meant = found["state"] == State.DENIED.value and CODE in codes
    return Step("ended", made=as_meant, told=f"{case} is {found['state']}: {', '.join(codes)}")


async def _waited(look: Callable[[], Awaitable[Document | None]], timeout_s: float) -> Document | None:
    """What is seen as soon as it is there; None where it does not come in time."""
    try:
        async with asyncio.timeout(timeout_s):
            while True:
                if (found := await look()) is not None:
                    return found
                await asyncio.sleep(_LOOK_EVERY_S)
    except TimeoutError:
        return None
