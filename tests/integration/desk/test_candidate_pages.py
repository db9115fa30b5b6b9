"""The candidate's link against a real broker and database."""

import asyncio

import aio_pika
import pytest

from shared.events import Event
from shared.store.client import Document
from tests.integration.desk.conftest import Stack
from tests.unit.desk.fakes import OWN, UNKNOWN, case

ONE_CLICK = b"List-Unsubscribe=One-Click"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
async def link(stack: Stack) -> str:
    """The path of the page of a stored case."""
    await stack.database["cases"].insert_one(case())
    await stack.database["tenants"].insert_one({"_id": "acme", "company": "Acme GmbH"})
    return f"/c/{stack.links.token(OWN)}"


async def test_opening_the_page_changes_nothing(stack: Stack, link: str) -> None:
    """GET and HEAD, on both addresses: no message on the bus, and not one document written."""
    before = await stack.everything()
    for method in ("GET", "HEAD"):
        for path in (link, f"{link}/never"):
            assert (await stack.http.request(method, path)).status_code == 200
    assert "Acme GmbH" in (await stack.http.get(link)).text
    assert await stack.everything() == before
    assert not any((await stack.queued()).values())


async def test_one_click_is_answered_only_after_policy_obeyed(stack: Stack, link: str) -> None:
    """The answer waits for "done": while policy is at work on it there is none."""
    at_work, go_on = asyncio.Event(), asyncio.Event()

    async def obey(_event: Event) -> None:
        at_work.set()
        await go_on.wait()

    async with stack.policy() as policy:
        policy.obey = obey
        press = asyncio.create_task(stack.http.post(f"{link}/never", content=ONE_CLICK, headers=FORM))
        await asyncio.wait_for(at_work.wait(), 5)
        assert not press.done()
        go_on.set()
        answer = await press
    (event,) = policy.seen
    assert answer.status_code == 200
    assert event.data.model_dump(exclude_none=True) == {"case": OWN, "scope": "installation"}


async def test_presses_at_once_are_all_answered(stack: Stack, link: str) -> None:
    """Many wait at the same moment, share requests, and each gets its answer; all are one event."""
    async with stack.policy() as policy:
        answers = await asyncio.gather(*(stack.http.post(f"{link}/never") for _ in range(40)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({(event.id, event.digest) for event in policy.seen}) == 1


async def test_without_policy_the_wish_is_kept_on_the_bus(stack: Stack, link: str) -> None:
    """503 with Retry-After; the event lies in the queue of stops for when policy is back."""
    answer = await stack.http.post(f"{link}/never", content=ONE_CLICK, headers=FORM)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "We have kept your wish" in answer.text
    assert (await stack.queued())["afterword.policy.stops"] >= 1


async def test_a_wish_that_the_bus_refuses_is_not_called_kept(stack: Stack, link: str) -> None:
    """Where no queue takes it the page asks to press again, and claims nothing."""
    async with await aio_pika.connect(stack.amqp_url) as connection:
        await (await connection.channel()).queue_delete("afterword.policy.stops")
    answer = await stack.http.post(f"{link}/never", content=ONE_CLICK, headers=FORM)
    assert answer.status_code == 503
    assert "could not be stored" in answer.text
    assert "kept" not in answer.text


async def test_a_silent_review_lane_does_not_hold_up_a_never_again(stack: Stack, link: str) -> None:
    """Reviews travel on a connection of their own."""
    headers = await stack.bearer()
    asked = asyncio.Event()

    async def obey(event: Event) -> None:
        if event.kind == "review.decided":
            asked.set()
            await asyncio.Event().wait()

    async with stack.policy() as policy:
        policy.obey = obey
        body = {"decision": "deny", "reason": "no"}
        review = asyncio.create_task(stack.http.post(f"/v1/cases/{OWN}/review", json=body, headers=headers))
        await asyncio.wait_for(asked.wait(), 5)
        answer = await stack.http.post(f"{link}/never")
        assert answer.status_code == 200
        assert not review.done()
        assert (await review).status_code == 503


async def test_a_true_link_to_a_case_that_is_gone_is_the_same_404(stack: Stack, link: str) -> None:
    """To the byte the page of a forged link."""
    gone = await stack.http.get(f"/c/{stack.links.token(UNKNOWN)}")
    forged = await stack.http.get(link[:-4])
    assert gone.status_code == forged.status_code == 404
    assert (gone.content, gone.headers) == (forged.content, forged.headers)


async def test_a_case_of_long_ago_without_its_tenant_still_has_a_page(stack: Stack) -> None:
    """A link lives as long as the mail."""
    old: Document = case() | {"declined_at": None}
    await stack.database["cases"].insert_one(old)
    assert (await stack.http.get(f"/c/{stack.links.token(OWN)}")).status_code == 200
