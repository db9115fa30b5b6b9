"""Lists, single cases, keys and decisions against real servers."""

import asyncio
from datetime import timedelta

import aio_pika
import pytest

from services.desk.keys import key_id
from services.desk.views import Filters
from shared.clock import SystemClock
from shared.events import Event
from shared.states import State
from shared.store import cases as case_store
from shared.store.client import Document
from tests.integration.desk.conftest import Stack
from tests.unit.desk.fakes import NOW, OTHER, OWN, UNKNOWN, case

_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


def numbered(number: int, minutes: float = 0, **fields: object) -> Document:
    """A case with an id of its own, received so many minutes after the others."""
    digits = "".join(_LETTERS[number // 32**place % 32] for place in range(4))
    received = {"received_at": NOW + timedelta(minutes=minutes)}
    return case("case_" + digits.ljust(32, "a")) | received | fields


async def test_paging_neither_skips_nor_repeats_while_cases_arrive(stack: Stack) -> None:
    """250 cases, many of one millisecond, are each seen once, whatever comes in between the pages."""
    # ten cases share each moment, so pages end in the middle of one
    old = [numbered(number, minutes=number // 10) for number in range(250)]
    foreign = [numbered(1000 + number, minutes=number, tenant="globex") for number in range(20)]
    await stack.database["cases"].insert_many([*old, *foreign])
    headers, seen, cursor, arrived = await stack.bearer("viewer"), list[str](), None, 2000
    for _ in range(250 // 37 + 1):
        query = {"limit": "37"} | ({"cursor": cursor} if cursor else {})
        answer = (await stack.http.get("/v1/cases", params=query, headers=headers)).json()
        seen += [item["id"] for item in answer["items"]]
        cursor = answer["next"]
        await stack.database["cases"].insert_many(
            [numbered(arrived + extra, minutes=100 + extra) for extra in range(7)]
        )
        arrived += 7
    newest_first = sorted(old, key=lambda found: (found["received_at"], found["_id"]), reverse=True)
    assert cursor is None
    assert seen == [found["_id"] for found in newest_first]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, {0, 1, 2, 3}),
        ({"state": "denied"}, {1}),
        ({"recruiter": "acme/rX"}, {2}),
        ({"code": "consent.opted_out"}, {3}),  # spoken by the later look
        ({"code": "conduct.unanswered"}, {0, 1, 2, 3}),
        ({"since": "2026-03-02T09:31:00Z"}, {1, 2, 3}),  # included
        ({"until": "2026-03-02T09:31:00Z"}, {0}),  # not included
        ({"since": "2026-03-02T10:31:00+01:00", "until": "2026-03-02T09:33:00Z", "state": "held"}, {2}),
    ],
)
async def test_filters_narrow_a_list(stack: Stack, query: dict[str, str], expected: set[int]) -> None:
    """Each alone, and together."""
    stored = [
        numbered(0),
        numbered(1, minutes=1, state="denied"),
        numbered(2, minutes=2, recruiter="acme/rX"),
        numbered(3, minutes=3, recheck=case()["decision"] | {"findings": [_opted_out()]}),
    ]
    await stack.database["cases"].insert_many(stored)
    answer = await stack.http.get("/v1/cases", params=query, headers=await stack.bearer("viewer"))
    assert {item["id"] for item in answer.json()["items"]} == {stored[place]["_id"] for place in expected}


def _opted_out() -> Document:
    return {
        "code": "consent.opted_out",
        "severity": "deny",
        "says": "Asked to be left alone.",
        "evidence": {},
    }


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "201"},
        {"limit": "0"},
        {"cursor": "x"},
        {"state": "nowhere"},
        {"since": "yesterday"},
        {"since": "2026-03-02T09:31:00"},  # no zone
        {"until": "9999-12-31T23:59:59-12:00"},  # never, in UTC
    ],
)
async def test_a_parameter_that_is_wrong_is_refused(stack: Stack, query: dict[str, str]) -> None:
    """422 as a problem, on the list it was meant for."""
    answer = await stack.http.get("/v1/cases", params=query, headers=await stack.bearer("viewer"))
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


async def test_a_tenants_list_is_read_from_an_index(stack: Stack) -> None:
    """No page of a tenant sorts in memory or looks at other tenants' cases."""
    query = {"$and": [{"tenant": "acme"}, Filters(state=State.HELD).query()]}
    found = stack.database["cases"].find(query).sort([("received_at", -1), ("_id", -1)])
    plan = str((await found.explain())["queryPlanner"]["winningPlan"])
    assert "IXSCAN" in plan
    assert "'SORT'" not in plan


