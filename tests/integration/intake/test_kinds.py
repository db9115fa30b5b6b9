"""Other kinds of source at the same door: their own success, their greetings, and what is left out."""

import hmac
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from shared import events, topology
from tests.integration.intake.stage import SECRET, Stage, statuses

FACTS = topology.POLICY_FACTS.name
REJECTED: dict[str, Any] = {
    "action": "reject_candidate",
    "payload": {
        "application": {
            "id": 101,
            "rejected_at": "2026-01-31T11:59:00Z",
            "rejection_reason": {"id": 9, "name": "Withdrew", "type": {"name": "None specified"}},
            "candidate": {"id": 7, "email_addresses": [{"value": "ada@example.org"}]},
        }
    },
}
ASKS = {"WebHook-Request-Origin": "eventemitter.example.com", "WebHook-Request-Rate": "120"}


async def send(stage: Stage, name: str, content: Any, *, secret: str = SECRET) -> httpx.Response:
    """The answer to a delivery that is signed as Greenhouse signs."""
    body = json.dumps(content).encode()
    digest = hmac.new(secret.encode(), body, "sha256").hexdigest()
    headers = {"content-type": "application/json", "signature": f"sha256 {digest}"}
    return await stage.http.post(f"/v1/sources/{name}/events", content=body, headers=headers)


async def test_a_delivery_of_another_kind_is_taken_and_answered_as_its_platform_expects(stage: Stage) -> None:
    """200 for Greenhouse, which counts 202 as a failure; read as its operator told, the same twice."""
    await stage.source("gh", "greenhouse", reasons={"Withdrew": "candidate"})
    first, again = await send(stage, "gh", REJECTED), await send(stage, "gh", REJECTED)
    assert statuses([first, again]) == [200, 200]
    assert first.json() == again.json()
    (accepted,) = first.json()["accepted"]
    one, other = await stage.events(FACTS)
    assert accepted == {"id": "application/101/rejection", "event_id": one.id, "case": one.subject}
    assert (one.id, one.digest) == (other.id, other.digest)
    assert isinstance(one.data, events.DeclineReceived)
    assert (one.data.who, one.data.reason) == ("candidate", "Withdrew")


async def test_of_one_id_with_other_contents_in_one_delivery_none_is_lost(stage: Stage) -> None:
    """Which of them counts is for policy to say, and a wish to be let alone always does."""
    await stage.source("gen", "generic")
    first = {"id": "1", "timestamp": 1769860000, "person": {"email": "ada@example.org"}}
    both = [
        {**first, "type": "opt_out.received"},
        {**first, "type": "decline.received", "who": "candidate"},
        {**first, "type": "decline.received", "who": "company"},
    ]
    body = json.dumps(both).encode()
    headers = {
        "content-type": "application/json",
        "x-signature": hmac.new(SECRET.encode(), body, "sha256").hexdigest(),
    }
    answer = await stage.http.post("/v1/sources/gen/events", content=body, headers=headers)
    assert answer.status_code == 503  # nobody puts the stop in force here
    declined = [one.data for one in await stage.events(FACTS)]
    assert [data.who for data in declined if isinstance(data, events.DeclineReceived)] == [
        "candidate",
        "company",
    ]
    assert len(await stage.events(topology.POLICY_STOPS.name)) == 1


async def test_what_has_no_time_happened_when_it_came_and_is_the_same_when_it_comes_again(
    stage: Stage,
) -> None:
    """A change of a person, which Greenhouse gives no time."""
    await stage.source("gh", "greenhouse")
    update = {"action": "update_candidate", "payload": {"candidate": {"id": 7, "first_name": "Ada"}}}
    await send(stage, "gh", update)
    stage.clock.advance(timedelta(hours=1))
    await send(stage, "gh", update)
    one, other = await stage.events(FACTS)
    assert (one.id, one.digest) == (other.id, other.digest)
    assert one.time < other.time


async def test_what_is_none_of_our_business_is_a_success_and_counted(stage: Stage) -> None:
    """A ping, for a platform whose ping fails sends nothing more; nothing of it is on the bus."""
    await stage.source("gh", "greenhouse")
    answer = await send(stage, "gh", {"action": "ping", "payload": {}})
    assert answer.status_code == 200
    assert answer.json() == {"accepted": [], "ignored": [{"why": "an action that tells of no decline"}]}
    assert not await stage.messages(FACTS)
    metrics = (await stage.http.get("/metrics")).text
    assert 'afterword_deliveries_total{kind="greenhouse",result="ignored"} 1.0' in metrics


async def test_what_is_not_signed_as_its_kind_signs_is_refused(stage: Stage) -> None:
    """401, by another secret and by another kind's scheme."""
    await stage.source("gh", "greenhouse")
    platform = await stage.platform()
    wrong = await send(stage, "gh", REJECTED, secret="another")
    other_scheme = await send(stage, platform.name, REJECTED)
    assert statuses([wrong, other_scheme]) == [401, 401]
    assert not await stage.messages(FACTS)


