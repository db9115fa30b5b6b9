"""What reviewers decide, over fakes."""

from typing import Any

import httpx
import pytest

from shared.states import State
from tests.unit.desk.fakes import OWN, World

REVIEWER = {"Authorization": "Bearer aw_reviewer"}
APPROVE = {"decision": "approve", "reason": "fine"}


def obeys(world: World, state: State) -> None:
    """Makes the fake policy move the case, as the real one would."""
    ask = world.reviews.request

    async def request(events: Any, *, timeout_s: float) -> dict[str, str]:
        document = world.views.documents[OWN]
        line = {**document["timeline"][0], "from_state": document["state"], "to_state": state.value}
        document["state"] = state.value
        document["timeline"].append({**line, "event_id": events[0].id})
        return await ask(events, timeout_s=timeout_s)

    world.reviews.request = request  # type: ignore[method-assign] # a fake is told what to do


async def review(http: httpx.AsyncClient, key: str | None = None) -> httpx.Response:
    """A review as a reviewer sends it."""
    return await http.post(
        f"/v1/cases/{OWN}/review",
        json=APPROVE,
        headers={**REVIEWER, **({"Idempotency-Key": key} if key else {})},
    )


async def test_an_approval_is_published_and_the_case_comes_back(
    http: httpx.AsyncClient, world: World
) -> None:
    """The event says who decided what, and the answer is the case as it is after."""
    obeys(world, State.APPROVED)
    answer = await review(http)
    (event,) = world.reviews.asked
    assert (answer.status_code, answer.json()["state"]) == (200, "approved")
    assert (event.tenant, event.source, event.subject, event.kind) == ("acme", "/desk", OWN, "review.decided")
    assert event.data.model_dump() == {"case": OWN, "decision": "approve", "reason": "fine", "by": "Rey"}


async def test_the_same_idempotency_key_is_the_same_wish(http: httpx.AsyncClient, world: World) -> None:
    """A sender that missed the answer may ask again: the case comes back, and nothing is published twice."""
    obeys(world, State.APPROVED)
    answers = [await review(http, "k1") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert len(world.reviews.asked) == 1


async def test_without_a_key_each_wish_has_an_id_of_its_own(http: httpx.AsyncClient, world: World) -> None:
    """Two reviewers' words are two events."""
    await review(http)
    await review(http)
    assert len({event.id for event in world.reviews.asked}) == 2


async def test_a_repeated_wish_has_one_digest_at_any_time(http: httpx.AsyncClient, world: World) -> None:
    """Else a repeat would be recorded as a conflict, and not obeyed."""
    world.reviews.word = None
    await review(http, "k1")
    world.clock.advance(world.clock.now() - world.clock.now().replace(hour=0))
    await review(http, "k1")
    first, second = world.reviews.asked
    assert (first.id, first.digest) == (second.id, second.digest)
    assert first.time != second.time


@pytest.mark.parametrize("state", [state for state in State if state is not State.HELD])
async def test_only_a_held_case_can_be_reviewed(http: httpx.AsyncClient, world: World, state: State) -> None:
    """Anything else is a 409 that names the state, and nothing is published."""
    world.views.documents[OWN]["state"] = state.value
    answer = await review(http)
    assert (answer.status_code, str(state) in answer.json()["detail"]) == (409, True)
    assert world.reviews.asked == []


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (State.RECEIVED, 200),
        (State.HELD, 200),
        (State.APPROVED, 200),
        (State.SCHEDULED, 200),
        (State.SENDING, 409),  # the send began: nobody can take it back
        (State.SENT, 409),
        (State.FAILED, 409),
        (State.UNCERTAIN, 409),
        (State.DENIED, 409),
        (State.EXPIRED, 409),
        (State.CANCELLED, 409),
    ],
)
async def test_a_cancel_is_in_time_until_the_send_begins(
    http: httpx.AsyncClient, world: World, state: State, status: int
) -> None:
    """Too late is a 409, and nothing is published then."""
    world.views.documents[OWN]["state"] = state.value
    obeys(world, State.CANCELLED)
    answer = await http.post(f"/v1/cases/{OWN}/cancel", json={"reason": "x"}, headers=REVIEWER)
    assert answer.status_code == status
    assert len(world.reviews.asked) == (status == 200)