async def test_another_tenants_case_is_the_unknown_one_to_the_byte(stack: Stack) -> None:
    """Nothing in the answer tells that the case is there."""
    await stack.database["cases"].insert_many([case(), case(OTHER, "globex")])
    headers = await stack.bearer("admin")
    assert (await stack.http.get(f"/v1/cases/{OWN}", headers=headers)).status_code == 200
    answers = [await stack.http.get(f"/v1/cases/{name}", headers=headers) for name in (OTHER, UNKNOWN)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert (answers[0].content, answers[0].headers) == (answers[1].content, answers[1].headers)


async def test_a_revoked_key_is_worth_nothing_within_a_second(stack: Stack) -> None:
    """Keys are read for every request, so it holds at once; its neighbour stays good."""
    headers, other = await stack.bearer("viewer"), await stack.bearer("viewer")
    assert (await stack.http.get("/v1/cases", headers=headers)).status_code == 200
    wanted = key_id(headers["Authorization"].removeprefix("Bearer "))
    assert wanted is not None
    await stack.keys.revoke(wanted[:12], SystemClock().now())
    async with asyncio.timeout(1):
        assert (await stack.http.get("/v1/cases", headers=headers)).status_code == 401
    assert (await stack.http.get("/v1/cases", headers=other)).status_code == 200


async def test_no_key_is_stored_in_clear(stack: Stack) -> None:
    """Who reads the database cannot come in."""
    key = (await stack.bearer())["Authorization"].removeprefix("Bearer ")
    assert key not in str(await stack.everything())


async def test_conflicts_are_listed_for_their_tenant(stack: Stack) -> None:
    """As policy recorded them, the newest first, in pages."""
    conflicts = [
        {
            "_id": f"evt_{number}:d2",
            "event_id": f"evt_{number}",
            "tenant": "globex" if number == 9 else "acme",
            "source": "acme-ats",
            "type": "afterword.decline.received.v1",
            "first_digest": "d1",
            "digest": "d2",
            "at": NOW + timedelta(seconds=number),
        }
        for number in range(10)
    ]
    await stack.database["conflicts"].insert_many(conflicts)
    headers = await stack.bearer("viewer")
    first = (await stack.http.get("/v1/conflicts?limit=5", headers=headers)).json()
    rest = (await stack.http.get("/v1/conflicts", params={"cursor": first["next"]}, headers=headers)).json()
    assert [item["event_id"] for item in first["items"] + rest["items"]] == [
        f"evt_{number}" for number in range(8, -1, -1)
    ]
    assert rest["next"] is None


async def test_a_review_is_answered_with_the_case_as_policy_left_it(stack: Stack) -> None:
    """The desk itself writes nothing: what changed was changed by policy, before the answer."""
    store = case_store.Cases(stack.database)
    opened = case_store.opened(
        OWN, NOW, by="acme-ats", event_id="evt_1", fields={"tenant": "acme", "source": "acme-ats", "keys": []}
    )
    await store.open([opened])
    await store.move([case_store.Move(opened, State.HELD, NOW, "policy", "conduct.unanswered")])

    async def obey(event: Event) -> None:
        held = (await store.by_ids([OWN]))[OWN]
        move = case_store.Move(held, State.DENIED, NOW, "reviewer Rey", "review.denied", event.id)
        assert await store.move([move]) == {OWN}

    headers = {**await stack.bearer(), "Idempotency-Key": "once"}
    body = {"decision": "deny", "reason": "too many messages"}
    async with stack.policy() as policy:
        policy.obey = obey
        answers = [
            await stack.http.post(f"/v1/cases/{OWN}/review", json=body, headers=headers) for _ in range(2)
        ]
    assert [(answer.status_code, answer.json()["state"]) for answer in answers] == [(200, "denied")] * 2
    assert [step["to_state"] for step in answers[0].json()["timeline"]] == ["received", "held", "denied"]
    assert len(policy.seen) == 1


async def test_an_opt_out_is_sealed_on_the_bus(stack: Stack) -> None:
    """202 after "done"; nothing that names the person lies in the broker in clear."""
    headers = await stack.bearer()
    body = {"person": {"email": "candidate@example.org"}, "text": "leave me alone"}
    async with stack.policy() as policy:
        answer = await stack.http.post("/v1/opt-outs", json=body, headers=headers)
    (event,) = policy.seen
    assert (answer.status_code, answer.json()["event_id"]) == (202, event.id)
    assert event.data.model_dump(exclude_none=True)["person"]["email"] == "candidate@example.org"
    unanswered = await stack.http.post("/v1/opt-outs", json=body, headers=headers)
    assert (unanswered.status_code, "is kept" in unanswered.json()["detail"]) == (503, True)
    async with await aio_pika.connect(stack.amqp_url) as connection:
        channel = await connection.channel()
        queue = await channel.get_queue("afterword.policy.stops", ensure=False)
        message = await queue.get()
        assert message is not None
        assert b"candidate@example.org" not in message.body
        assert b"leave me alone" not in message.body
        await message.ack()


async def test_readiness_asks_both_servers(stack: Stack) -> None:
    """Ready while both answer."""
    answer = await stack.http.get("/readyz")
    assert (answer.status_code, set(answer.json()["checks"])) == (
        200,
        {"mongodb", "broker", "broker for reviews"},
    )