async def test_a_greeting_is_answered_for_every_name_alike(stage: Stage) -> None:
    """A source that is asked, one of another kind, one that is not there: nobody learns which is which."""
    await stage.source("ce", "cloudevents")
    await stage.source("gh", "greenhouse")
    names = ("ce", "gh", "nobody", "No..Name")
    answers = [
        await stage.http.request("OPTIONS", f"/v1/sources/{name}/events", headers=ASKS) for name in names
    ]
    seen = [(answer.status_code, dict(answer.headers) | {"date": ""}, answer.content) for answer in answers]
    assert seen == [seen[0]] * len(names)
    assert answers[0].status_code == 200
    assert answers[0].headers["webhook-allowed-origin"] == "eventemitter.example.com"
    assert answers[0].headers["webhook-allowed-rate"] == "120"
    metrics = (await stage.http.get("/metrics")).text
    assert 'afterword_deliveries_total{kind="none",result="greeted"} 4.0' in metrics


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
async def test_what_is_no_greeting_is_no_way_in(stage: Stage, method: str) -> None:
    """405 with the way that there is, for every name alike."""
    await stage.source("ce", "cloudevents")
    for name in ("ce", "nobody"):
        answer = await stage.http.request(method, f"/v1/sources/{name}/events")
        assert answer.status_code == 405
        assert answer.headers["allow"] == "POST"
        assert answer.json()["type"] == "urn:afterword:problem:method-not-allowed"


CHALLENGE = "challengeCode=0a1b2c3d-0a1b-4a1b-8a1b-0a1b2c3d4e5f"
UNSIGNED = {"content-type": "application/json"}


async def test_who_signs_nothing_keeps_no_greeting_from_its_answer(stage: Stage) -> None:
    """A platform that is not answered gives the source up; names are told apart by this as little as else."""
    await stage.source("li", "linkedin")
    refused = [
        await stage.http.post("/v1/sources/li/events", content=b"{}", headers=UNSIGNED) for _ in range(210)
    ]
    assert (statuses(refused).count(401), statuses(refused).count(429)) == (200, 10)
    greeted = [await stage.http.get(f"/v1/sources/{name}/events?{CHALLENGE}") for name in ("li", "nobody")]
    tested = [
        await stage.http.post(f"/v1/sources/{name}/events", content=b'{"test":true}', headers=UNSIGNED)
        for name in ("li", "nobody")
    ]
    assert statuses(greeted + tested) == [200] * 4


async def test_who_greets_one_name_keeps_no_other_from_its_answer(stage: Stage) -> None:
    """Each has a rate of its own, whether it is a source or not."""
    await stage.source("li", "linkedin")
    flood = [await stage.http.get(f"/v1/sources/nobody/events?{CHALLENGE}") for _ in range(210)]
    assert statuses(flood).count(429) == 10
    other = [await stage.http.get(f"/v1/sources/{name}/events?{CHALLENGE}") for name in ("li", "no-one")]
    assert statuses(other) == [200, 200]


@pytest.mark.parametrize("kind", ["greenhouse", "generic", "recruitee"])
async def test_what_is_signed_wrongly_is_no_greeting(stage: Stage, kind: str) -> None:
    """However it looks: answered with success, it would be lost. A name that is no source answers alike."""
    await stage.source("ats", kind)
    body = json.dumps({**REJECTED, "test": True}).encode()
    for header in ("signature", "x-signature", "webhook-signature", "authorization", "x-acme-hmac-sha256"):
        headers = {**UNSIGNED, header: "sha256 " + "0" * 64}
        for name in ("ats", "nobody"):
            answer = await stage.http.post(f"/v1/sources/{name}/events", content=body, headers=headers)
            assert answer.status_code == 401


async def test_strangers_who_greet_are_slowed_down(stage: Stage) -> None:
    """As all who sign nothing; whoever signs is served."""
    await stage.source("gh", "greenhouse")
    answers = [await stage.http.request("OPTIONS", "/v1/sources/x/events", headers=ASKS) for _ in range(210)]
    assert (statuses(answers).count(200), statuses(answers).count(429)) == (200, 10)
    assert (await send(stage, "gh", REJECTED)).status_code == 200


async def test_a_header_that_comes_twice_is_not_believed(stage: Stage) -> None:
    """Even where both say the same."""
    await stage.source("gh", "greenhouse")
    body = json.dumps(REJECTED).encode()
    signature = "sha256 " + hmac.new(SECRET.encode(), body, "sha256").hexdigest()
    headers = [("content-type", "application/json"), ("signature", signature), ("signature", signature)]
    answer = await stage.http.post("/v1/sources/gh/events", content=body, headers=headers)
    assert answer.status_code == 401