async def test_a_cancel_that_lost_the_race_against_the_send_is_no_success(
    http: httpx.AsyncClient, world: World
) -> None:
    """The answer comes from the case as it is after, not from what was wished."""
    world.views.documents[OWN]["state"] = "scheduled"
    obeys(world, State.SENT)
    answer = await http.post(f"/v1/cases/{OWN}/cancel", json={"reason": "x"}, headers=REVIEWER)
    assert (answer.status_code, "sent" in answer.json()["detail"]) == (409, True)


@pytest.mark.parametrize(
    ("word", "on", "says", "published", "counted"),
    [
        # silence; a confirmed publish makes it safe
        (None, True, "is kept and will be obeyed", 1, "kept"),
        # silence, and no broker: say so
        (None, False, "could not be kept", 0, "lost"),
        # policy retries by itself
        ("server away: AutoReconnect", True, "is kept and will be obeyed", 0, "kept"),
    ],
)
async def test_a_503_says_truthfully_whether_the_wish_is_kept(
    http: httpx.AsyncClient,
    world: World,
    word: str | None,
    on: bool,  # noqa: FBT001 - a row's column
    says: str,
    published: int,
    counted: str,
) -> None:
    """Nobody is told that a wish is kept unless the broker confirmed it; what was said is counted."""
    world.reviews.word, world.reviews.on = word, on
    answer = await review(http)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert says in answer.json()["detail"]
    assert len(world.reviews.published) == published
    assert f'outcome="{counted}"' in (await http.get("/metrics")).text


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        (f"/v1/cases/{OWN}/review", {**APPROVE, "notify": True}, "/notify"),
        (f"/v1/cases/{OWN}/review", {"decision": "approve"}, "/reason"),
        (f"/v1/cases/{OWN}/review", {**APPROVE, "decision": "cancel"}, "/decision"),
        (f"/v1/cases/{OWN}/review", {**APPROVE, "reason": "  "}, "/reason"),
        (f"/v1/cases/{OWN}/cancel", {"reason": "x", "by": "me"}, "/by"),
        ("/v1/opt-outs", {"person": {"email": "a@b.example", "e-mail": ""}}, "/person/e-mail"),
        ("/v1/opt-outs", {"person": {"name": "Nobody"}}, "/person"),
        ("/v1/opt-outs", {"person": {"email": "not an address"}}, "/person"),
        ("/v1/opt-outs", {"person": {"phone": "0151 2345678"}}, "/person"),  # national, without a region
        ("/v1/opt-outs", {"person": {"profile_urls": ["javascript:alert(1)"]}}, "/person"),
        ("/v1/opt-outs", {"person": {"email": "a@b.example"}, "scope": "world"}, "/scope"),
    ],
)
async def test_a_wrong_body_is_refused_with_the_place_of_the_fault(
    http: httpx.AsyncClient, world: World, path: str, body: dict[str, Any], pointer: str
) -> None:
    """Unknown fields are faults too: a misspelt one would be a wish that silently got lost."""
    answer = await http.post(path, json=body, headers=REVIEWER)
    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    assert world.reviews.asked == world.stops.asked == []


async def test_an_opt_out_travels_on_the_line_of_stops(http: httpx.AsyncClient, world: World) -> None:
    """A review that nobody answers cannot hold it up."""
    body = {"person": {"phone": "0151 23456789", "region": "DE"}, "text": "never again, please"}
    answer = await http.post("/v1/opt-outs", json=body, headers=REVIEWER)
    (event,) = world.stops.asked
    assert (answer.status_code, answer.json()) == (202, {"event_id": event.id})
    assert (event.tenant, event.kind, event.data.model_dump()["scope"]) == (
        "acme",
        "opt_out.received",
        "tenant",
    )
    assert world.reviews.asked == []
